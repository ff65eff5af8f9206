"""How words are sung in a style and a mood: vibrato, breath, timing, glides, dynamics of a phrase (deliveries.json)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from gpu_endpoints.generation.singing.lyrics import Sung
from ripieno.music.composing import moods
from ripieno.music.genres import all_genres
from ripieno.music.genres.blending import blend

_BREATH_SECONDS = 0.35  # a gap between notes, at which a phrase ends
_LEAST_HELD = 0.12  # seconds that stay of a note, however short it is sung


class Delivery(BaseModel):
    """`vibrato_cents` is half of its width, `vibrato_after` seconds into a note; `breath` -1..1; `arc_db` how much
    louder the middle of a phrase is than its ends; `held` the share of a note that is sung."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    vibrato_hz: float = Field(default=5.6, ge=3, le=8)
    vibrato_cents: float = Field(default=22.0, ge=0, le=120)
    vibrato_after: float = Field(default=0.35, ge=0, le=2)
    breath: float = Field(default=0.0, ge=-1, le=1)
    late_ms: float = Field(default=0.0, ge=-20, le=30)
    glide: float = Field(default=0.06, ge=0.02, le=0.15)
    arc_db: float = Field(default=0.0, ge=0, le=8)
    held: float = Field(default=1.0, ge=0.5, le=1)


PLAIN = Delivery()
STRAIGHT = Delivery(vibrato_cents=0)
"""Without vibrato, as voices behind a lead are sung."""


class _Change(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    vibrato_hz: float
    vibrato_cents: float
    vibrato_after: float
    breath: float
    late_ms: float
    glide: float
    arc_db: float
    held: float


class _Deliveries(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    about: str
    styles: dict[str, Delivery]
    moods: dict[str, _Change]


def of(style: str, *, valence: float | None = None, arousal: float | None = None) -> Delivery:
    """How a style, or a blend of some, is sung in a mood; without one as the style usually is.

    Raises
    ------
    ValueError
        For a style that is not there.
    """
    known = _known()
    weights = blend(style).weights
    found = {
        name: sum(weight * getattr(known.styles[genre], name) for genre, weight in weights)
        for name in Delivery.model_fields
    }
    usual = [sum(weight * moods.of_style(genre)[n] for genre, weight in weights) for n in (0, 1)]
    asked = {"valence": valence, "arousal": arousal}
    for (name, value), own in zip(asked.items(), usual, strict=True):
        away = 0.0 if value is None else value - own  # the style's figures are for the style's own mood
        for field in found:
            found[field] += away * getattr(known.moods[name], field)
    return Delivery(**{field: _within(field, value) for field, value in found.items()})


def with_vibrato(one: Delivery, hertz: float | None, cents: float | None, strength: float) -> Delivery:
    """With the vibrato of a voice, as far as it is to be that voice."""
    if hertz is None or cents is None:
        return one
    return one.model_copy(
        update={
            "vibrato_hz": _within("vibrato_hz", one.vibrato_hz + strength * (hertz - one.vibrato_hz)),
            "vibrato_cents": _within("vibrato_cents", one.vibrato_cents + strength * (cents - one.vibrato_cents)),
        }
    )


def timed(notes: Sequence[Sung], one: Delivery) -> list[Sung]:
    """Notes as they are sung: behind the beat, and held as long as the style holds them. One that another goes on from
    is held to the other."""
    found: list[Sung] = []
    for number, note in enumerate(notes):
        goes_on = number + 1 < len(notes) and notes[number + 1].syllable is None
        start = max(0.0, note.start + one.late_ms / 1000)
        length = note.end - note.start
        end = start + (length if goes_on else max(min(length, _LEAST_HELD), one.held * length))
        found.append(replace(note, start=start, end=end))
    return found


def arc(notes: Sequence[Sung], frames: int, period: float, one: Delivery) -> np.ndarray:
    """dB for each frame: phrases rise to their middle and fall; their mean is about 0."""
    levels = np.zeros(frames)
    if one.arc_db <= 0:
        return levels
    for first, last in _phrases(notes):
        a, b = max(0, int(first / period)), min(frames, int(last / period) + 1)
        if b - a > 2:
            levels[a:b] = one.arc_db * (np.sin(np.pi * np.linspace(0, 1, b - a)) - 2 / np.pi)
    return np.convolve(np.pad(levels, 20, mode="edge"), np.ones(41) / 41, "valid")


# -- parts --------------------------------------------------------------------------------------------------------


def _phrases(notes: Sequence[Sung]) -> list[tuple[float, float]]:
    found: list[tuple[float, float]] = []
    for note in notes:
        if found and note.start - found[-1][1] < _BREATH_SECONDS:
            found[-1] = (found[-1][0], max(found[-1][1], note.end))
        else:
            found.append((note.start, note.end))
    return found


def _within(field: str, value: float) -> float:
    limits = {type(one).__name__: one for one in Delivery.model_fields[field].metadata}
    return float(np.clip(value, limits["Ge"].ge, limits["Le"].le))


@lru_cache(maxsize=1)
def _known() -> _Deliveries:
    found = _Deliveries.model_validate_json(Path(__file__).with_name("deliveries.json").read_text(encoding="utf-8"))
    missing = set(all_genres()) - set(found.styles)
    if missing or set(found.moods) != {"arousal", "valence"}:
        raise ValueError(f"deliveries.json says nothing of {', '.join(sorted(missing)) or 'moods'}")
    return found
