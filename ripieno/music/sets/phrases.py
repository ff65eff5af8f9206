"""A song as a DJ sees it: bars, phrases, the borders of its sections, and where somebody sings."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

from ripieno.contracts.sets import SetSong
from ripieno.music import tempo
from ripieno.music.sets.pulses import LEAST_CONFIDENCE

PHRASE = 8  # bars
_FEWEST_BARS = 8  # a song with fewer is not played by its bars
_NEAR_BAR = 0.5  # of a bar: a section that begins nearer to a downbeat begins there
_SUNG_SHARE = 0.05  # of a bar with a voice, from which somebody sings in it
_WITHOUT_VOICE = ("intro", "outro", "instrumental", "solo", "break", "build", "drop", "interlude", "silence")


@dataclass(frozen=True)
class Shape:
    """One song; a bar is counted from 0, at its first downbeat."""

    song: SetSong

    @cached_property
    def starts(self) -> list[float]:
        """Where each bar begins, in seconds, and where the last one ends; empty where the beats cannot be trusted."""
        song = self.song
        if song.beat_confidence < LEAST_CONFIDENCE or len(song.downbeats) < _FEWEST_BARS:
            return []
        bar = sorted(b - a for a, b in pairwise(song.downbeats))[(len(song.downbeats) - 1) // 2]
        return [*song.downbeats, min(song.seconds, song.downbeats[-1] + bar)]

    @property
    def bars(self) -> int:
        return max(0, len(self.starts) - 1)

    @property
    def has_bars(self) -> bool:
        return self.bars > 0

    @property
    def bar_seconds(self) -> float:
        """As long as a bar is in the middle."""
        return (self.starts[-1] - self.starts[0]) / self.bars

    @cached_property
    def borders(self) -> dict[int, str]:
        """The bars that a section begins with, with what it is called; the first bar is always one."""
        found = {0: ""}
        for section in self.song.sections:
            bar = self._bar_near(section.start_time)
            if bar is not None:
                found[bar] = section.label
        return found

    @cached_property
    def phrases(self) -> list[int]:
        """The bars that a phrase begins with: those of sections, and every eighth one after them."""
        edges = [*sorted(self.borders), self.bars]
        return [bar for a, b in pairwise(edges) for bar in range(a, b, PHRASE) if bar == a or b - bar >= PHRASE // 2]

    @cached_property
    def sung(self) -> list[bool]:
        """Of each bar, whether somebody sings in it; where nobody looked, in all but the sections that have no voice
        by their name."""
        spans = self.song.vocals
        if spans is None:
            quiet = [(s.start_time, s.end_time) for s in self.song.sections if _is_without_voice(s.label)]
            return [not any(a <= (x + y) / 2 < b for a, b in quiet) for x, y in pairwise(self.starts)]
        return [
            sum(max(0.0, min(b, one.end_seconds) - max(a, one.start_seconds)) for one in spans) > _SUNG_SHARE * (b - a)
            for a, b in pairwise(self.starts)
        ]

    @cached_property
    def beats(self) -> list[float]:
        """The beats without the jitter of their detection: what is played against another song's."""
        return list(tempo.fitted(tuple(self.song.beats), "smooth").times)

    def section_at(self, bar: int) -> str:
        """What the section is called that a bar is in; empty where it has no name."""
        return self.borders[max(edge for edge in self.borders if edge <= bar)]

    def beat_of_bar(self, bar: int) -> int:
        """The number of the beat that a bar begins with."""
        return self._beat_near(self.starts[bar])

    def beats_from(self, bar: int, count: int) -> list[float]:
        """So many beats from a bar on, and the one after them; beyond the last one at the tempo found there."""
        first = self.beat_of_bar(bar)
        found = self.beats[first : first + count + 1]
        step = self.beats[-1] - self.beats[-2]
        return [*found, *(self.beats[-1] + (n + 1) * step for n in range(count + 1 - len(found)))]

    def starts_of(self, bar: int) -> float:
        """Where a bar begins by the beats that are played."""
        if not self.song.beats:
            return self.starts[bar]
        beat = self.beat_of_bar(bar)
        return self.beats[beat] if abs(self.beats[beat] - self.starts[bar]) < self.bar_seconds / 4 else self.starts[bar]

    def _beat_near(self, seconds: float) -> int:
        beats = self.song.beats
        after = bisect_left(beats, seconds)
        return min((n for n in (after - 1, after) if 0 <= n < len(beats)), key=lambda n: abs(beats[n] - seconds))

    def _bar_near(self, seconds: float) -> int | None:
        after = bisect_left(self.starts, seconds)
        near = [n for n in (after - 1, after) if 0 <= n < self.bars]
        if not near:
            return None
        bar = min(near, key=lambda n: abs(self.starts[n] - seconds))
        return bar if abs(self.starts[bar] - seconds) < _NEAR_BAR * self.bar_seconds else None


def _is_without_voice(label: str) -> bool:
    return label.lower().split(" ")[0] in _WITHOUT_VOICE
