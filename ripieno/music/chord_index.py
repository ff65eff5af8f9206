"""Chords and sections as words, by which songs are searched: which ones follow each other.

A chord's word is its pitch class and whether it is major or minor (`07M`), as in mir_eval's majmin vocabulary: sevenths
and basses are left out, C# is Db. What has neither third is counted by what it most often stands for: sus and power
chords as major, augmented as major, diminished as minor. A section's word is its label in lower case. Words are of a
fixed width or end in a comma, so that a sequence of them is found by the beginning of a longer one.
"""

from __future__ import annotations

import re
from itertools import pairwise

from ripieno.music.chord import parse

MOST_WORDS = 32
_WORD = re.compile(r"\d\d[mM]|[a-z -]+,")
_LABEL = re.compile(r"^[a-z][a-z -]{0,30}$")


def tokens(chords: list[str]) -> list[str]:
    """The words of a song's chords (Harte syntax), without repetitions and silences."""
    words = [word for name in chords if (word := _word(name))]
    return words[:1] + [b for a, b in pairwise(words) if a != b]


def parse_query(text: str) -> list[str]:
    """The words of chords as people write them: `C, G, Am, F`, or `C:maj G:maj A:min`.

    Raises
    ------
    ValueError
        For what is no chord, or none at all.
    """
    names = [name for name in re.split(r"[,\s|]+", text.strip()) if name]
    if not 1 <= len(names) <= MOST_WORDS:
        raise ValueError(f"chords: give 1 to {MOST_WORDS} chords that follow each other, such as C, G, Am, F")
    found = tokens(names)
    if not found:
        raise ValueError("chords: N is no chord to search for: give some such as C, G, Am, F")
    return found


def form_tokens(labels: list[str]) -> list[str]:
    """The words of a song's sections."""
    return [f"{re.sub(r'[^a-z -]', '', label.lower()).strip()}," for label in labels]


def parse_form(text: str) -> list[str]:
    """The words of sections as people write them: `verse, chorus, bridge`.

    Raises
    ------
    ValueError
    """
    labels = [label.strip().lower() for label in text.split(",") if label.strip()]
    if not 1 <= len(labels) <= MOST_WORDS or not all(_LABEL.match(label) for label in labels):
        raise ValueError("form: give sections that follow each other, such as verse, chorus, bridge")
    return form_tokens(labels)


def joined(words: list[str]) -> str:
    return "".join(words)


def split(text: str) -> list[str]:
    """The words that were joined."""
    return _WORD.findall(text)


def windows(words: list[str], length: int) -> set[str]:
    """Every sequence of `length` words, and the shorter ones at the end, each once."""
    return {joined(words[start : start + length]) for start in range(len(words))}


def follow_each_other(words: list[str], query: list[str]) -> bool:
    return any(words[start : start + len(query)] == query for start in range(len(words) - len(query) + 1))


def _word(name: str) -> str | None:
    chord = parse(name)
    if chord is None:
        return None
    return f"{chord.root:02d}{'m' if chord.is_minor else 'M'}"
