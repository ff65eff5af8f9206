"""Where a written word is cut into syllables, once it is known which letters are its vowels."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

Nuclei = list[tuple[int, int]]
"""First letter and one past the last of each sounded vowel of a word."""


@dataclass(frozen=True)
class Rules:
    """A language's: the vowels of a word in small letters, which of them is stressed, and what begins a syllable."""

    nuclei: Callable[[str], Nuclei]
    stressed: Callable[[str, Nuclei], int]
    onsets: frozenset[str]


def cut(word: str, nuclei: Nuclei, onsets: frozenset[str]) -> list[str]:
    """As many consonants as can begin a syllable go to the vowel after them."""
    edges = [0]
    for (_, end), (begin, _) in pairwise(nuclei):
        between = word[end:begin].lower()
        take = min(1, len(between))
        for length in range(len(between), 1, -1):
            if between[-length:] in onsets:
                take = length
                break
        edges.append(begin - take)
    return [word[a:b] for a, b in zip(edges, [*edges[1:], len(word)], strict=True)]
