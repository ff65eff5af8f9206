"""Syllables against strong beats: which stresses a line of one more or one less may have to fit a pattern, and which
patterns a melody asks for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from ripieno.contracts.lyrics import LinePattern, LyricSyllable


@dataclass(frozen=True)
class Reading:
    """A line of `syllables` of which those in `stressed` (bit n for syllable n) fall on strong beats.

    `held` is the note that no syllable begins on, `shared` the note that has two; None for none. `cost` is how far this
    is from a syllable a note."""

    syllables: int
    stressed: int
    cost: float
    held: int | None = None
    shared: int | None = None


_AT_THE_END, _WITHIN = 0.7, 1.6


@lru_cache(maxsize=4096)
def readings(syllables: int, strong: tuple[int, ...]) -> tuple[Reading, ...]:
    """The ways to sing a pattern, the plain one first: a syllable a note, one held over two, one note shared by two."""
    beats = sum(1 << place for place in strong)
    found = [Reading(syllables, beats, 0.0)]
    for held in range(syllables - 1, 0, -1):
        if not beats >> held & 1:
            stressed = (beats & ((1 << held) - 1)) | (beats >> (held + 1) << held)
            found.append(Reading(syllables - 1, stressed, _AT_THE_END if held == syllables - 1 else _WITHIN, held=held))
    for shared in range(syllables - 1, -1, -1):
        low = beats & ((1 << (shared + 1)) - 1)
        stressed = low | (beats >> (shared + 1) << (shared + 2))
        cost = _AT_THE_END if shared == syllables - 1 else _WITHIN
        found.append(Reading(syllables + 1, stressed, cost, shared=shared))
    return tuple(found)


def fitting(pattern: LinePattern) -> tuple[Reading, ...]:
    return readings(pattern.syllables, tuple(sorted(set(pattern.strong))))


def best_reading(stress: Sequence[int], pattern: LinePattern) -> Reading | None:
    """How a line fits a pattern best: most strong beats on stress, then nearest to a syllable a note. None where it has
    two syllables more or less."""
    marks = sum(1 << n for n, one in enumerate(stress) if one)
    of_size = [one for one in fitting(pattern) if one.syllables == len(stress)]
    return min(of_size, key=lambda one: ((one.stressed & ~marks).bit_count(), one.cost), default=None)


def agreement(syllables: Sequence[LyricSyllable], pattern: LinePattern) -> tuple[int, int]:
    """Strong beats that fall on a stressed syllable, and all of them; none do where the line cannot be sung so."""
    asked = len(set(pattern.strong))
    stress = [one.stress for one in syllables]
    reading = best_reading(stress, pattern)
    if reading is None:
        return 0, asked
    marks = sum(1 << n for n, one in enumerate(stress) if one)
    return asked - (reading.stressed & ~marks).bit_count(), asked


def schemes(label: str, lines: int, variant: int) -> str:
    """A letter a line, `.` for a line that need not rhyme: AABB, ABAB or XAXA in fours, what is left over in pairs."""
    ways = {"chorus": (".A.A",), "bridge": ("AABB", "ABAB"), "verse": ("ABAB", "AABB", ".A.A")}
    choices = ways.get(label, ways["bridge"])
    four = choices[variant % len(choices)]
    return "".join(_letters(lines, four))


def _letters(lines: int, four: str) -> Iterator[str]:
    next_letter = 0
    for begin in range(0, lines, 4):
        size = min(4, lines - begin)
        shape = four if size == 4 else {1: ".", 2: "AA", 3: "A.A" if begin == 0 else "AAA"}[size]
        for one in shape:
            yield "." if one == "." else chr(ord("A") + next_letter + ord(one) - ord("A"))
        next_letter += len(set(shape) - {"."})
