"""How a part is played, beside what its genre says: higher or lower, busier or sparser, louder, shorter or tied."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, replace
from typing import Literal

from ripieno.music.arranging.feel import Event
from ripieno.music.conditioning import Conditioning
from ripieno.music.genres import Drums, Part

_LOWEST, _HIGHEST = 24, 103
_STACCATO, _SHORTEST = 0.45, 0.08
_LONGEST_TIE = 8.0  # beats
_DYNAMICS = 0.3

Articulation = Literal["staccato", "normal", "legato"]


@dataclass(frozen=True)
class Playing:
    """All but the articulation from -1 to 1, 0 the genre's own; `pitch_register` 1 is an octave."""

    pitch_register: float = 0.0
    density: float = 0.0
    dynamics: float = 0.0
    articulation: Articulation = "normal"


def part_as(part: Part, playing: Playing) -> Part:
    """The part in its register and density; its compass keeps its width where there is room."""
    shift = round(12 * playing.pitch_register)
    shift = max(_LOWEST - part.low, min(_HIGHEST - part.high, shift)) if shift else 0
    return part.model_copy(update={"low": part.low + shift, "high": part.high + shift, "density": playing.density})


def drums_as(drums: Drums, playing: Playing) -> Drums:
    return drums.model_copy(update={"density": playing.density})


def played(events: list[Event], conditioning: Conditioning, playing: Playing) -> list[Event]:
    """The events with their articulation and dynamics."""
    force = 1 + _DYNAMICS * playing.dynamics
    if playing.articulation == "staccato":
        lengths = [max(_SHORTEST, event.length * _STACCATO) for event in events]
    elif playing.articulation == "legato":
        lengths = _tied(events, conditioning)
    else:
        lengths = [event.length for event in events]
    return [
        replace(event, length=length, velocity=event.velocity * force)
        for event, length in zip(events, lengths, strict=True)
    ]


def _tied(events: list[Event], conditioning: Conditioning) -> list[float]:
    """Each until the next onset of the part, but not beyond its chord."""
    onsets = sorted({event.at for event in events})
    ends = sorted(span.end for span in conditioning.chords)
    lengths = []
    for event in events:
        after = bisect_right(onsets, event.at + 1e-6)
        until = onsets[after] if after < len(onsets) else event.at + event.length
        over = bisect_right(ends, event.at + 1e-6)
        until = min(until, ends[over] if over < len(ends) else until, event.at + _LONGEST_TIE)
        lengths.append(max(event.length, until - event.at) if until > event.at else event.length)
    return lengths
