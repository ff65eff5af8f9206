"""What a song's headers and tags say, into its row."""

import tempfile
from pathlib import Path

import azure.durable_functions as df

from ripieno.contracts import names
from ripieno.contracts.workflow import AnalysisInput
from ripieno.services import audio_format, blobs, library

blueprint = df.Blueprint()


@blueprint.function_name("ReadBasicMetadata")
@blueprint.activity_trigger(input_name="song")
def read_basic_metadata(song: dict) -> dict:
    """Returns `{duration_seconds, sample_rate, channels, title, artist}`, the duration as the headers claim it."""
    order = AnalysisInput.model_validate(song)
    with tempfile.TemporaryDirectory() as folder:
        path = blobs.download_to(names.RAW_AUDIO, order.blob_name, Path(folder) / "audio")
        with path.open("rb") as file:
            found = audio_format.describe(file)
    metadata = {
        "duration_seconds": found.duration_seconds, "sample_rate": found.sample_rate, "channels": found.channels,
        "title": found.title, "artist": found.artist,
    }  # fmt: skip
    library.update(order.owner, order.audio_file_id, lambda row: row.model_copy(update=metadata))
    return metadata
