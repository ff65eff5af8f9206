"""An analysis into the tables, and its song into the library as analysed."""

from datetime import UTC, datetime

import azure.durable_functions as df

from ripieno.contracts import names
from ripieno.contracts.analysis import Analysis, SeparationResult
from ripieno.contracts.audio import AudioFile
from ripieno.contracts.enums import AudioFileStatus
from ripieno.contracts.workflow import AnalysisInput
from ripieno.services import analyses, blobs, library

blueprint = df.Blueprint()


@blueprint.function_name("SaveAnalysis")
@blueprint.activity_trigger(input_name="request")
def save_analysis(request: dict) -> None:
    order = AnalysisInput.model_validate(request)
    analysis = Analysis.model_validate(blobs.read_json(names.JOBS, request["analysis"]["blob_name"]))
    separation = SeparationResult.model_validate(request["separation"])
    found = {
        "status": AudioFileStatus.ANALYZED, "error": None, "analyzed_at": datetime.now(UTC).isoformat(),
        "bpm": analysis.bpm, "key": analysis.key, "mode": analysis.mode, "duration_seconds": analysis.duration_seconds,
    }  # fmt: skip

    def finish(row: AudioFile) -> AudioFile | None:
        return row.model_copy(update=found) if row.instance_id == order.instance_id else None

    analyses.save(order.owner, order.audio_file_id, analysis, separation)
    try:
        library.update(order.owner, order.audio_file_id, finish)
    except library.SongMissing:
        analyses.delete(order.audio_file_id)  # the song was deleted meanwhile
