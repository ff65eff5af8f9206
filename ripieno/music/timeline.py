"""Beats as musical time: from beat numbers to seconds and back, drifting tempi included.

Beats are counted from 0 at the grid's first beat; fractions lie between beats, numbers beyond both ends go on at the
tempo found there.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from itertools import pairwise


@dataclass(frozen=True)
class Bar:
    """`first` is the number of its first beat, `beats` how many it has (the last may be cut short)."""

    number: int
    first: int
    beats: int


@dataclass(frozen=True)
class Timeline:
    """`times` of the beats in seconds, rising; `positions` in the bar from 1; `compound` beats divide in three.

    Raises
    ------
    ValueError
        With fewer than two beats, or beats that do not rise.
    """

    times: tuple[float, ...]
    positions: tuple[int, ...]
    beats_per_bar: int
    compound: bool = False

    def __post_init__(self) -> None:
        if len(self.times) < 2 or len(self.times) != len(self.positions):
            raise ValueError("a timeline needs two beats at least, each with its position in the bar")
        if any(b <= a for a, b in pairwise(self.times)):
            raise ValueError("the beats of a timeline must come one after the other")

    @classmethod
    def steady(
        cls, bpm: float, bars: int, beats_per_bar: int, *, start: float = 0.0, compound: bool = False
    ) -> Timeline:
        """So many bars at one tempo; `bpm` counts dotted beats where the meter is compound."""
        count = bars * beats_per_bar + 1
        times = tuple(start + number * 60.0 / bpm for number in range(count))
        return cls(times, tuple(number % beats_per_bar + 1 for number in range(count)), beats_per_bar, compound)

    @property
    def bpm(self) -> float:
        """The mean tempo."""
        return 60.0 * (len(self.times) - 1) / (self.times[-1] - self.times[0])

    def at(self, beat: float) -> float:
        """Seconds of a beat number."""
        number = min(max(int(beat // 1), 0), len(self.times) - 2)
        here, after = self.times[number], self.times[number + 1]
        return here + (beat - number) * (after - here)

    def beat_at(self, seconds: float) -> float:
        """The beat number at a time."""
        number = min(max(bisect_right(self.times, seconds) - 1, 0), len(self.times) - 2)
        here, after = self.times[number], self.times[number + 1]
        return number + (seconds - here) / (after - here)

    def bars(self) -> list[Bar]:
        """Every bar that begins with a downbeat, and a first one cut short where the song begins with a pickup."""
        downbeats = [number for number, position in enumerate(self.positions) if position == 1]
        starts = downbeats if downbeats and downbeats[0] == 0 else [0, *downbeats]
        ends = [*starts[1:], len(self.times)]
        return [Bar(number, a, b - a) for number, (a, b) in enumerate(zip(starts, ends, strict=True)) if b > a]
