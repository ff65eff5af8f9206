"""The main job: a song comes in, is analysed, and whoever asked is told."""

import azure.durable_functions as df

from orchestrators import retry
from orchestrators.progress import report
from segno.contracts.audio import Failure
from segno.contracts.names import job_id
from segno.contracts.workflow import AnalysisInput, PipelineInput

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
    report(context, analysed["status"], 1.0, analysed["message"], song.audio_file_id)
    return {"outcome": analysed["status"], "audio_file_id": song.audio_file_id, "message": analysed["message"]}
