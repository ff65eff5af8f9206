"""Genres as data: one JSON file each, in the words of `Genre`.

Rhythms are strings of sixteenths, the four of a beat between bars `|`: `X` accented, `x` struck, `o` soft, `-` held,
`.` silent. A compound beat has three: patterns for it stand under `compound`.
"""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, field_validator

_LETTERS = set("Xxo-.|")


class _Data(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


def _check(rhythm: str) -> str:
    if set(rhythm) - _LETTERS:
        raise ValueError(f"{rhythm!r} holds other letters than {''.join(sorted(_LETTERS))}")
    return rhythm


class DrumPattern(_Data):
    """A rhythm for each instrument (names of `arranging.drums.KIT`); `from_energy` is the least energy it is for."""

    from_energy: float = Field(ge=0, le=1)
    rhythm: dict[str, str]

    @field_validator("rhythm")
    @classmethod
    def _known(cls, rhythms: dict[str, str]) -> dict[str, str]:
        return {name: _check(rhythm) for name, rhythm in rhythms.items()}


class Drums(_Data):
    """`four` are patterns of one bar of four from quiet to full; `compound` of one bar of two dotted beats. `density`
    is not the genre's but the player's: -1 sparser to 1 busier."""

    program: int = 0
    four: tuple[DrumPattern, ...]
    compound: tuple[DrumPattern, ...]
    fill: dict[str, str]
    crash: bool = True
    density: float = Field(0.0, ge=-1, le=1)


class Part(_Data):
    """A pitched part: General MIDI `program`, rhythm of a bar of four and of two compound beats, `low` and `high` MIDI
    pitches, how it plays (see the module of its role), gain and place; `density` as in `Drums`."""

    program: int = Field(ge=0, le=127)
    style: str
    four: str
    compound: str
    low: int = Field(ge=0, le=127)
    high: int = Field(ge=0, le=127)
    from_energy: float = Field(0.0, ge=0, le=1)
    gain_db: float = 0.0
    pan: float = Field(0.0, ge=-1, le=1)
    density: float = Field(0.0, ge=-1, le=1)

    @field_validator("four", "compound")
    @classmethod
    def _rhythm(cls, rhythm: str) -> str:
        return _check(rhythm)


class Feel(_Data):
    """`swing`: where the second eighth of a beat lies, .5 straight, .667 triplets; spread of onsets and, by part, how
    far they lie behind the beat, both in milliseconds; spread of velocities."""

    swing: float = Field(0.5, ge=0.5, le=0.75)
    spread_ms: float = Field(6.0, ge=0, le=30)
    behind_ms: dict[str, float] = {}
    velocity_spread: float = Field(5.0, ge=0, le=30)


class Genre(_Data):
    """`tempo` is its range in beats a minute, `chords` a plain progression of it, a bar each."""

    name: str
    tempo: tuple[float, float]
    chords: tuple[str, ...] = Field(min_length=1)
    beats_per_bar: int = 4
    sevenths: bool = False
    feel: Feel
    drums: Drums
    parts: dict[str, Part]


@lru_cache(maxsize=1)
def all_genres() -> dict[str, Genre]:
    """Every genre by name."""
    found = (Genre(**json.loads(path.read_text())) for path in sorted(Path(__file__).parent.glob("*.json")))
    return {genre.name: genre for genre in found}


def genre(name: str) -> Genre:
    """
    Raises
    ------
    ValueError
        For a genre that is not there, naming those that are.
    """
    wanted = name.strip().lower().replace("&", "and").replace("-", " ").replace("_", " ")
    if wanted not in all_genres():
        raise ValueError(f"there is no style {name!r}: choose from {', '.join(all_genres())}")
    return all_genres()[wanted]
