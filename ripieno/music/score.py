"""A score: parts of notes on a time line in seconds, and what is true of it."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Note:
    """One note; `start` and `end` in seconds, `pitch` a MIDI number, `velocity` 1..127."""

    start: float
    end: float
    pitch: int
    velocity: int


@dataclass
class Part:
    """One stem's notes, played by a General MIDI program (or the drum kit)."""

    stem: str
    program: int
    is_drum: bool = False
    gain_db: float = 0.0
    pan: float = 0.0
    notes: list[Note] = field(default_factory=list)


@dataclass(frozen=True)
class Span:
    """A labelled stretch of time."""

    start: float
    end: float
    label: str


@dataclass
class Score:
    """Parts and their exact truth. `beats` are (time, position in the bar); `key` is (tonic name, mode), and `keys` the
    stretches of a score that modulates."""

    duration: float
    bpm: float
    key: tuple[str, str]
    beats_per_bar: int
    parts: list[Part]
    beats: list[tuple[float, int]]
    chords: list[Span]
    sections: list[Span]
    keys: list[Span] = field(default_factory=list)
