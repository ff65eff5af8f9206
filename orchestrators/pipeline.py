"""The main job: a song is analysed, whoever asked is told, and new stems are made if they were asked for with it."""

import azure.durable_functions as df

from orchestrators.analysis import analysed
from orchestrators.progress import report
from orchestrators.steps import attempt, child, fault_of, step
from ripieno.contracts.names import work_instance
from ripieno.contracts.workflow import SongOrder, WorkOrder

blueprint = df.Blueprint()


@blueprint.function_name("PipelineOrchestrator")
@blueprint.orchestration_trigger(context_name="context")
def pipeline(context: df.DurableOrchestrationContext):
    song = SongOrder.model_validate(context.get_input())
    told = {"status": "analyzed", "audio_file_id": song.audio_file_id, "message": "analysed"}
    try:
        if not (yield from analysed(context, song)):
            return {"status": "gone", "audio_file_id": song.audio_file_id, "message": "there is nothing to do"}
    except Exception as problem:
        fault = fault_of(problem)
        yield from step(context, "FailSong", song.model_dump() | {"fault": fault})
        told |= {"status": "failed", "message": fault["message"]}

    report(context, "notify", 0.98, "telling whoever asked", song.audio_file_id)
    yield from attempt(context, "NotifyOwner", song.model_dump())
    if song.work_id:
        yield from _made(context, song, told)
    report(context, told["status"], 1.0, told["message"], song.audio_file_id)
    return told


def _made(context: df.DurableOrchestrationContext, song: SongOrder, told: dict):
    """The stems that were asked for with the song; what cannot be analysed gets none."""
    work = WorkOrder(owner=song.owner, work_id=song.work_id or "", arrived_at=song.arrived_at)
    if told["status"] == "analyzed":
        report(context, "generation", 0.99, "generating stems for it", song.audio_file_id)
        try:
            yield child(context, "WorkOrchestrator", work.model_dump(), work_instance(work.work_id))
            return
        except Exception as problem:  # it broke off, or was cancelled: the song is analysed all the same
            message = fault_of(problem)["message"]
    else:
        message = f"the song could not be analysed: {told['message']}"
    yield from attempt(context, "FailWork", work.model_dump() | {"message": message})
