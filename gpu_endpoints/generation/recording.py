"""What a person recorded, as a stem: decoded, stereo at 44.1 kHz, from the range's beginning on."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np

from gpu_endpoints.audio import decoding
from gpu_endpoints.audio.levels import SAMPLE_RATE
from gpu_endpoints.generation.engine import Generated, OnProgress, Wish
from gpu_endpoints.serving.work import JobFailed
from ripieno.contracts import names
from ripieno.contracts.provenance import RECORDING, Provenance
from ripieno.services import blobs


class RecordingEngine:
    """It makes nothing: what it gives is the person's own."""

    is_exact = True

    def provenance(self) -> Provenance:
        return Provenance(engine=RECORDING, version="", license="as whoever recorded it says")

    def generate(self, wishes: list[Wish], on_progress: OnProgress) -> list[Generated]:
        made = []
        for number, wish in enumerate(wishes):
            on_progress(number / len(wishes))
            made.append(Generated(_heard(wish)))
        return made


def _heard(wish: Wish) -> np.ndarray:
    assert wish.plan.audio is not None
    with tempfile.TemporaryDirectory(prefix="ripieno-recording-") as folder:
        try:
            path = blobs.download_to(names.GENERATED, wish.plan.audio, Path(folder) / "audio")
        except blobs.BlobMissing as fault:
            raise JobFailed("audio_missing", f"the recording of the {wish.plan.stem_type} is gone") from fault
        audio = decoding.open_audio(path, max_seconds=float("inf"))
        most = round(wish.seconds * SAMPLE_RATE)
        blocks: list[np.ndarray] = []
        for block in audio.stereo_blocks(rate=SAMPLE_RATE):
            blocks.append(block)
            if sum(map(len, blocks)) >= most:
                break
    return np.concatenate(blocks)[:most] if blocks else np.zeros((0, 2), np.float32)
