"""What orchestrators are written with: a step, a job at an endpoint, and how a step fails."""

from collections.abc import Generator
from typing import Any

from azure.durable_functions import DurableOrchestrationContext, RetryOptions

from ripieno.contracts.enums import JobKind
from ripieno.contracts.names import job_id
from ripieno.contracts.tracing import FIELD, within
from ripieno.contracts.workflow import (
    JobOrder,
    RevisionOrder,
    SampleOrder,
    TalkOrder,
    VersionOrder,
    VoiceVersionOrder,
)

OUTAGE = RetryOptions(first_retry_interval_in_milliseconds=3000, max_number_of_attempts=20)
"""How often a step that touches storage is tried again: outages of a minute pass unnoticed."""

Steps = Generator[Any, Any, Any]


class StepFailed(Exception):
    """A step, or a job, that cannot be done and never will be."""

    def __init__(self, code: str, message: str):
        super().__init__(message)
        self.code = code
        self.message = message


def step(context: DurableOrchestrationContext, name: str, order: dict) -> Steps:
    """One activity; outages are waited out, a final error raises `StepFailed`."""
    told = yield context.call_activity_with_retry(name, OUTAGE, _traced(context, order))
    if "fault" in told:
        raise StepFailed(told["fault"]["code"], told["fault"]["message"])
    return told["value"]


def attempt(context: DurableOrchestrationContext, name: str, order: dict) -> Steps:
    """A step whose failure changes nothing: whoever asked to be told may be deaf."""
    try:
        return (yield from step(context, name, order))
    except Exception:
        return None


def child(context: DurableOrchestrationContext, name: str, order: dict, instance_id: str):
    """The task of another workflow, within this one."""
    return context.call_sub_orchestrator(name, _traced(context, order), instance_id)


def _traced(context: DurableOrchestrationContext, order: dict) -> dict:
    """An order that says within which span it is: that of the workflow that was asked for, of which this is one part
    or the whole. Where nobody traces, the order as it is."""
    outer = (context.get_input() or {}).get(FIELD)
    if outer is None:
        return order
    here = outer if context.parent_instance_id else within(outer, context.instance_id)
    return order if here is None else {**order, FIELD: here}


def endpoint_job(context: DurableOrchestrationContext, job: JobOrder):
    """The task of a job that is seen through to its end: `{result, error}`, one of them None."""
    return child(context, "EndpointJobOrchestrator", job.model_dump(), job.job_id)


def generation_job(
    context: DurableOrchestrationContext,
    order: RevisionOrder | TalkOrder | SampleOrder | VersionOrder | VoiceVersionOrder,
    kind: JobKind,
    subject: dict[str, Any],
    name: str | None = None,
):
    """The task of this workflow's job of a kind at the generation endpoint, called `name` where there are several."""
    its = JobOrder(
        job_id=job_id(context.instance_id, name or kind),
        owner=order.owner,
        endpoint="generation",
        kind=kind,
        subject=subject,
        arrived_at=order.arrived_at,
    )
    return endpoint_job(context, its)


def result_of(told: dict) -> dict:
    """A job's result. Raises `StepFailed` with its error."""
    if told["error"]:
        raise StepFailed(told["error"]["code"], told["error"]["message"])
    return told["result"]


def fault_of(problem: Exception) -> dict[str, str]:
    """Why a workflow broke off, as its record keeps it."""
    if isinstance(problem, StepFailed):
        return {"code": problem.code, "message": problem.message}
    return {"code": "workflow_failed", "message": f"the workflow broke off: {str(problem)[:500]}"}
