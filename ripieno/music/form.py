"""Parts of a song by the names that musicians give them: `chorus`, `second chorus`, `2nd chorus`, `chorus 2`,
`last chorus`, `chorus last`. Case, hyphens and a leading `the` do not matter."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

_NUMBERS = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
_ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")
_FIGURE = re.compile(r"#?(\d{1,3})(?:st|nd|rd|th)?")
LAST = -1


def number(word: str) -> int | None:
    """Which one a word says, counted from 1, `LAST` for the last; None for a word that says no number."""
    for words in (_ORDINALS, _NUMBERS):
        if word in words:
            return words.index(word) + 1
    if word in ("last", "final"):
        return LAST
    figure = _FIGURE.fullmatch(word)
    return int(figure[1]) if figure else None


def find(name: str, labels: Sequence[str]) -> int | None:
    """The place among a song's sections of the one that is meant, the first where no number is said; None for none."""
    words = name.lower().replace("-", " ").split()
    words = words[1:] if words[:1] == ["the"] else words
    readings = [(words, 1)]
    for word, rest in ((words[-1:], words[:-1]), (words[:1], words[1:])):
        if word and rest and (which := number(word[0])) is not None:
            readings.append((rest, which))
    for rest, which in readings:
        places = [place for place, label in enumerate(labels) if _same(label, rest)]
        if places and which <= len(places) and which != 0:
            return places[which - 1] if which > 0 else places[LAST]
    return None


def numbered(labels: Sequence[str]) -> list[str]:
    """Every section by a name that finds it: those of a kind with their numbers."""
    total, seen = Counter(labels), Counter[str]()
    named = []
    for label in labels:
        seen[label] += 1
        named.append(f"{label} {seen[label]}" if total[label] > 1 else label)
    return named


def _same(label: str, words: list[str]) -> bool:
    return "".join(label.lower().replace("-", " ").split()) == "".join(words)
