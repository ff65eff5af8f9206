"""Syllables and stress of any words in English, German, Spanish and French, by rule.

`spelling.json` holds what the rules do not know: words that are divided otherwise (`a-WAY`: the stressed syllable in
capitals) and those that are not stressed in a line. Monosyllables carry stress unless they are such small words. Longer
words carry further stress two syllables before their own, as singers do (`CO-ra-ZÓN`). Other writing systems count a
syllable for each ideograph, or one a word.
"""

from __future__ import annotations

import json
import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from pathlib import Path

from ripieno.contracts.lyrics import LyricSyllable
from ripieno.music.lyrics import english, french, german, spanish
from ripieno.music.lyrics.division import Nuclei, cut

LANGUAGES = ("en", "de", "es", "fr")
_RULES = {"en": english.RULES, "de": german.RULES, "es": spanish.RULES, "fr": french.RULES}
_WORD = re.compile(r"(?:[^\W_]['’])?est-ce\b|[^\W_]+(?:['’][^\W_]+)*['’]?|['’][^\W_]+", re.UNICODE)
_IDEOGRAPHS = "\u2e80"


@dataclass(frozen=True)
class Word:
    """A word of a line as it is written there, and what is sung of it."""

    text: str
    syllables: tuple[str, ...]
    stress: tuple[int, ...]


def of_line(text: str, language: str) -> list[Word]:
    """The words of a line. What has no letters is no word; an elided word (`l'`) belongs to the one after it.

    Raises
    ------
    ValueError
        For a language without rules.
    """
    if language not in LANGUAGES:
        raise ValueError(f"there are no syllable rules for the language {language!r}: use {', '.join(LANGUAGES)}")
    text = unicodedata.normalize("NFC", text)
    found = []
    for match in _WORD.finditer(text):
        syllables, stress = _of_word(match[0], language)
        if syllables:
            found.append(Word(match[0], syllables, stress))
    return found


def written(words: list[Word]) -> list[LyricSyllable]:
    """Syllables in the writing of the contracts."""
    return [
        LyricSyllable(text=part + ("-" if place + 1 < len(word.syllables) else ""), stress=1 if stress else 0)
        for word in words
        for place, (part, stress) in enumerate(zip(word.syllables, word.stress, strict=True))
    ]


@lru_cache(maxsize=20000)
def _of_word(text: str, language: str) -> tuple[tuple[str, ...], tuple[int, ...]]:
    rules, spelling = _RULES[language], _spelling()[language]
    plain = text.lower().replace("’", "'").strip("'")
    if not plain:
        return (), ()
    owner = plain.removesuffix("'s")
    if owner != plain and owner in spelling.divided:
        parts, stress = _of_word(text[: -2 - len(text) + len(text.rstrip("'’"))], language)
        return (*parts[:-1], parts[-1] + text[len("".join(parts)) :]), stress
    if plain in spelling.divided:
        lengths, stressed = spelling.divided[plain]
        edges = [sum(lengths[:n]) for n in range(len(lengths) + 1)]
        offset = len(text) - len(text.lstrip("'’"))
        edges = [0, *(edge + offset for edge in edges[1:-1]), len(text)]
        parts = tuple(text[a:b] for a, b in pairwise(edges))
        return parts, _further(stressed, len(parts)) if plain not in spelling.small else (0,) * len(parts)
    if max(text) >= _IDEOGRAPHS:
        return tuple(text), (1,) * len(text)
    nuclei: Nuclei = rules.nuclei(plain) if len(text) == len(plain) else rules.nuclei(text.lower().replace("’", "'"))
    if not nuclei:
        parts = tuple(text) if text.isdigit() else (text,)
        return parts, (1,) * len(parts)
    parts = tuple(cut(text, nuclei, rules.onsets))
    if plain in spelling.small:
        return parts, (0,) * len(parts)
    if len(parts) == 1:
        head, _, tail = plain.rpartition("'")
        small = language in ("fr", "es") and bool(head) and tail in spelling.small
        return parts, (0 if small else 1,)
    return parts, _further(min(rules.stressed(plain, nuclei), len(parts) - 1), len(parts))


def _further(stressed: int, count: int) -> tuple[int, ...]:
    """Stress on a syllable, and on every second one before it."""
    return tuple(int(n <= stressed and (stressed - n) % 2 == 0) for n in range(count))


@dataclass(frozen=True)
class _Spelling:
    """`divided` are the lengths of a word's syllables in letters and which of them is stressed."""

    divided: dict[str, tuple[tuple[int, ...], int]]
    small: frozenset[str]


@lru_cache(maxsize=1)
def _spelling() -> dict[str, _Spelling]:
    read = json.loads(Path(__file__).with_name("spelling.json").read_text(encoding="utf-8"))
    found = {}
    for language in LANGUAGES:
        divided = {}
        for written_word in " ".join(read[language]["divided"]).split():
            parts = written_word.split("-")
            capitals = [n for n, part in enumerate(parts) if part.isupper()]
            if len(capitals) != 1:
                raise ValueError(f"spelling.json: {written_word} needs one syllable in capitals")
            divided["".join(parts).lower()] = (tuple(len(part) for part in parts), capitals[0])
        found[language] = _Spelling(divided, frozenset(" ".join(read[language]["small"]).split()))
    return found
