"""Words on a melody: each syllable on a note, stress on strong beats, nothing left out.

Notes are in beats from the beginning of the song. Where a phrase has more notes than its line has syllables, a syllable
is held (`-`) over weak notes, stressed ones rather than others; where it has fewer, notes are shared, long ones first,
and a remark says so. The best of all ways is found by dynamic programming, as in singing synthesis from scores.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from ripieno.contracts.generation import SungNote
from ripieno.contracts.lyrics import MOST_LINE_SYLLABLES, LinePattern, LyricLine, LyricSyllable, TimedLine, TimedWord
from ripieno.music.timeline import Timeline

MELISMA = "-"
_BREATH = 0.5  # beats of silence that end a phrase
_LONGEST_PHRASE = 16  # notes
_HALF, _ON_BEAT, _OFF_BEAT = 2, 1, 0
_DOWNBEAT = 3
_HELD, _HELD_UNSTRESSED, _HELD_STRONG = 0.6, 0.4, 1.2
_SHARED, _SHARED_SHORT = 1.5, 1.0
_STRESS_ON_WEAK, _STRONG_WITHOUT = 0.5, 1.2
_TOUCH = 1e-6


@dataclass(frozen=True)
class MelodyNote:
    """A note of the vocal melody: `start` and `length` in beats, a MIDI `pitch`."""

    start: float
    length: float
    pitch: float


@dataclass(frozen=True)
class SungBeat:
    """A note with its syllable, in beats; `-` holds the one before, a trailing hyphen says that the word goes on."""

    start: float
    length: float
    pitch: float
    syllable: str


@dataclass
class SetLine:
    """A line as it is sung."""

    text: str
    notes: list[SungBeat]


@dataclass
class Setting:
    """Every line that is sung; `remarks` say where notes are shared, lines share a phrase, or a phrase has no words."""

    lines: list[SetLine] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)

    @property
    def notes(self) -> list[SungBeat]:
        return [note for line in self.lines for note in line.notes]


def phrases_of(melody: Sequence[MelodyNote]) -> list[list[MelodyNote]]:
    """A melody cut at its breaths, for one that comes without phrase boundaries."""
    ordered = sorted(melody, key=lambda note: note.start)
    found = [[ordered[0]]] if ordered else []
    for before, note in pairwise(ordered):
        if note.start - (before.start + before.length) >= _BREATH or len(found[-1]) >= _LONGEST_PHRASE:
            found.append([])
        found[-1].append(note)
    return found


def weight(beat: float, beats_per_bar: int) -> int:
    """How strong a place in the bar is: 3 on the downbeat, 2 in the middle of an even bar, 1 on a beat, 0 off it."""
    place = beat % beats_per_bar
    if min(place, beats_per_bar - place) < _TOUCH:
        return _DOWNBEAT
    if beats_per_bar % 2 == 0 and beats_per_bar > 2 and abs(place - beats_per_bar / 2) < _TOUCH:
        return _HALF
    return _ON_BEAT if abs(place - round(place)) < _TOUCH else _OFF_BEAT


def pattern_of(phrase: Sequence[MelodyNote], beats_per_bar: int) -> LinePattern:
    """What a line needs to fit a phrase: a syllable a note, stress where one begins on a strong beat, else on a beat.

    Raises
    ------
    ValueError
        For a phrase without notes.
    """
    if not phrase:
        raise ValueError("a phrase without notes has no syllables: give at least one note")
    notes = sorted(phrase, key=lambda note: note.start)[:MOST_LINE_SYLLABLES]
    weights = [weight(note.start, beats_per_bar) for note in notes]
    least = _HALF if max(weights) >= _HALF else _ON_BEAT
    strong = [n for n, one in enumerate(weights) if one >= least]
    apart = [n for n in strong if n == 0 or n - 1 not in strong or weights[n] > weights[n - 1]]
    return LinePattern(syllables=len(notes), strong=apart)


def set_line(line: LyricLine, phrase: Sequence[MelodyNote], beats_per_bar: int) -> tuple[SetLine, list[str]]:
    """One line on one phrase, and what there is to remark.

    Raises
    ------
    ValueError
        For a line without syllables or a phrase without notes.
    """
    if not line.syllables:
        raise ValueError(f"{line.text!r} has nothing to sing: give words")
    if not phrase:
        raise ValueError(f"there are no notes to sing {line.text!r} on")
    notes = sorted(phrase, key=lambda note: note.start)
    shares = _shares(line.syllables, notes, beats_per_bar)
    sung: list[SungBeat] = []
    for note, syllables in zip(notes, shares, strict=True):
        step = note.length / max(1, len(syllables))
        if not syllables:
            sung.append(SungBeat(note.start, note.length, note.pitch, MELISMA))
        for n, one in enumerate(syllables):
            sung.append(SungBeat(note.start + n * step, step, note.pitch, one.text))
    shared = [note.start for note, syllables in zip(notes, shares, strict=True) if len(syllables) > 1]
    remarks = []
    if shared:
        places = ", ".join(f"{beat:g}" for beat in shared)
        remarks.append(
            f"{line.text!r} has {len(line.syllables)} syllables for {len(notes)} notes: "
            f"those at beat {places} are shared"
        )
    return SetLine(line.text, sung), remarks


def set_lines(lines: Sequence[LyricLine], phrases: Sequence[Sequence[MelodyNote]], beats_per_bar: int) -> Setting:
    """Line after line, phrase after phrase. More lines than phrases share them; phrases too many stay without words."""
    lines = [line for line in lines if line.syllables]
    phrases = [phrase for phrase in phrases if phrase]
    setting = Setting()
    if lines and not phrases:
        raise ValueError("there are no notes to sing the lines on: give a melody")
    for number, phrase in enumerate(phrases[: len(lines)]):
        begin, end = (k * len(lines) // min(len(phrases), len(lines)) for k in (number, number + 1))
        line = _joined(lines[begin:end])
        if end - begin > 1:
            setting.remarks.append(f"{end - begin} lines share the phrase at beat {phrase[0].start:g}: {line.text!r}")
        found, remarks = set_line(line, phrase, beats_per_bar)
        setting.lines.append(found)
        setting.remarks += remarks
    for phrase in phrases[len(lines) :]:
        setting.remarks.append(f"the phrase at beat {phrase[0].start:g} has no words")
    return setting


def by_phrase(lines: Sequence[LyricLine], phrases: int) -> list[LyricLine]:
    """At most so many lines: more than there are phrases share them, as `set_lines` has it."""
    lines = [line for line in lines if line.syllables]
    if len(lines) <= phrases:
        return lines
    return [_joined(lines[k * len(lines) // phrases : (k + 1) * len(lines) // phrases]) for k in range(phrases)]


def sung_notes(setting: Setting, timeline: Timeline, *, start: float = 0.0) -> list[SungNote]:
    """The notes in seconds after `start` (seconds of the song), as the singing engine takes them."""
    return [
        SungNote(
            start=max(0.0, timeline.at(note.start) - start),
            end=timeline.at(note.start + note.length) - start,
            pitch=note.pitch,
            syllable=note.syllable,
        )
        for note in setting.notes
    ]


def timed_lines(setting: Setting, timeline: Timeline) -> list[TimedLine]:
    """When each line and word is sung, in seconds."""
    return [_timed(line, timeline) for line in setting.lines]


# -- parts --------------------------------------------------------------------------------------------------------


def _shares(
    syllables: Sequence[LyricSyllable], notes: Sequence[MelodyNote], beats_per_bar: int
) -> list[list[LyricSyllable]]:
    """The syllables of each note, none for a note that goes on with the one before."""
    weights = [weight(note.start, beats_per_bar) for note in notes]
    many, few = len(syllables), len(notes)
    most = max(1, many - few + 1)
    best: list[list[tuple[float, int]]] = [[(float("inf"), 0)] * (many + 1) for _ in range(few + 1)]
    best[0][0] = (0.0, 0)
    for place in range(few):
        for done in range(many + 1):
            cost = best[place][done][0]
            if cost == float("inf"):
                continue
            for take in range(min(most, many - done) + 1):
                if take == 0 and (place == 0 or done == 0):
                    continue
                here = cost + _cost(syllables, done, take, weights[place], notes[place].length)
                if here < best[place + 1][done + take][0]:
                    best[place + 1][done + take] = (here, take)
    shares: list[list[LyricSyllable]] = []
    done = many
    for place in range(few, 0, -1):
        take = best[place][done][1]
        shares.append(list(syllables[done - take : done]))
        done -= take
    return shares[::-1]


def _cost(syllables: Sequence[LyricSyllable], done: int, take: int, strength: int, length: float) -> float:
    if take == 0:
        held = syllables[done - 1]
        return _HELD + _HELD_UNSTRESSED * (1 - held.stress) + _HELD_STRONG * (strength >= _HALF)
    stress = syllables[done].stress
    if strength >= _HALF:
        cost = 0.0 if stress else _STRONG_WITHOUT
    else:
        cost = _STRESS_ON_WEAK * (1 - strength / 2) * stress
    return cost + (take - 1) * (_SHARED + _SHARED_SHORT / max(length, 0.1)) + 0.5 * max(0, take - 2) ** 2


def _joined(lines: Sequence[LyricLine]) -> LyricLine:
    if len(lines) == 1:
        return lines[0]
    return LyricLine(
        text=", ".join(line.text for line in lines), syllables=[one for line in lines for one in line.syllables]
    )


def _timed(line: SetLine, timeline: Timeline) -> TimedLine:
    spans: list[tuple[float, float, str]] = []
    goes_on = False
    for note in line.notes:
        end = note.start + note.length
        if note.syllable == MELISMA:
            spans[-1] = (spans[-1][0], end, spans[-1][2])
            continue
        letters = note.syllable.removesuffix(MELISMA)
        if goes_on:
            spans[-1] = (spans[-1][0], end, spans[-1][2] + letters)
        else:
            spans.append((note.start, end, letters))
        goes_on = note.syllable.endswith(MELISMA)
    words = [
        TimedWord(start=max(0.0, timeline.at(a)), end=max(0.0, timeline.at(b)), text=text)
        for a, b, text in _as_written(spans, line.text)
    ]
    return TimedLine(start=words[0].start, end=words[-1].end, text=line.text, words=words)


def _as_written(spans: Sequence[tuple[float, float, str]], text: str) -> list[tuple[float, float, str]]:
    """Words with their punctuation: what stands between two spaces of the line is one."""
    found: list[tuple[float, float, str]] = []
    waiting = list(spans)
    for token in text.split():
        inside: list[tuple[float, float, str]] = []
        at = 0
        while waiting and (place := token.find(waiting[0][2], at)) >= 0:
            at = place + len(waiting[0][2])
            inside.append(waiting.pop(0))
        if inside:
            found.append((inside[0][0], inside[-1][1], token))
        elif found:
            found[-1] = (found[-1][0], found[-1][1], f"{found[-1][2]} {token}")
    return found + waiting
