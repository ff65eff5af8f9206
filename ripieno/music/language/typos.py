"""Slips of the pen: a word that nobody knows is read as the one it is a slip away from (`Refrian`, `everthing`).

A slip is a letter too many or too few, or two that changed places; in the names of parts, instruments and sections
another letter too, which in other words would too often make one word of another (`sampler`, `simpler`). Only words of
six letters and more are read so, and the first letter has to be right. What may be a negator misspelt is only doubted.
"""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

from ripieno.music.language.lexicon import DOUBT, lexicon
from ripieno.music.language.tokens import Token

_SHORTEST = 6
_NAMES = frozenset({"part", "instrument", "absent", "section"})
_NEGATORS = frozenset({"not", "no", "remove"})


def corrected(said: list[Token], language: str) -> list[Token]:
    """The tokens, where a word is not known with the word that was meant."""
    known = lexicon(language).vocabulary
    return [
        replace(one, word=_meant(one.word, language))
        if one.kind == "word" and len(one.word) >= _SHORTEST - 1 and one.word not in known
        else one
        for one in spelt(said, language)
    ]


def spelt(said: list[Token], language: str) -> list[Token]:
    """The tokens, with words that are often written otherwise (`dont`, `pa`) as the dictionary has them."""
    spellings = lexicon(language).spellings
    return [replace(one, word=spellings[one.word]) if one.word in spellings else one for one in said]


@lru_cache(maxsize=4096)
def _meant(word: str, language: str) -> str:
    slips = _slips(language)
    near = {one for form in (word, *_shorter(word)) for one in slips.get(form, ()) if one[0] == word[0]}
    readings = _readings(language)
    fitting = [one for one in near if _is_slip(word, one) or (_is_name(one, language) and _differ(word, one))]
    if len({readings.get(one, frozenset()) for one in fitting}) != 1:
        return word
    meant = min(fitting)
    return DOUBT if {role for role, _ in readings.get(meant, ())} & _NEGATORS else meant


def _is_slip(word: str, meant: str) -> bool:
    """A letter too many, too few, or two that changed places."""
    if len(word) != len(meant):
        longer, shorter = sorted((word, meant), key=len, reverse=True)
        return shorter in _shorter(longer)
    apart = [n for n in range(len(word)) if word[n] != meant[n]]
    return (
        len(apart) == 2
        and apart[1] == apart[0] + 1
        and word[apart[0]] == meant[apart[1]]
        and (word[apart[1]] == meant[apart[0]])
    )


def _differ(word: str, meant: str) -> bool:
    return len(word) == len(meant) and sum(a != b for a, b in zip(word, meant, strict=True)) == 1


def _shorter(word: str) -> list[str]:
    return [word[:n] + word[n + 1 :] for n in range(len(word))]


@lru_cache(maxsize=4)
def _slips(language: str) -> dict[str, tuple[str, ...]]:
    """The long words of a language by themselves, and by themselves without one letter."""
    found: dict[str, list[str]] = {}
    for word in sorted(lexicon(language).vocabulary):
        if len(word) >= _SHORTEST and word.isalpha():
            for form in (word, *_shorter(word)):
                found.setdefault(form, []).append(word)
    return {form: tuple(words) for form, words in found.items()}


@lru_cache(maxsize=4)
def _readings(language: str) -> dict[str, frozenset[tuple[str, str]]]:
    """What a word may do by itself; for the words of phrases nothing."""
    found = lexicon(language).by_word
    return {
        word: frozenset((one.role, one.value) for one in entries if len(one.words) == 1 and not one.after)
        for word, entries in found.items()
    }


def _is_name(word: str, language: str) -> bool:
    return any(one.role in _NAMES for one in lexicon(language).by_word.get(word, ()))
