"""One job at a model endpoint, seen through to its end.

submit → wait for the callback or a growing timer → read → submit again when it was lost → the next address when one is
down → cancel at the deadline or when the user cancels. Returns `{"result", "error"}`, one of them None; never raises.
"""

from datetime import datetime, timedelta
from typing import Any

import azure.durable_functions as df

from orchestrators import retry
from orchestrators.progress import report
from ripieno.contracts.jobs import JobError
from ripieno.contracts.names import job_done_event
from ripieno.contracts.workflow import EndpointJobInput

blueprint = df.Blueprint()

FIRST_WAIT_SECONDS = 1.0
LONGEST_WAIT_SECONDS = 15.0
WAIT_GROWTH = 1.5
MOST_ATTEMPTS = 5
READS_PER_EXECUTION = 60
DOWN_READS_BEFORE_NEXT_ADDRESS = 4
DOWN_READS_BEFORE_GIVING_UP = 8
CANCEL_EVENT = "cancel"


@blueprint.function_name("EndpointJobOrchestrator")
@blueprint.orchestration_trigger(context_name="context")
def endpoint_job(context: df.DurableOrchestrationContext):
    state: dict[str, Any] = context.get_input() or {}
    job = EndpointJobInput.model_validate(state)
    deadline = _deadline(context, state, job)
    address, attempt = state.get("address", 0), state.get("attempt", 1)
    submitted, wait, down = state.get("submitted", False), state.get("wait", FIRST_WAIT_SECONDS), 0

    ended = context.wait_for_external_event(job_done_event(job.job_id))
    cancelled = context.wait_for_external_event(CANCEL_EVENT)

    for _ in range(READS_PER_EXECUTION):
        if not submitted:
            told = yield _activity(context, "SubmitJob", job, address, attempt)
        else:
            told = yield _activity(context, "ReadJob", job, address, attempt)
        down = down + 1 if told["outcome"] == "down" else 0

        match told["outcome"]:
            case "succeeded":
                return {"result": told["result"], "error": None}
            case "failed" if told["error"]["retryable"] and attempt < MOST_ATTEMPTS:
                submitted, attempt, wait = False, attempt + 1, FIRST_WAIT_SECONDS
            case "failed" | "cancelled" | "refused":
                return {"result": None, "error": told["error"]}
            case "lost":
                submitted, wait = False, FIRST_WAIT_SECONDS
            case "down" if job.give_up_when_down and down >= DOWN_READS_BEFORE_GIVING_UP:
                return _failure("unreachable", f"the {job.endpoint} endpoint cannot be reached: {told['message']}")
            case "down" if not submitted or down % DOWN_READS_BEFORE_NEXT_ADDRESS == 0:
                submitted, address = False, address + 1
            case "busy":
                wait = max(wait, told["retry_after"])
            case "accepted":
                submitted = True
        report(context, told.get("stage") or "queued", told.get("progress", 0.0), told["message"])

        if context.current_utc_datetime >= deadline:
            yield _activity(context, "CancelJob", job, address, attempt)
            return _failure("deadline", f"the {job.request.kind} job took longer than {job.deadline_seconds:.0f} s")
        timer = context.create_timer(min(deadline, context.current_utc_datetime + timedelta(seconds=wait)))
        woken_by = yield context.task_any([timer, cancelled, *([] if ended.is_completed else [ended])])
        if woken_by != timer:
            timer.cancel()
        if woken_by == cancelled:
            yield _activity(context, "CancelJob", job, address, attempt)
            return _failure("cancelled", "the job was cancelled")
        wait = min(wait * WAIT_GROWTH, LONGEST_WAIT_SECONDS) if woken_by == timer else FIRST_WAIT_SECONDS

    context.continue_as_new(
        {**state, "deadline": deadline.isoformat(), "address": address, "attempt": attempt,
         "submitted": submitted, "wait": wait}
    )  # fmt: skip
    return None


def _activity(context: df.DurableOrchestrationContext, name: str, job: EndpointJobInput, address: int, attempt: int):
    return context.call_activity_with_retry(
        name, retry.STORAGE, {**job.model_dump(), "address": address, "attempt": attempt}
    )


def _deadline(context: df.DurableOrchestrationContext, state: dict, job: EndpointJobInput) -> datetime:
    if "deadline" in state:
        return datetime.fromisoformat(state["deadline"])
    return context.current_utc_datetime + timedelta(seconds=job.deadline_seconds)


def _failure(code: str, message: str) -> dict:
    return {"result": None, "error": JobError(code=code, message=message).model_dump()}
