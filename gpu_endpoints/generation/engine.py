"""What every generation engine is asked for, and what it gives."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import Protocol

import numpy as np

from ripieno.contracts.generation import BackingPart, StemPlan, SungNote
from ripieno.contracts.provenance import Provenance
from ripieno.music.conditioning import Conditioning

OnProgress = Callable[[float], None]


@dataclass(frozen=True)
class Wish:
    """One stem. `conditioning` has the stem's own range; `guidance` None is the engine's own default. `lyrics` and,
    where the melody is given, `notes` are for the singing engines, as are the voices `backing` a lead and the mood:
    `valence` and `arousal`, None as the style usually is."""

    plan: StemPlan
    conditioning: Conditioning
    temperature: float = 1.0
    guidance: float | None = None
    loudness_lufs: float | None = None
    lyrics: str = ""
    notes: tuple[SungNote, ...] = ()
    backing: tuple[BackingPart, ...] = ()
    language: str = "en"
    valence: float | None = None
    arousal: float | None = None

    @property
    def seconds(self) -> float:
        return self.conditioning.end_seconds - self.conditioning.start_seconds


@dataclass(frozen=True)
class Generated:
    """`audio` float32 (frames, 2) at 44.1 kHz, about as long as the range; `midi` where the engine writes notes;
    `seed` the one that was used in the end; `remarks` what the user should know."""

    audio: np.ndarray
    midi: bytes | None = None
    seed: int = 0
    remarks: tuple[str, ...] = ()


def installed(package: str) -> str:
    """A package and its version, for a signature; one that is only on the path has none to tell."""
    try:
        return f"{package} {version(package)}"
    except PackageNotFoundError:
        return f"{package} unknown"


class GenerationEngine(Protocol):
    """Several wishes at once are one batch where the engine can. `is_exact`: what it plays lies on the beats and in the
    chords by its making, so that it is neither moved nor tried again."""

    @property
    def is_exact(self) -> bool: ...

    def provenance(self) -> Provenance: ...

    def generate(self, wishes: list[Wish], on_progress: OnProgress) -> list[Generated]:
        """
        Raises
        ------
        ValueError
            For a style or instrument that is not there; the message names those that are.
        """
        ...
