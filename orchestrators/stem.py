"""One stem: a take is made and waits for its review; rejected with a comment, the next take heeds it.

Returns `{stem_type, take, outcome}`; outcomes: approved, rejected, failed, cancelled, unreviewed.
"""

import json
from datetime import timedelta

import azure.durable_functions as df

from orchestrators import retry
from orchestrators.progress import report
from ripieno.contracts.generation import MOST_TAKES
from ripieno.contracts.names import review_event
from ripieno.contracts.workflow import EndpointJobInput, Review, StemInput

blueprint = df.Blueprint()

REVIEW_WITHIN = timedelta(days=28)
LONGEST_TIMER = timedelta(days=4)  # Azure Storage bounds a single timer


@blueprint.function_name("StemOrchestrator")
@blueprint.orchestration_trigger(context_name="context")
def stem(context: df.DurableOrchestrationContext):
    order = StemInput.model_validate(context.get_input())
    comment = ""

    def step(name: str, **more):
        return context.call_activity_with_retry(name, retry.STORAGE, {**order.model_dump(), **more})

    def ended(take: int, outcome: str):
        report(context, outcome, 1.0, f"take {take} of the {order.stem_type}: {outcome}")
        return {"stem_type": order.stem_type, "take": take, "outcome": outcome}

    for take in range(1, MOST_TAKES + 1):
        report(context, "generate", 0.1, f"making take {take} of the {order.stem_type}")
        job = EndpointJobInput.model_validate((yield step("PrepareTake", take=take, comment=comment)))
        made = yield context.call_sub_orchestrator("EndpointJobOrchestrator", job.model_dump(), job.job_id)
        saved = yield step("SaveTake", take=take, **made)
        if saved["is_ready"]:
            yield context.call_activity("NotifyGeneration", order.model_dump())
        if saved["status"] != "generated":
            return ended(take, saved["status"])

        report(context, "review", 0.9, f"take {take} of the {order.stem_type} waits for its review")
        review = yield from _reviewed(context, take)
        if review is None:
            return ended(take, "unreviewed")
        yield step("SaveReview", take=take, review=review.model_dump())
        if review.approved or not review.comment:
            return ended(take, "approved" if review.approved else "rejected")
        comment = review.comment
    return ended(MOST_TAKES, "rejected")


def _reviewed(context: df.DurableOrchestrationContext, take: int):
    """The verdict on a take, None when nobody gave one in time."""
    until = context.current_utc_datetime + REVIEW_WITHIN
    verdict = context.wait_for_external_event(review_event(take))
    while context.current_utc_datetime < until:
        timer = context.create_timer(min(until, context.current_utc_datetime + LONGEST_TIMER))
        woken_by = yield context.task_any([verdict, timer])
        if woken_by == verdict:
            timer.cancel()
            said = verdict.result
            return Review.model_validate(json.loads(said) if isinstance(said, str) else said)
    return None
