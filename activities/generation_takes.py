"""One take of a stem: its plan and job before, its result or failure after, its review in the end."""

from datetime import UTC, datetime

import azure.durable_functions as df

from ripieno.contracts import names
from ripieno.contracts.enums import GenerationStatus, JobKind, StemType, TakeStatus
from ripieno.contracts.generation import MOST_TAKES, GenerateInput, Generation, GenerationPlan, GenerationResult, Take
from ripieno.contracts.jobs import JobRequest
from ripieno.contracts.workflow import EndpointJobInput, Review, StemInput
from ripieno.services import analyses, generations, library
from ripieno.services.planner import plan as planner

blueprint = df.Blueprint()


@blueprint.function_name("PrepareTake")
@blueprint.activity_trigger(input_name="request")
def prepare_take(request: dict) -> dict:
    """Note a take as being made. Returns its endpoint job; the second take on heeds the comment on the one before."""
    order, number = StemInput.model_validate(request), request["take"]
    stem, request_id = StemType(order.stem_type), order.generation_request_id
    known = generations.get(order.owner, request_id)
    planned = _planned(known, stem, number, request.get("comment", ""))
    plan, made_at = planned.stems[0], datetime.now(UTC).isoformat()
    take = Take(take=number, status=TakeStatus.GENERATING, plan=plan, planner=planned.planner, made_at=made_at)
    generations.save_take(request_id, stem, take)
    generations.add_usage(order.owner, request_id, planned.usage)
    now = generations.refresh(order.owner, request_id, known.plan)
    if now.status == GenerationStatus.CANCELLED:
        generations.save_take(request_id, stem, take.model_copy(update={"status": TakeStatus.CANCELLED}))
    job_input = GenerateInput(
        generation_request_id=request_id, audio_file_id=known.audio_file_id, target_stems=[stem],
        engine=known.order.engine, parameters=known.order.parameters, plans=[plan],
        conditioning=names.conditioning_blob(request_id), take=number,
    )  # fmt: skip
    instance = names.generation_instance(request_id)
    return EndpointJobInput(
        job_id=names.job_id(instance, names.take_step(stem, number)),
        endpoint="generation",
        audio_file_id=known.audio_file_id,
        request=JobRequest(kind=JobKind.GENERATE, input=job_input.model_dump(), arrived_at=order.arrived_at),
    ).model_dump()


@blueprint.function_name("SaveTake")
@blueprint.activity_trigger(input_name="request")
def save_take(request: dict) -> dict:
    """Keep what became of a take. Returns `{status, is_ready}`: whether the last stem has just come to be heard."""
    order = StemInput.model_validate(request)
    stem, request_id = StemType(order.stem_type), order.generation_request_id
    try:
        known = generations.get(order.owner, request_id)
        take = generations.take(request_id, stem, request["take"])
    except (generations.RequestMissing, generations.TakeMissing):
        return {"status": TakeStatus.CANCELLED.value, "is_ready": False}
    if known.status == GenerationStatus.CANCELLED:
        return {"status": TakeStatus.CANCELLED.value, "is_ready": False}
    if request["error"]:
        take = take.model_copy(update={"status": TakeStatus.FAILED, "error": request["error"]["message"]})
    else:
        made = GenerationResult.model_validate(request["result"]).stems[0]
        take = take.model_copy(update={"status": TakeStatus.GENERATED, "stem": made, "plan": made.plan})
    generations.save_take(request_id, stem, take)
    now = generations.refresh(order.owner, request_id, known.plan)
    return {"status": take.status, "is_ready": now.status != GenerationStatus.GENERATING}


@blueprint.function_name("SaveReview")
@blueprint.activity_trigger(input_name="request")
def save_review(request: dict) -> None:
    order, review = StemInput.model_validate(request), Review.model_validate(request["review"])
    stem, request_id = StemType(order.stem_type), order.generation_request_id
    known = generations.get(order.owner, request_id)
    take = generations.take(request_id, stem, request["take"])
    status = TakeStatus.APPROVED if review.approved else TakeStatus.REJECTED
    generations.save_take(
        request_id, stem, take.model_copy(update={"status": status, "comment": review.comment or None})
    )
    goes_on = not review.approved and review.comment and take.take < MOST_TAKES
    if not goes_on:  # else the next take sets the status
        generations.refresh(order.owner, request_id, known.plan)


def _planned(known: Generation, stem: StemType, number: int, comment: str) -> GenerationPlan:
    """The plan of one take; `usage` is what it cost on top of the request's own."""
    request_id = known.generation_request_id
    if number == 1 and known.plan:
        first = next(plan for plan in known.plan.stems if plan.stem_type == stem)
        return GenerationPlan(stems=[first], planner=known.plan.planner)
    try:
        again = generations.take(request_id, stem, number)  # this activity ran before
        if again.planner:
            return GenerationPlan(stems=[again.plan], planner=again.planner)
    except generations.TakeMissing:
        pass
    before = generations.take(request_id, stem, number - 1)
    song = library.get(known.owner, known.audio_file_id) if known.audio_file_id else None
    found = analyses.load(known.audio_file_id) if known.audio_file_id else None
    return planner.again(request_id, known.order, before.plan, comment, number, song, found)
