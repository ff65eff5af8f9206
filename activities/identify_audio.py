"""Which song a blob is (from its bytes), and whether it can be one at all."""

import tempfile
from pathlib import Path

import azure.durable_functions as df

from ripieno.contracts import names
from ripieno.contracts.problems import BadAudio
from ripieno.contracts.workflow import PipelineInput
from ripieno.services import audio_format, blobs, limits

blueprint = df.Blueprint()


@blueprint.function_name("IdentifyAudio")
@blueprint.activity_trigger(input_name="order")
def identify_audio(order: dict) -> dict:
    """Returns `{audio_file_id, sha256, file_size_bytes, format, error}`; changes nothing."""
    blob_name = PipelineInput.model_validate(order).blob_name
    try:
        size = blobs.properties(names.RAW_AUDIO, blob_name).size
    except blobs.BlobMissing:
        return {"audio_file_id": None}
    sha256 = blobs.sha256(names.RAW_AUDIO, blob_name)
    identity = {
        "audio_file_id": names.audio_file_id(order["owner"], sha256),
        "sha256": sha256, "file_size_bytes": size, "format": None, "error": None,
    }  # fmt: skip
    try:
        limits.check_size(size)
        with tempfile.TemporaryDirectory() as folder:
            path = blobs.download_to(names.RAW_AUDIO, blob_name, Path(folder) / "audio")
            with path.open("rb") as file:
                identity["format"] = audio_format.describe(file).format.value
    except BadAudio as fault:
        identity["error"] = {"code": fault.code, "message": fault.message}
    return identity
