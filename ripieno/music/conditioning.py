"""What new music has to fit: the song's own beats, chords, key, sections, energy and tuning; or the same for no song.

All positions are beats of the timeline. A range is a stretch of those beats: what is written lies within it.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from functools import cached_property
from math import log10

from ripieno.music.chord import Chord, parse
from ripieno.music.timeline import Bar, Timeline

_NOT_AS_THE_REST = 0.25  # of energy: what lies so far below its section's mean is a bar of its own
_MAJOR, _MINOR = (0, 2, 4, 5, 7, 9, 11), (0, 2, 3, 5, 7, 8, 10)
DEFAULT_ENERGY = {
    "intro": 0.45, "verse": 0.6, "pre-chorus": 0.7, "chorus": 0.9, "bridge": 0.55, "solo": 0.8, "break": 0.3,
    "build": 0.7, "drop": 1.0, "outro": 0.45,
}  # fmt: skip


@dataclass(frozen=True)
class ChordSpan:
    start: float
    end: float
    chord: Chord | None


@dataclass(frozen=True)
class KeyAt:
    """A key from one beat to another: the tonic's pitch class, `major` or `minor`."""

    start: float
    end: float
    tonic: int
    mode: str

    @property
    def scale(self) -> tuple[int, ...]:
        """The pitch classes of the key."""
        return tuple((self.tonic + step) % 12 for step in (_MAJOR if self.mode == "major" else _MINOR))


@dataclass(frozen=True)
class SectionSpan:
    start: float
    end: float
    label: str


@dataclass(frozen=True)
class Conditioning:
    """`energy` is 0..1 for each bar of the timeline; `first`, `last` are the beats of the range; tuning is A4 in Hz.

    `tonic` and `mode` are the music's main key, `keys` all of them in order where it modulates. `styles` are genres
    with their weights, which sum to 1; none where nothing was said. `span` is from where to where audio for it goes, in
    seconds of the song: all of it, silence before the first beat included, where no part was chosen; None is the range
    itself. `remarks` are what who asked for the music should know. `bar_loudness` is that of the song,
    about, for each bar of the timeline in LUFS; none where there is no song or it was not measured. `kick` are the
    beats where a kick drum falls, `voice` the stretches in which somebody sings, where that is settled before others
    play.
    """

    timeline: Timeline
    chords: tuple[ChordSpan, ...]
    tonic: int
    mode: str
    sections: tuple[SectionSpan, ...]
    energy: tuple[float, ...]
    first: float
    last: float
    tuning: float = 440.0
    keys: tuple[KeyAt, ...] = ()
    styles: tuple[tuple[str, float], ...] = ()
    span: tuple[float, float] | None = None
    remarks: tuple[str, ...] = ()
    bar_loudness: tuple[float, ...] = ()
    kick: tuple[float, ...] = ()
    voice: tuple[tuple[float, float], ...] = ()

    @property
    def main_key(self) -> KeyAt:
        """The key that the range is in for longest."""
        known = [one for one in self.keys if one.end > self.first and one.start < self.last]
        if not known:
            return KeyAt(self.first, self.last, self.tonic, self.mode)
        return max(known, key=lambda one: min(one.end, self.last) - max(one.start, self.first))

    def key_at(self, beat: float) -> KeyAt:
        """The key at a beat; between two, and after the last, the one that was."""
        if not self.keys:
            return KeyAt(self.first, self.last, self.tonic, self.mode)
        return self.keys[max(0, bisect_right(self._key_starts, beat + 1e-6) - 1)]

    @property
    def start_seconds(self) -> float:
        """Where in the song its audio begins."""
        return self.span[0] if self.span else self.timeline.at(self.first)

    @property
    def end_seconds(self) -> float:
        return self.span[1] if self.span else self.timeline.at(self.last)

    @property
    def loudness(self) -> float | None:
        """How loud the song is in the range, in LUFS: of its bars that are not much quieter than the rest."""
        known = self.bar_loudness
        if not known:
            return None
        return integrated([known[min(bar.number, len(known) - 1)] for bar in self.bars()] or list(known))

    def chord_at(self, beat: float) -> Chord | None:
        span = self.span_at(beat)
        return span.chord if span else None

    def span_at(self, beat: float) -> ChordSpan | None:
        """The stretch of one chord that a beat lies in, None where there is none."""
        number = bisect_right(self._span_starts, beat + 1e-6) - 1
        return self.chords[number] if number >= 0 and beat < self.chords[number].end - 1e-6 else None

    @cached_property
    def _key_starts(self) -> list[float]:
        return [one.start for one in self.keys]

    @cached_property
    def _span_starts(self) -> list[float]:
        return [span.start for span in self.chords]

    def section_at(self, beat: float) -> SectionSpan:
        """The section at a beat; the last one after the end."""
        return next((one for one in self.sections if one.start - 1e-6 <= beat < one.end - 1e-6), self.sections[-1])

    def bars(self) -> list[Bar]:
        """The bars that begin within the range."""
        return [bar for bar in self.timeline.bars() if self.first - 1e-6 <= bar.first < self.last - 1e-6]

    def bar_of_section(self, bar: Bar) -> int:
        """Which bar of its section it is, from 0."""
        return round((bar.first - self.section_at(bar.first).start) / max(1, bar.beats))

    def energy_of(self, bar: Bar) -> float:
        return self.energy[min(bar.number, len(self.energy) - 1)]

    def fullness_of(self, bar: Bar) -> float:
        """The energy that says how full a bar is played: the lowest of its section, so that all of it is played alike
        and a change is heard where the next one begins; its own where it lies far from the rest."""
        return min(self.energy_of(bar), self._lowest[self._section_number(bar)])

    def _section_number(self, bar: Bar) -> int:
        return max(0, bisect_right([one.start for one in self.sections], bar.first + 1e-6) - 1)

    @cached_property
    def _lowest(self) -> list[float]:
        """Of each section the lowest energy of its bars that lies near their mean."""
        energies: list[list[float]] = [[] for _ in self.sections]
        for bar in self.timeline.bars():
            energies[self._section_number(bar)].append(self.energy_of(bar))
        means = [sum(those) / max(1, len(those)) for those in energies]
        return [
            min((one for one in those if one > mean - _NOT_AS_THE_REST), default=mean)
            for those, mean in zip(energies, means, strict=True)
        ]


def integrated(levels: list[float]) -> float:
    """The mean power of levels in dB, less those 10 dB below it (the gate of ITU-R BS.1770), in dB."""
    power = [10 ** (level / 10) for level in levels]
    gate = sum(power) / len(power) / 10
    heard = [one for one in power if one >= gate]
    return 10 * log10(sum(heard) / len(heard))


def free_standing(
    *,
    bpm: float,
    chord_progression: list[str],
    duration_seconds: float,
    beats_per_bar: int = 4,
    compound: bool = False,
    form: tuple[tuple[str, int], ...] = (),
    tuning: float = 440.0,
) -> Conditioning:
    """For music without a song: a chord a bar, again and again, in sections of eight bars or those of `form`.

    Raises
    ------
    ValueError
        For a tempo, length or chord that cannot be.
    """
    if not 30 <= bpm <= 300:
        raise ValueError(f"{bpm:g} bpm is no tempo to play at: choose 30 to 300")
    if not 0 < duration_seconds <= 3600:
        raise ValueError(f"{duration_seconds:g} s is no length: choose up to an hour")
    chords = [parse(name) for name in chord_progression]
    if not any(chords):
        raise ValueError("chord_progression holds no chord: give some, such as C, Am, F, G7")
    last = duration_seconds * bpm / 60.0
    bars = int(-(-last // beats_per_bar))
    timeline = Timeline.steady(bpm, bars + 1, beats_per_bar, compound=compound)
    spans = tuple(
        ChordSpan(number * beats_per_bar, (number + 1) * beats_per_bar, chords[number % len(chords)])
        for number in range(bars + 1)
    )
    sections: list[SectionSpan] = []
    bar = 0
    while bar <= bars:
        label, length = form[len(sections) % len(form)] if form else (("verse", "chorus")[len(sections) % 2], 8)
        sections.append(SectionSpan(bar * beats_per_bar, (bar + length) * beats_per_bar, label))
        bar += length
    energy = tuple(
        DEFAULT_ENERGY.get(next(one.label for one in sections if number * beats_per_bar < one.end), 0.6)
        for number in range(bars + 1)
    )
    tonic, mode = likely_key([chord for chord in chords if chord])
    return Conditioning(timeline, spans, tonic, mode, tuple(sections), energy, 0.0, last, tuning)


def likely_key(chords: list[Chord]) -> tuple[int, str]:
    """The key that holds most of the chords' tones, the first chord's where several do."""
    first = chords[0]

    def fit(tonic: int, mode: str) -> tuple[int, bool, bool]:
        scale = {(tonic + step) % 12 for step in (_MAJOR if mode == "major" else _MINOR)}
        inside = sum(tone in scale for chord in chords for tone in chord.pitch_classes)
        return inside, tonic == first.root and (mode == "minor") == first.is_minor, mode == "major"

    return max(((tonic, mode) for tonic in range(12) for mode in ("major", "minor")), key=lambda key: fit(*key))
