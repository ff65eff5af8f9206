"""Put a song into the library: its row, and its bytes under their canonical name."""

from datetime import UTC, datetime

import azure.durable_functions as df

from ripieno.contracts import names
from ripieno.contracts.audio import AudioFile, Failure
from ripieno.contracts.enums import AudioFileStatus
from ripieno.contracts.workflow import PipelineInput
from ripieno.services import blobs, library

blueprint = df.Blueprint()


@blueprint.function_name("RegisterAudio")
@blueprint.activity_trigger(input_name="request")
def register_audio(request: dict) -> dict:
    """Returns `{outcome, audio_file_id, blob_name, message}`; outcomes: ingested, duplicate, rejected, missing."""
    order, identity, instance_id = PipelineInput.model_validate(request), request["identity"], request["instance_id"]
    if identity["audio_file_id"] is None:
        return _outcome("missing", None, None, f"{order.blob_name} is gone: it was taken in or deleted already")

    error = Failure.model_validate(identity["error"]) if identity["error"] else None
    blob_name = order.blob_name
    if error is None:
        blob_name = names.raw_audio_blob(identity["audio_file_id"], identity["format"])
    song = AudioFile(
        audio_file_id=identity["audio_file_id"],
        owner=order.owner,
        original_file_name=order.original_file_name,
        status=AudioFileStatus.FAILED if error else AudioFileStatus.UPLOADED,
        uploaded_at=datetime.now(UTC).isoformat(),
        sha256=identity["sha256"],
        blob_name=blob_name,
        file_size_bytes=identity["file_size_bytes"],
        format=identity["format"],
        instance_id=instance_id,
        webhook_url=order.webhook_url,
        error=error,
    )
    if not library.create(song):
        song = library.update(order.owner, song.audio_file_id, lambda known: _take_over(known, song))
    if song.instance_id != instance_id:
        if order.blob_name != song.blob_name:
            blobs.delete(names.RAW_AUDIO, order.blob_name)
        return _outcome("duplicate", song.audio_file_id, song.blob_name, "the library has these bytes already")
    if error:
        return _outcome("rejected", song.audio_file_id, song.blob_name, error.message)
    if order.blob_name != blob_name:
        blobs.move(names.RAW_AUDIO, order.blob_name, blob_name)
    return _outcome("ingested", song.audio_file_id, blob_name, "taken in")


def _take_over(known: AudioFile, song: AudioFile) -> AudioFile | None:
    """The same bytes again are a new try when the last one failed, else nothing new."""
    if known.status != AudioFileStatus.FAILED or known.instance_id == song.instance_id:
        return None
    return song.model_copy(update={"run": known.run + 1, "uploaded_at": known.uploaded_at})


def _outcome(outcome: str, audio_file_id: str | None, blob_name: str | None, message: str) -> dict:
    return {"outcome": outcome, "audio_file_id": audio_file_id, "blob_name": blob_name, "message": message}
