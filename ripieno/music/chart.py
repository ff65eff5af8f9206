"""A song's chords bar by bar, as a chord chart has them.

Bars are counted from 1 at the first downbeat, as musicians do; what comes before it is bar 0, a pickup.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass

from ripieno.contracts.analysis import Analysis


@dataclass(frozen=True)
class ChartBar:
    """`chords` are (beat of the bar from 1, Harte label) where a chord begins, the one that goes on at beat 1 included;
    `section` is its label where one begins in this bar."""

    number: int
    start_time: float
    beats: int
    chords: tuple[tuple[int, str], ...]
    section: str | None


def chart(analysis: Analysis) -> list[ChartBar]:
    """Every bar of a song, none where no pulse was found."""
    times = [beat.time for beat in analysis.beats]
    downbeats = [number for number, beat in enumerate(analysis.beats) if beat.position == 1]
    if not downbeats:
        return []
    starts = downbeats if downbeats[0] == 0 else [0, *downbeats]
    first = 1 if downbeats[0] == 0 else 0
    chord_starts = [chord.start_time for chord in analysis.chords]
    sections = {
        _bar_of(section.start_time, [times[one] for one in starts]): section.label
        for section in reversed(analysis.sections)
    }
    bars = []
    for index, start in enumerate(starts):
        end = starts[index + 1] if index + 1 < len(starts) else len(times)
        chords: list[tuple[int, str]] = []
        for beat in range(start, end):
            label = _chord_at(_middle(times, beat), chord_starts, analysis)
            if label is not None and (not chords or chords[-1][1] != label):
                chords.append((beat - start + 1, label))
        bars.append(ChartBar(index + first, times[start], end - start, tuple(chords), sections.get(index)))
    return bars


def _middle(times: list[float], beat: int) -> float:
    """What sounds in the middle of a beat is its chord: chords begin a little before or after it."""
    after = times[beat + 1] if beat + 1 < len(times) else times[beat] + (times[beat] - times[beat - 1])
    return (times[beat] + after) / 2


def _chord_at(seconds: float, starts: list[float], analysis: Analysis) -> str | None:
    number = bisect_right(starts, seconds) - 1
    return analysis.chords[number].chord if number >= 0 else None


def _bar_of(seconds: float, starts: list[float]) -> int:
    """The bar that begins nearest to a time."""
    return min(range(len(starts)), key=lambda bar: abs(starts[bar] - seconds))
