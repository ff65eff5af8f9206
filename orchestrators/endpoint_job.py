"""One job at a model endpoint, seen through to its end.

submit → wait for the callback or a growing timer → read → submit again when it was lost → the next address when one is
down, busy or without the engine → cancel at the deadline or when told. Returns `{"result", "error"}`, one of them None;
never raises.
"""

from datetime import datetime, timedelta
from typing import Any

import azure.durable_functions as df

from orchestrators.progress import report
from orchestrators.steps import attempt as attempted
from orchestrators.steps import fault_of, step
from ripieno.contracts.jobs import JobError
from ripieno.contracts.names import first_address, job_done_event
from ripieno.contracts.workflow import JobCall, JobOrder

blueprint = df.Blueprint()

FIRST_WAIT_SECONDS = 1.0
LONGEST_WAIT_SECONDS = 15.0
WAIT_GROWTH = 1.5
MOST_ATTEMPTS = 5
READS_PER_EXECUTION = 60
DOWN_READS_BEFORE_NEXT_ADDRESS = 4
DOWN_READS_BEFORE_GIVING_UP = 8
BUSY_SECONDS_BEFORE_NEXT_ADDRESS = 0.2
CANCEL_EVENT = "cancel"


@blueprint.function_name("EndpointJobOrchestrator")
@blueprint.orchestration_trigger(context_name="context")
def endpoint_job(context: df.DurableOrchestrationContext):
    state: dict[str, Any] = context.get_input() or {}
    job = JobOrder.model_validate(state)
    deadline = _deadline(context, state, job)
    address, attempt = state.get("address", first_address(job.job_id)), state.get("attempt", 1)
    submitted, wait, down = state.get("submitted", False), state.get("wait", FIRST_WAIT_SECONDS), 0
    busy, without = 0, state.get("without", 0)

    ended = context.wait_for_external_event(job_done_event(job.job_id))
    cancelled = context.wait_for_external_event(CANCEL_EVENT)
    is_ended_heard = False

    for _ in range(READS_PER_EXECUTION):
        call = JobCall.model_validate({**job.model_dump(), "address": address, "attempt": attempt}).model_dump()
        try:
            if not submitted:
                told = yield from step(context, "SubmitJob", {**job.model_dump(), **call})
            else:
                told = yield from step(context, "ReadJob", call)
        except Exception as problem:
            return {"result": None, "error": JobError.model_validate(fault_of(problem)).model_dump()}
        down = down + 1 if told["outcome"] == "down" else 0

        match told["outcome"]:
            case "succeeded":
                return {"result": told["result"], "error": None}
            case "failed" if told["error"]["retryable"] and attempt < MOST_ATTEMPTS:
                submitted, attempt, wait = False, attempt + 1, FIRST_WAIT_SECONDS
            case "failed" if told["error"]["code"] == "engine_unavailable" and without + 1 < told.get("addresses", 1):
                submitted, attempt, address, without = False, attempt + 1, address + 1, without + 1
                wait = BUSY_SECONDS_BEFORE_NEXT_ADDRESS
            case "failed" | "cancelled" | "refused":
                return {"result": None, "error": told["error"]}
            case "lost":
                submitted, wait = False, FIRST_WAIT_SECONDS
            case "down" if job.give_up_when_down and down >= DOWN_READS_BEFORE_GIVING_UP:
                return _failure("unreachable", f"the {job.endpoint} endpoint cannot be reached: {told['message']}")
            case "down" if not submitted or down % DOWN_READS_BEFORE_NEXT_ADDRESS == 0:
                submitted, address = False, address + 1
            case "busy":
                address, busy = address + 1, busy + 1
                others_left = busy % told["addresses"] != 0
                wait = BUSY_SECONDS_BEFORE_NEXT_ADDRESS if others_left else max(wait, told["retry_after"])
            case "accepted":
                submitted = True
        report(context, told.get("stage") or "queued", told.get("progress", 0.0), told["message"])

        if context.current_utc_datetime >= deadline:
            yield from attempted(context, "CancelJob", call)
            return _failure("deadline", f"the {job.kind} job took longer than {job.deadline_seconds:.0f} s")
        timer: Any = context.create_timer(min(deadline, context.current_utc_datetime + timedelta(seconds=wait)))
        woken_by = yield context.task_any([timer, cancelled, *([] if is_ended_heard else [ended])])
        if woken_by != timer:
            timer.cancel()
        if woken_by == cancelled:
            yield from attempted(context, "CancelJob", call)
            return _failure("cancelled", "the job was cancelled")
        is_ended_heard = is_ended_heard or woken_by == ended
        wait = min(wait * WAIT_GROWTH, LONGEST_WAIT_SECONDS) if woken_by == timer else FIRST_WAIT_SECONDS

    context.continue_as_new(
        {**state, "deadline": deadline.isoformat(), "address": address, "attempt": attempt,
         "submitted": submitted, "wait": wait, "without": without}
    )  # fmt: skip
    return None


def _deadline(context: df.DurableOrchestrationContext, state: dict, job: JobOrder) -> datetime:
    if "deadline" in state:
        return datetime.fromisoformat(state["deadline"])
    return context.current_utc_datetime + timedelta(seconds=job.deadline_seconds)


def _failure(code: str, message: str) -> dict:
    return {"result": None, "error": JobError(code=code, message=message).model_dump()}
