"""A request for new stems on its way: planned, conditioned, given up."""

import azure.durable_functions as df

from ripieno.contracts.enums import GenerationStatus
from ripieno.contracts.generation import Generation
from ripieno.contracts.workflow import GenerationInput
from ripieno.music.song_conditioning import within
from ripieno.services import analyses, conditioning, generations, library
from ripieno.services.planner import plan as planner

blueprint = df.Blueprint()


@blueprint.function_name("PlanGenerationStrategy")
@blueprint.activity_trigger(input_name="request")
def plan_generation_strategy(request: dict) -> dict:
    """Plan every stem and keep the plan with the request. Returns `{stems, error}`."""
    order = GenerationInput.model_validate(request)
    known = generations.set_status(
        order.owner, order.generation_request_id, GenerationStatus.PLANNING, "planning the stems"
    )
    if known.plan is None:
        try:
            made = planner.first(order.generation_request_id, known.order, *_song(known))
        except ValueError as fault:
            return {"stems": [], "error": str(fault)}
        known = generations.set_status(
            order.owner, order.generation_request_id, GenerationStatus.PLANNING, "planned", plan=made
        )
    return {"stems": [stem.stem_type for stem in known.plan.stems] if known.plan else [], "error": None}


@blueprint.function_name("PrepareConditioning")
@blueprint.activity_trigger(input_name="request")
def prepare_conditioning(request: dict) -> dict:
    """Store what the stems have to fit beside them. Returns `{error}`."""
    order = GenerationInput.model_validate(request)
    known = generations.get(order.owner, order.generation_request_id)
    plans = known.plan.stems if known.plan else []
    try:
        whole = conditioning.prepare(known.audio_file_id, known.order.parameters, plans[0].style)
        for plan in plans:
            within(whole, section=plan.section, bars=plan.bars)
    except ValueError as fault:
        return {"error": str(fault)}
    conditioning.save(order.generation_request_id, whole)
    generations.set_status(
        order.owner, order.generation_request_id, GenerationStatus.GENERATING, "generating",
        start_seconds=whole.start_seconds, duration_seconds=whole.end_seconds - whole.start_seconds,
    )  # fmt: skip
    return {"error": None}


@blueprint.function_name("FailGeneration")
@blueprint.activity_trigger(input_name="request")
def fail_generation(request: dict) -> None:
    order = GenerationInput.model_validate(request)
    message = request["message"]
    try:
        generations.set_status(
            order.owner, order.generation_request_id, GenerationStatus.FAILED, message, error=message
        )
    except generations.RequestMissing:
        pass  # deleted meanwhile


def _song(request: Generation):
    """The song's row and findings, None for both where there is no song."""
    if request.audio_file_id is None:
        return None, None
    try:
        song = library.get(request.owner, request.audio_file_id)
    except library.SongMissing as fault:
        raise ValueError(str(fault)) from fault
    return song, analyses.load(request.audio_file_id)
