"""How loud a new stem is beside the song it is for (`mix_levels.json` says why)."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from ripieno.contracts.composition import BACKING
from ripieno.contracts.enums import StemType
from ripieno.contracts.production import MixRole
from ripieno.music.conditioning import Conditioning


class _Levels(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    about: str
    stems: dict[MixRole, float]


def target(stem: MixRole, conditioning: Conditioning) -> float | None:
    """The loudness in LUFS that a stem should have for the conditioning's range; None where there is no song to fit."""
    song = conditioning.loudness
    return None if song is None else song + _levels().stems[stem]


@lru_cache(maxsize=1)
def _levels() -> _Levels:
    found = _Levels.model_validate_json(Path(__file__).with_suffix(".json").read_text())
    missing = {*StemType, BACKING} - set(found.stems)
    if missing:
        raise ValueError(f"mix_levels.json has no level for {', '.join(sorted(missing))}")
    return found
