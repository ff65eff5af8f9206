"""Every voice behind the lead: what it sings, in beats, and in seconds as a singing engine takes it."""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import dataclass, field

from ripieno.contracts.composition import BackingWay, Context
from ripieno.contracts.generation import BackingPart, SungNote
from ripieno.music.composing import contexts, singing
from ripieno.music.composing.backing import answers, calls, harmony, pads, placing
from ripieno.music.conditioning import SectionSpan
from ripieno.music.genres.blending import Blend
from ripieno.music.lyrics.setting import SetLine, SungBeat
from ripieno.music.timeline import Timeline

_FEW, _MORE = 2, 3  # voices of a pad
_FULL = 0.6  # of energy
_MOST_CALLS = 3  # in a section


@dataclass
class Voice:
    """One voice: in which `way` it sings, and its notes in order."""

    way: BackingWay
    notes: list[SungBeat] = field(default_factory=list)


def voices(context: Context, style: Blend) -> list[Voice]:
    """All voices behind the lead, those of a pad the lowest first; none where nobody leads."""
    if singing.singer(context) is None or not any(placing.ways_of(one) for one in context.sections):
        return []
    writing = _Writing(context, style)
    for number in range(len(context.sections)):
        writing.section(number)
    return [one for one in writing.found.values() if one.notes]


def parts(context: Context, style: Blend) -> list[BackingPart]:
    """All voices in seconds."""
    timeline = contexts.conditioning_of(context).timeline
    return [
        BackingPart(way=one.way, notes=[_in_seconds(note, timeline) for note in one.notes])
        for one in voices(context, style)
    ]


# -- parts --------------------------------------------------------------------------------------------------------


class _Writing:
    """The voices of a piece, written section by section."""

    def __init__(self, context: Context, style: Blend):
        self._context, self._music = context, contexts.conditioning_of(context)
        self._behind = placing.of_style(style.leading.name)
        self._lines = [line for line in singing.sung(context, style).lines if line.notes]
        self._lead = [note for line in self._lines for note in line.notes]
        self.found: dict[tuple[BackingWay, int], Voice] = {}

    def section(self, number: int) -> None:
        section, span = self._context.sections[number], self._music.sections[number]
        ways = placing.ways_of(section)
        lines = [line for line in self._lines if span.start - 1e-6 <= line.notes[0].start < span.end - 1e-6]
        self._with_the_words(ways, lines)
        if "pad" in ways:
            self._pad(span, placing.energy_of(section))
        if lines and {"answer", "ad-libs"} & set(ways):
            self._in_the_gaps(ways, lines, span.end, random.Random(f"{self._context.seed} calls {number}"))

    def _add(self, way: BackingWay, several: Iterable[list[SungBeat]]) -> None:
        for number, notes in enumerate(several):
            self.found.setdefault((way, number), Voice(way)).notes.extend(notes)

    def _with_the_words(self, ways: list[BackingWay], lines: list[SetLine]) -> None:
        for line in lines:
            beside: list[list[SungBeat]] = []
            for way in ways:
                notes = harmony.line(line.notes, way, self._music, beside) if way in placing.WITH_THE_WORDS else []
                if notes:
                    beside.append(notes)
                    self._add(way, [notes])

    def _pad(self, span: SectionSpan, energy: float) -> None:
        vowel = placing.vowel(self._context.language, is_calm=energy < _FULL)
        count = _FEW if energy < _FULL else _MORE
        self._add("pad", pads.voices(self._music, span, self._lead, count=count, vowel=vowel))

    def _in_the_gaps(self, ways: list[BackingWay], lines: list[SetLine], end: float, rng: random.Random) -> None:
        """Answers behind each line that has room for one, calls in some of the gaps that are left."""
        highest = max(note.pitch for line in lines for note in line.notes)
        called = 0
        for number, (line, gap) in enumerate(zip(lines, answers.gaps(lines, end), strict=True)):
            answered = answers.answer(line, gap, self._lead, self._music) if "answer" in ways else []
            if not answered and "answer" in ways and number % 2:
                answered = answers.answer(line, gap, self._lead, self._music, until=end)
            self._add("answer", answered)
            if answered or "ad-libs" not in ways or called >= _MOST_CALLS or rng.random() >= self._behind.call_share:
                continue
            notes = calls.call(gap, highest, self._music, self._behind.calls[self._context.language], rng)
            called += bool(notes)
            self._add("ad-libs", [notes])


def _in_seconds(note: SungBeat, timeline: Timeline) -> SungNote:
    return SungNote(
        start=max(0.0, timeline.at(note.start)),
        end=timeline.at(note.start + note.length),
        pitch=note.pitch,
        syllable=note.syllable,
    )
