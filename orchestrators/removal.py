"""A song or a work away, with everything ever made from it; everything of somebody away; and a work cancelled.

hide → end what runs and wait for it → delete → look once more for what was being written at that moment.
"""

from datetime import timedelta

import azure.durable_functions as df

from orchestrators.progress import report
from orchestrators.steps import step
from ripieno.contracts.workflow import RemovalOrder

blueprint = df.Blueprint()

MOST_LOOKS = 40  # nine minutes: what is in the middle of a step hears of it after that, where it was not away
FIRST_WAIT_SECONDS, LONGEST_WAIT_SECONDS = 0.5, 15.0


@blueprint.function_name("RemovalOrchestrator")
@blueprint.orchestration_trigger(context_name="context")
def removal(context: df.DurableOrchestrationContext):
    order = RemovalOrder.model_validate(context.get_input())
    yield from step(context, "Hide", order.model_dump())
    for fraction, message in ((0.1, "deleting"), (0.6, "looking once more")):
        report(context, "stop", fraction, "ending what runs")
        yield from _stopped(context, order)
        report(context, "delete", fraction + 0.2, message)
        yield from step(context, "DeleteWhatWasMade", order.model_dump())
        if message == "deleting":
            yield context.create_timer(context.current_utc_datetime + timedelta(seconds=order.sweep_seconds))
    yield from step(context, "ForgetRuns", order.model_dump())
    report(context, "removed", 1.0, "everything is deleted")
    return {"outcome": "removed"}


@blueprint.function_name("AccountRemovalOrchestrator")
@blueprint.orchestration_trigger(context_name="context")
def account_removal(context: df.DurableOrchestrationContext):
    """However much there is: it begins anew with a short history until nothing is left."""
    order = RemovalOrder.model_validate(context.get_input())
    yield from step(context, "Hide", order.model_dump())
    report(context, "stop", 0.6 if order.is_swept else 0.1, "ending what runs, and deleting what was made")
    if not (yield from _stopped(context, order)):
        context.continue_as_new(context.get_input())
        return None
    report(context, "delete", 0.8 if order.is_swept else 0.3, "deleting")
    left = yield from step(context, "DeleteWhatWasMade", order.model_dump())
    if left or not order.is_swept:
        yield context.create_timer(context.current_utc_datetime + timedelta(seconds=order.sweep_seconds))
        context.continue_as_new({**(context.get_input() or {}), "is_swept": True})
        return None
    yield from step(context, "ForgetRuns", order.model_dump())
    report(context, "removed", 1.0, "everything is deleted")
    return {"outcome": "removed"}


@blueprint.function_name("CancelOrchestrator")
@blueprint.orchestration_trigger(context_name="context")
def cancel(context: df.DurableOrchestrationContext):
    order = RemovalOrder.model_validate(context.get_input())
    yield from _stopped(context, order)
    yield from step(context, "ForgetRuns", order.model_dump())
    report(context, "cancelled", 1.0, "nothing runs any more")
    return {"outcome": "cancelled"}


def _stopped(context: df.DurableOrchestrationContext, order: RemovalOrder):
    """End what runs, and look again until nothing does, or it has been waited for long enough; whether nothing does."""
    wait = FIRST_WAIT_SECONDS
    for _ in range(MOST_LOOKS):
        if not (yield from step(context, "StopWhatRuns", order.model_dump())):
            return True
        yield context.create_timer(context.current_utc_datetime + timedelta(seconds=wait))
        wait = min(wait * 1.5, LONGEST_WAIT_SECONDS)
    return False
