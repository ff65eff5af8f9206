"""The main job: a song comes in, is analysed, whoever asked is told, and new stems are made if they were asked for."""

import azure.durable_functions as df

from orchestrators import retry
from orchestrators.progress import report
from ripieno.contracts.audio import Failure
from ripieno.contracts.names import generation_instance, job_id
from ripieno.contracts.workflow import AnalysisInput, GenerationInput, PipelineInput

blueprint = df.Blueprint()


@blueprint.function_name("PipelineOrchestrator")
@blueprint.orchestration_trigger(context_name="context")
def pipeline(context: df.DurableOrchestrationContext):
    order = PipelineInput.model_validate(context.get_input())

    report(context, "ingest", 0.0, "reading the file")
    identity = yield context.call_activity_with_retry("IdentifyAudio", retry.STORAGE, order.model_dump())
    ingested = yield context.call_activity_with_retry(
        "RegisterAudio", retry.STORAGE, {**order.model_dump(), "instance_id": context.instance_id, "identity": identity}
    )
    if ingested["outcome"] != "ingested":
        if order.generation_request_id:
            yield from _generate(context, order, {"status": "failed", "message": ingested["message"]})
        report(context, ingested["outcome"], 1.0, ingested["message"], ingested["audio_file_id"])
        return ingested

    song = AnalysisInput(
        instance_id=context.instance_id,
        owner=order.owner,
        audio_file_id=ingested["audio_file_id"],
        blob_name=ingested["blob_name"],
        arrived_at=order.arrived_at,
    )
    report(context, "analysis", 0.05, "analysing", song.audio_file_id)
    try:
        analysed = yield context.call_sub_orchestrator(
            "AnalysisOrchestrator", song.model_dump(), job_id(context.instance_id, "analysis")
        )
    except Exception as fault:
        error = Failure(code="workflow_failed", message=f"the analysis broke off: {str(fault)[:500]}")
        yield context.call_activity_with_retry(
            "MarkFailed", retry.STORAGE, {**song.model_dump(), "error": error.model_dump()}
        )
        analysed = {"status": "failed", "message": error.message}

    report(context, "notify", 0.98, "telling whoever asked", song.audio_file_id)
    yield context.call_activity("NotifyOwner", {"owner": song.owner, "audio_file_id": song.audio_file_id})
    if order.generation_request_id:
        report(context, "generation", 0.99, "generating stems for it", song.audio_file_id)
        yield from _generate(context, order, analysed)
    report(context, analysed["status"], 1.0, analysed["message"], song.audio_file_id)
    return {"outcome": analysed["status"], "audio_file_id": song.audio_file_id, "message": analysed["message"]}


def _generate(context: df.DurableOrchestrationContext, order: PipelineInput, analysed: dict):
    """The stems that were asked for with the song; what cannot be analysed gets none."""
    request_id = order.generation_request_id or ""
    request = GenerationInput(generation_request_id=request_id, owner=order.owner, arrived_at=order.arrived_at)
    if analysed["status"] == "analyzed":
        yield context.call_sub_orchestrator(
            "GenerationOrchestrator", request.model_dump(), generation_instance(request_id)
        )
    else:
        message = f"the song could not be analysed: {analysed['message']}"
        yield context.call_activity_with_retry(
            "FailGeneration", retry.STORAGE, {**request.model_dump(), "message": message}
        )
