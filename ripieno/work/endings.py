"""What a run that ended without giving its record an end is told: nothing stays planning, uploaded or generating."""

from __future__ import annotations

from ripieno.contracts.workflow import (
    DropOrder,
    RevisionOrder,
    Run,
    SampleOrder,
    SongOrder,
    TalkOrder,
    VersionOrder,
    VoiceVersionOrder,
    WorkOrder,
)
from ripieno.work import (
    analysing,
    composing,
    exporting,
    failing,
    generating,
    mixing,
    voices_applying,
    voices_samples,
    voices_versions,
)
from ripieno.work.sets import talking, versions

_CODE = "workflow_ended"


def give(run: Run, reason: str) -> None:
    """Give the run's song, work or version its end, where it has none yet, and keep what failed for operators."""
    _end(run, reason)
    failing.of_run(run)


def _end(run: Run, reason: str) -> None:
    match run.orchestrator:
        case "PipelineOrchestrator":
            order = SongOrder.model_validate(run.order)
            analysing.fail(order, _CODE, f"the analysis broke off: {reason}")
            if order.work_id:
                work = WorkOrder(owner=order.owner, work_id=order.work_id, arrived_at=order.arrived_at)
                generating.fail(work, f"the song's workflow broke off: {reason}", only_unplanned=True)
        case "WorkOrchestrator":
            generating.fail(WorkOrder.model_validate(run.order), f"the generation broke off: {reason}")
        case "CompositionOrchestrator":
            composing.fail(RevisionOrder.model_validate(run.order), f"the composition broke off: {reason}")
        case "SetOrchestrator":
            versions.fail(RevisionOrder.model_validate(run.order), f"the set broke off: {reason}")
        case "TalkOrchestrator":
            talking.fail(TalkOrder.model_validate(run.order), f"what was said could not be answered: {reason}")
        case "VersionOrchestrator":
            error = {"code": _CODE, "message": f"the take broke off: {reason}"}
            generating.save_version(VersionOrder.model_validate(run.order), None, error)
        case "MixOrchestrator":
            error = {"code": _CODE, "message": f"the mix broke off: {reason}"}
            mixing.save(VersionOrder.model_validate(run.order), None, error)
        case "ExportOrchestrator":
            error = {"code": _CODE, "message": f"the export broke off: {reason}"}
            exporting.save(VersionOrder.model_validate(run.order), None, error)
        case "VoiceSampleOrchestrator":
            error = {"code": _CODE, "message": f"the hearing broke off: {reason}; send it again"}
            voices_samples.save(SampleOrder.model_validate(run.order), None, error)
        case "VoiceVersionOrchestrator":
            error = {"code": _CODE, "message": f"the measuring broke off: {reason}"}
            voices_versions.save(VoiceVersionOrder.model_validate(run.order), None, error)
        case "VoiceApplyOrchestrator":
            error = {"code": _CODE, "message": f"the singing broke off: {reason}"}
            voices_applying.save(VersionOrder.model_validate(run.order), None, error)
        case "IngestOrchestrator":
            DropOrder.model_validate(run.order)  # what is still in the inbox is taken in again from there
