"""The engine that needs no weights: parts written by rule (`segno.music.arranging`), played by a SoundFont."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from gpu_endpoints.generation import midi
from gpu_endpoints.generation.finishing import finish
from gpu_endpoints.generation.soundfont import SAMPLE_RATE, default_soundfont, render_part
from segno import __version__
from segno.contracts.provenance import Provenance
from segno.music.arranging.arrange import arrange
from segno.music.conditioning import Conditioning
from segno.music.genres import genre

NAME = "symbolic"


@dataclass(frozen=True)
class Generated:
    """`audio` float32 (frames, 2) at 44.1 kHz, as long as the conditioning's range; its notes as a MIDI file."""

    audio: np.ndarray
    midi: bytes
    notes: int


def generate(
    stem: str,
    conditioning: Conditioning,
    style: str,
    *,
    seed: int,
    program: int | None = None,
    soundfont: Path | None = None,
) -> Generated:
    """One stem for a conditioning; the same arguments give the same bytes.

    Raises
    ------
    ValueError
        For a stem or style that is not there.
    """
    part = arrange(stem, conditioning, genre(style), seed=seed, program=program)
    seconds = conditioning.end_seconds - conditioning.start_seconds
    audio = render_part(part, seconds, soundfont or default_soundfont(), tuning=conditioning.tuning)
    return Generated(finish(audio, seconds, SAMPLE_RATE), midi.write(part, conditioning), len(part.notes))


def provenance() -> Provenance:
    return Provenance(engine=NAME, version=__version__, license="MIT; SoundFont GPL-2", weights=_font())


@lru_cache(maxsize=1)
def _font() -> str:
    return hashlib.sha256(default_soundfont().read_bytes()).hexdigest()[:16]
