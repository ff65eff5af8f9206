"""The job `mix`: files laid over each other where they belong in the song."""

from __future__ import annotations

import numpy as np

from gpu_endpoints.audio import decoding
from gpu_endpoints.generation import checking, storing
from gpu_endpoints.generation.engine import SAMPLE_RATE
from gpu_endpoints.generation.finishing import CEILING
from gpu_endpoints.serving.work import JobContext, JobFailed
from ripieno import __version__
from ripieno.contracts import names
from ripieno.contracts.generation import MixedFile, MixInput, MixSource
from ripieno.contracts.provenance import Provenance
from ripieno.services import blobs
from ripieno.services.settings import settings

NAME = "sum"


def run(job_input: dict, context: JobContext) -> dict:
    """As long as the longest source; turned down as a whole, and only where it would clip above -1 dBFS."""
    order = MixInput.model_validate(job_input)
    mix = np.zeros((0, 2), np.float32)
    for number, source in enumerate(order.sources):
        context.progress(0.9 * number / len(order.sources), f"adding {source.blob_name}")
        mix = _laid_over(mix, read(source.container, source.blob_name, context), source)
    peak = float(np.abs(mix).max(initial=0.0))
    gain = min(1.0, CEILING / peak) if peak > 0 else 1.0
    mix *= np.float32(gain)
    context.progress(0.92, "storing the mix")
    return described(
        mix, order.generation_request_id, order.name, order.stem_format, context,
        gain_db=round(20 * float(np.log10(gain)), 2),
        engine=Provenance(engine=NAME, version=__version__, license="MIT"),
    ).model_dump()  # fmt: skip


def read(container: str, blob_name: str, context: JobContext) -> np.ndarray:
    """Any audio of the storage account as float32 (frames, 2) at 44.1 kHz.

    Raises
    ------
    JobFailed
        `audio_missing`, or why it cannot be decoded.
    """
    path = context.folder / "source"
    try:
        blobs.download_to(container, blob_name, path)
    except blobs.BlobMissing as fault:
        raise JobFailed("audio_missing", f"a file of the mix is gone ({fault})") from fault
    if container == names.RAW_AUDIO:
        audio = decoding.open_audio(
            path, max_seconds=settings().max_song_seconds, on_block=lambda _: context.check_cancelled()
        )
    else:
        audio = decoding.open_stem(path)  # ours: it may be silent
    blocks = list(audio.stereo_blocks(rate=SAMPLE_RATE))
    return np.concatenate(blocks) if blocks else np.zeros((0, 2), np.float32)


def described(
    audio: np.ndarray, request_id: str, name: str, stem_format: str, context: JobContext,
    *, gain_db: float, engine: Provenance, preset: str | None = None,
) -> MixedFile:  # fmt: skip
    """Store a mix or master and say what it is."""
    stored = storing.store(audio, names.generated_blob(request_id, name, stem_format), stem_format, context.folder)
    peak, level = checking.levels(audio)
    return MixedFile(
        name=name, blob_name=stored.blob_name, file_size_bytes=stored.size, sha256=stored.sha256, format=stem_format,
        sample_rate=SAMPLE_RATE, duration_seconds=len(audio) / SAMPLE_RATE, loudness_lufs=level, peak=peak,
        gain_db=gain_db, preset=preset, engine=engine,
    )  # fmt: skip


def _laid_over(mix: np.ndarray, audio: np.ndarray, source: MixSource) -> np.ndarray:
    start = round(source.start_seconds * SAMPLE_RATE)
    end = start + len(audio)
    if end > len(mix):
        mix = np.concatenate([mix, np.zeros((end - len(mix), 2), np.float32)])
    mix[start:end] += audio * np.float32(10 ** (source.gain_db / 20))
    return mix
