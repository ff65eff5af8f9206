"""A song's status as its workflow goes on."""

import azure.durable_functions as df

from ripieno.contracts.audio import AudioFile, Failure
from ripieno.contracts.enums import AudioFileStatus
from ripieno.contracts.workflow import AnalysisInput
from ripieno.services import library

blueprint = df.Blueprint()


@blueprint.function_name("MarkAnalyzing")
@blueprint.activity_trigger(input_name="song")
def mark_analyzing(song: dict) -> None:
    _set(song, status=AudioFileStatus.ANALYZING, error=None)


@blueprint.function_name("MarkFailed")
@blueprint.activity_trigger(input_name="song")
def mark_failed(song: dict) -> None:
    error = Failure(code=song["error"]["code"], message=song["error"]["message"])
    _set(song, status=AudioFileStatus.FAILED, error=error)


def _set(song: dict, **changes) -> None:
    """Change the row unless another run has taken the song over, or it was deleted."""
    order = AnalysisInput.model_validate(song)

    def change(row: AudioFile) -> AudioFile | None:
        return row.model_copy(update=changes) if row.instance_id == order.instance_id else None

    try:
        library.update(order.owner, order.audio_file_id, change)
    except library.SongMissing:
        pass
