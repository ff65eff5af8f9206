"""One version of one element: planned anew where it heeds a comment, made at an endpoint, saved.

Where an engine takes its process with it, again and again, the next one makes it, if it may.
"""

import azure.durable_functions as df

from orchestrators.progress import report
from orchestrators.steps import attempt, endpoint_job, fault_of, step
from ripieno.contracts.enums import JobKind
from ripieno.contracts.names import further_generation, job_id
from ripieno.contracts.workflow import JobOrder, VersionOrder

blueprint = df.Blueprint()

LOST = {"worker_died", "gpu_out_of_memory", "timeout", "lost_too_often"}
"""Errors by which an engine took its process with it; what it does short of that, the job itself survives."""


@blueprint.function_name("VersionOrchestrator")
@blueprint.orchestration_trigger(context_name="context")
def version(context: df.DurableOrchestrationContext):
    order = VersionOrder.model_validate(context.get_input())
    about = f"take {order.version} of {order.element}"

    def job(lost: list[str]):
        name = further_generation(len(lost)) if lost else JobKind.GENERATE
        its = JobOrder(
            job_id=job_id(context.instance_id, name),
            owner=order.owner,
            endpoint="generation",
            kind=JobKind.GENERATE,
            subject=subject | ({"lost": lost} if lost else {}),
            arrived_at=order.arrived_at,
        )
        return endpoint_job(context, its)

    subject = {"work_id": order.work_id, "element": order.element, "version": order.version}
    lost: list[str] = []
    try:
        if not (yield from step(context, "PrepareVersion", order.model_dump())):
            return {"outcome": "unwanted", "message": f"{about} is no longer wanted"}
        report(context, "generate", 0.1, f"making {about}")
        made = yield job(lost)
        while made["error"] and made["error"]["code"] in LOST:
            wider = yield from step(context, "LoseEngine", order.model_dump() | {"lost": lost, "error": made["error"]})
            if not wider:
                break
            lost = wider
            report(context, "generate", 0.1, f"{lost[-1]}; the next engine makes {about}"[:500])
            made = yield job(lost)
    except Exception as problem:
        made = {"result": None, "error": fault_of(problem)}
    try:
        yield from step(context, "SaveVersion", order.model_dump() | made)
    except Exception as problem:  # what was made cannot be kept: its siblings are made all the same
        made = {"result": None, "error": fault_of(problem)}
        yield from attempt(context, "SaveVersion", order.model_dump() | made)
    if order.is_alone:
        yield from attempt(context, "NotifyWork", order.model_dump())
    message = made["error"]["message"] if made["error"] else f"{about} can be heard"
    report(context, "failed" if made["error"] else "made", 1.0, message)
    return {"outcome": "failed" if made["error"] else "made", "message": message}
