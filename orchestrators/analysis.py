"""Everything that is found in one song: stems ‖ basic metadata → MIR → structure → JAMS → save."""

import azure.durable_functions as df

from orchestrators import retry
from orchestrators.progress import report
from ripieno.contracts.enums import JobKind
from ripieno.contracts.jobs import JobRequest
from ripieno.contracts.names import job_id
from ripieno.contracts.workflow import AnalysisInput, EndpointJobInput

blueprint = df.Blueprint()


@blueprint.function_name("AnalysisOrchestrator")
@blueprint.orchestration_trigger(context_name="context")
def analysis(context: df.DurableOrchestrationContext):
    song = AnalysisInput.model_validate(context.get_input())
    audio = {"audio_file_id": song.audio_file_id, "blob_name": song.blob_name}

    def step(name: str, **more):
        return context.call_activity_with_retry(name, retry.STORAGE, {**song.model_dump(), **more})

    def endpoint_job(kind: JobKind, job_input: dict):
        job = EndpointJobInput(
            job_id=job_id(song.instance_id, kind),
            endpoint="analysis",
            audio_file_id=song.audio_file_id,
            request=JobRequest(kind=kind, input=job_input, arrived_at=song.arrived_at),
        )
        return context.call_sub_orchestrator("EndpointJobOrchestrator", job.model_dump(), job.job_id)

    def separation():
        return context.call_sub_orchestrator(
            "SeparationOrchestrator", song.model_dump(), job_id(song.instance_id, "separation")
        )

    def failed(error: dict):
        yield step("MarkFailed", error=error)
        report(context, "failed", 1.0, error["message"])
        return {"status": "failed", "message": error["message"]}

    yield step("MarkAnalyzing")

    report(context, "separate", 0.05, "separating the stems")
    separated, metadata = yield context.task_all(
        [separation(), step("ReadBasicMetadata")],
    )
    if separated["error"]:
        return (yield from failed(separated["error"]))

    report(context, "mir", 0.45, "finding tempo, beats, key, chords and tuning")
    stems = {"stems": separated["result"]["stems"], "separation": separated["result"]["engine"]}
    mir = yield endpoint_job(JobKind.MIR, audio | stems)
    if mir["error"]:
        return (yield from failed(mir["error"]))

    report(context, "structure", 0.85, "finding the sections")
    structure = yield endpoint_job(JobKind.STRUCTURE, {"audio_file_id": song.audio_file_id, "mir": mir["result"]})
    if structure["error"]:
        return (yield from failed(structure["error"]))

    report(context, "jams", 0.92, "writing the JAMS file")
    yield step("WriteJams", analysis=structure["result"], metadata=metadata)

    report(context, "save", 0.95, "saving what was found")
    yield step("SaveAnalysis", analysis=structure["result"], separation=separated["result"], metadata=metadata)
    report(context, "analyzed", 1.0, "done")
    return {"status": "analyzed", "message": "analysed"}
