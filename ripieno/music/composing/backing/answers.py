"""Call and answer: the last words of a line again in the gap behind it, moved onto the chord that sounds there.

Where the lead holds its last tone, the answer begins under it; where it goes on at once, the answer of every other line
runs on under the next.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from ripieno.music.composing.backing import harmony, tones
from ripieno.music.conditioning import Conditioning
from ripieno.music.lyrics.setting import MELISMA, SetLine, SungBeat

_AFTER, _BEFORE = 0.25, 0.1  # beats between the lead and its answer
_MOST_NOTES, _MOST_WORDS = 5, 3
_LEAST, _LAST, _ENDS = 0.15, 0.4, 0.9  # beats: of any note, of the last, of the last where there is room
_LONGEST_LAST = 2.0  # beats
_HELD, _HEARD = 1.5, 1.0  # beats of a last tone that is answered while it sounds, and from where on
_UNDER = 3  # semitones
_RUNS_ON = 2.0  # beats

Gap = tuple[float, float]


def gaps(lines: Sequence[SetLine], end: float) -> list[Gap]:
    """The stretch behind each line in which nobody sings, to the next line or to the `end`; beats."""
    ends = [line.notes[-1].start + line.notes[-1].length for line in lines]
    after = [line.notes[0].start for line in lines[1:]] + [end]
    return [(until + _AFTER, min(begins, end) - _BEFORE) for until, begins in zip(ends, after, strict=True)]


def answer(
    line: SetLine, gap: Gap, lead: Sequence[SungBeat], music: Conditioning, *, until: float | None = None
) -> list[list[SungBeat]]:
    """A line's last words as two voices sing them again, the lower one a third below; nothing where none fit.

    Parameters
    ----------
    lead : all that the lead sings, under which they stay
    until : to where they may run on under its next line; they do not where it is None
    """
    last = line.notes[-1]
    begins = last.start + _HEARD if last.length >= _HELD else gap[0]
    ends = gap[1] if until is None else max(gap[1], min(gap[1] + _RUNS_ON, until))
    for words in _endings(line.notes):
        upper = _moved(words, (begins, ends), lead, music)
        if upper:
            lower = harmony.line(upper, "third below", music) or harmony.line(upper, "third above", music)
            return [upper, lower] if lower else [upper]
    return []


def unit(music: Conditioning) -> float:
    """Of what things in this meter begin on, in beats."""
    return 1 / 3 if music.timeline.compound else 0.5


def _endings(notes: Sequence[SungBeat]) -> list[list[SungBeat]]:
    """The last words of a line, several first, fewer then."""
    starts = [0]
    for number, (before, note) in enumerate(pairwise(notes), start=1):
        is_new = note.syllable != MELISMA and not _goes_on(notes, number) and before is not note
        starts += [number] if is_new else []
    found = [list(notes[start:]) for start in starts[-_MOST_WORDS:]]
    return [one for one in found if len(one) <= _MOST_NOTES]


def _goes_on(notes: Sequence[SungBeat], number: int) -> bool:
    """Whether a note is within a word: the syllable before it ends with a hyphen."""
    before = next((one.syllable for one in reversed(notes[:number]) if one.syllable != MELISMA), "")
    return before.endswith(MELISMA)


def _moved(words: Sequence[SungBeat], gap: Gap, lead: Sequence[SungBeat], music: Conditioning) -> list[SungBeat]:
    """The same words later, on the same part of the beat, each on the tone nearest to its own, below what the lead
    sings meanwhile; nothing where it does not fit."""
    step = unit(music)
    first = words[0].start
    shift = step * -(-(gap[0] - first) // step)
    found: list[SungBeat] = []
    for place, note in enumerate(words):
        start = note.start + shift
        is_last = place + 1 == len(words)
        length = min(max(note.length, _ENDS) if is_last else note.length, _LONGEST_LAST, gap[1] - start)
        if length < (_LAST if is_last else _LEAST):
            return []
        over = [one.pitch for one in lead if one.start < start + length and one.start + one.length > start]
        high = round(min(over)) - _UNDER if over else tones.HIGHEST
        pitch = tones.nearest(note.pitch, tones.fitting(music, start, length), high=high)
        if pitch is None:
            return []
        found.append(SungBeat(start, length, float(pitch), note.syllable))
    return found
