"""Groove: from events in beats to notes in seconds, played by somebody."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace

from ripieno.music.conditioning import Conditioning
from ripieno.music.genres import Feel
from ripieno.music.score import Note

_SPREADS = 2.5  # standard deviations at which imprecision is cut off
_SHORTEST = 0.03
_GAP = 0.005  # seconds between two strokes of one pitch


@dataclass(frozen=True)
class Event:
    """A note to be: beats of the timeline, a MIDI pitch, a velocity of 1..127 that may be fractional."""

    at: float
    length: float
    pitch: int
    velocity: float


def play(
    events: list[Event],
    conditioning: Conditioning,
    feel: Feel,
    role: str,
    rng: random.Random,
    *,
    humanise: bool = True,
    names: dict[int, str] | None = None,
) -> list[Note]:
    """Notes in seconds from the range's beginning, inside the range, in order.

    Parameters
    ----------
    role : the part's name, for how far it lies behind the beat
    names : instruments of a drum kit by pitch, which may have places of their own
    """
    timeline = conditioning.timeline
    origin, end = conditioning.start_seconds, conditioning.end_seconds
    notes = []
    for event in sorted(events, key=lambda one: (one.at, one.pitch)):
        name = (names or {}).get(event.pitch, role)
        start, stop = timeline.at(event.at), timeline.at(event.at + event.length)
        velocity = event.velocity
        if start > end - _SHORTEST:
            continue
        if humanise:
            late = feel.behind_ms.get(name, 0.0) + _bounded(rng, feel.spread_ms)
            start, stop = start + late / 1000, stop + late / 1000
            velocity += _bounded(rng, feel.velocity_spread)
        start = min(max(start, origin), end - _SHORTEST)
        stop = min(max(stop, start + _SHORTEST), end)
        loud = max(1, min(127, round(velocity)))
        notes.append(Note(start - origin, stop - origin, event.pitch, loud))
    return _apart(sorted(notes, key=lambda note: (note.start, note.pitch)))


def _apart(notes: list[Note]) -> list[Note]:
    """A pitch ends before it is struck again."""
    coming: dict[int, float] = {}
    found: list[Note] = []
    for note in reversed(notes):
        end = min(note.end, coming.get(note.pitch, note.end) - _GAP)
        coming[note.pitch] = note.start
        if end > note.start + _GAP:
            found.append(replace(note, end=end))
    return found[::-1]


def _bounded(rng: random.Random, spread: float) -> float:
    return max(-_SPREADS * spread, min(_SPREADS * spread, rng.gauss(0, spread)))
