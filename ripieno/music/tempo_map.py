"""Bars and tempi as notation and MIDI have them: quarter notes from the beginning of a conditioning's audio.

Quarter 0 is the first sample of the audio, so that a stem and its notes lie alike when they are dropped at one place.
What comes before the first downbeat (a silence, a pickup) is a bar of its own length, so that every bar line after it
stands on a downbeat.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from itertools import pairwise

from ripieno.music.conditioning import Conditioning

TOLERANCE = 0.002  # seconds that a beat may lie beside the timeline's: less than can be heard
_SILENCE_UNITS = (1, 2, 4, 8, 16)  # parts of a beat that a silence may be counted in, the coarsest that will do
_MOST_OFF = 1 / 3  # how far the tempo of a silence may be from the music's
_NO_LEAD = 0.001  # seconds


@dataclass(frozen=True)
class Meter:
    """A time signature from a quarter on."""

    quarter: float
    numerator: int
    denominator: int


@dataclass(frozen=True)
class Tempo:
    """Microseconds a quarter, from a quarter on; `seconds` is when that is."""

    quarter: float
    seconds: float
    microseconds: int


@dataclass(frozen=True)
class TempoMap:
    """Both in order, beginning at quarter 0."""

    meters: tuple[Meter, ...]
    tempi: tuple[Tempo, ...]

    def quarter_at(self, seconds: float) -> float:
        """The quarter at a time after the audio's beginning."""
        here = self.tempi[max(0, bisect_right(self._changes, seconds) - 1)]
        return here.quarter + (seconds - here.seconds) * 1e6 / here.microseconds

    @cached_property
    def _changes(self) -> list[float]:
        return [one.seconds for one in self.tempi]


def of(conditioning: Conditioning, *, tolerance: float = TOLERANCE) -> TempoMap:
    """As few tempi as keep every beat within `tolerance` seconds of the timeline's."""
    timeline, start = conditioning.timeline, conditioning.start_seconds
    a_beat = Fraction(3, 2) if timeline.compound else Fraction(1)
    first = int(-(-(conditioning.first - 1e-6) // 1))
    while timeline.at(first) < start - _NO_LEAD:
        first += 1
    lead = timeline.at(first) - start
    before = _counted(lead, timeline.at(first + 1) - timeline.at(first)) if lead > _NO_LEAD else Fraction(0)
    after = first
    while timeline.at(after) < conditioning.end_seconds - 1e-6:
        after += 1
    beats = range(first, max(after, first + 1) + 1)
    grid = [(float((before + beat - first) * a_beat), timeline.at(beat) - start) for beat in beats]
    if not before:
        grid[0] = (0.0, 0.0)
    tempi = [*([_tempo(0.0, 0.0, grid[0])] if before else []), *_fitted(grid, tolerance, before=bool(before))]
    return TempoMap(tuple(_meters(conditioning, first, after, before, a_beat)), tuple(tempi))


# -- parts --------------------------------------------------------------------------------------------------------


def _counted(seconds: float, period: float) -> Fraction:
    """A silence in beats, or in the coarsest part of one that keeps it near the tempo of what follows."""
    for unit in _SILENCE_UNITS:
        count = max(1, round(seconds / period * unit))
        if abs(count / unit * period / seconds - 1) <= _MOST_OFF:
            return Fraction(count, unit)
    return Fraction(1, _SILENCE_UNITS[-1])


def _tempo(quarter: float, seconds: float, until: tuple[float, float]) -> Tempo:
    return Tempo(quarter, seconds, max(1, round(1e6 * (until[1] - seconds) / (until[0] - quarter))))


def _fitted(grid: list[tuple[float, float]], tolerance: float, *, before: bool) -> list[Tempo]:
    """From each tempo's beginning as far as one tempo reaches; of those that reach there, the most exact one."""
    found: list[Tempo] = []
    number, (quarter, now) = 0, grid[0]
    if before:  # where the silence ends by its tempo, which is a whole number
        now = _tempo(0.0, 0.0, grid[0]).microseconds * quarter / 1e6
    while number < len(grid) - 1:
        slowest, fastest, last = float("inf"), 0.0, number
        for reached in range(number + 1, len(grid)):
            far = grid[reached][0] - quarter
            low, high = (grid[reached][1] - now - tolerance) / far, (grid[reached][1] - now + tolerance) / far
            if max(fastest, low) > min(slowest, high):
                break
            fastest, slowest, last = max(fastest, low), min(slowest, high), reached
        far = grid[last][0] - quarter
        exact = (grid[last][1] - now) / far
        tempo = Tempo(quarter, now, max(1, round(1e6 * min(max(exact, fastest), slowest))))
        found.append(tempo)
        number, quarter, now = last, grid[last][0], now + tempo.microseconds * far / 1e6
    return found


def _meters(conditioning: Conditioning, first: int, after: int, before: Fraction, a_beat: Fraction) -> list[Meter]:
    timeline = conditioning.timeline
    usual = timeline.beats_per_bar
    downbeats = [number for number, position in enumerate(timeline.positions) if position == 1 and number >= first]
    opening = before + ((downbeats[0] if downbeats else first) - first)
    found = []
    if short := opening % usual:
        found.append(_meter(Fraction(0), short * a_beat, timeline.compound))
    quarter = short * a_beat
    found.append(_meter(quarter, usual * a_beat, timeline.compound))
    for here, coming in pairwise(downbeats):
        if here >= after:
            break
        quarter = (before + here - first) * a_beat
        one = _meter(quarter, (coming - here) * a_beat, timeline.compound)
        if (one.numerator, one.denominator) == (found[-1].numerator, found[-1].denominator):
            continue
        if found[-1].quarter == one.quarter:
            found.pop()
        found.append(one)
    return found


def _meter(quarter: Fraction, length: Fraction, compound: bool) -> Meter:
    """A bar of so many quarters."""
    denominator = 8 if compound else 4
    while (length * denominator / 4).denominator != 1:
        denominator *= 2
    return Meter(float(quarter), int(length * denominator / 4), denominator)
