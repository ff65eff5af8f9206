"""Finished audio into storage."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile

from gpu_endpoints.generation.engine import SAMPLE_RATE
from ripieno.contracts import names
from ripieno.services import blobs

SUBTYPE = "PCM_24"


@dataclass(frozen=True)
class Stored:
    blob_name: str
    size: int
    sha256: str


def store(audio: np.ndarray, blob_name: str, stem_format: str, folder: Path) -> Stored:
    """Write float32 (frames, 2) at 44.1 kHz as 24-bit WAV or FLAC into the container of generated things."""
    path = folder / f"out.{stem_format}"
    soundfile.write(path, audio, SAMPLE_RATE, SUBTYPE, format=stem_format.upper())
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        file.seek(0)
        blobs.upload(names.GENERATED, blob_name, file)
    return Stored(blob_name, path.stat().st_size, digest)
