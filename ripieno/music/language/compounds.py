"""German compounds of two words that are known: `Rocksong`, `Refrainbass`, `Jazzgitarre`."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

from ripieno.music.language.lexicon import lexicon
from ripieno.music.language.tokens import Token

_SHORTEST = 7
_LEAST = 3  # letters of a half
_FIRST = frozenset({"style", "part", "section", "instrument"})
_SECOND = frozenset({"part", "section", "instrument", "song", "style"})
_LINKS = ("", "n", "en", "s", "es")


def parted(said: list[Token], language: str) -> list[Token]:
    """The tokens, where a word is unknown but made of two known ones with these two."""
    if not lexicon(language).has_compounds:
        return said
    read: list[Token] = []
    for one in said:
        cut = _cut(one.word, language) if one.kind == "word" and one.end - one.start == len(one.word) else 0
        if not cut:
            read.append(one)
            continue
        first = next(one.word[: cut - len(link)] for link in _LINKS if _is(one.word[:cut], link, language))
        read.append(replace(one, word=first, end=one.start + cut))
        read.append(replace(one, word=one.word[cut:], start=one.start + cut))
    return read


@lru_cache(maxsize=4096)
def _cut(word: str, language: str) -> int:
    """Where the second word begins, 0 for a word that is no such compound."""
    if len(word) < _SHORTEST or word in lexicon(language).vocabulary:
        return 0
    for cut in range(len(word) - _LEAST, _LEAST - 1, -1):
        is_first = any(_is(word[:cut], link, language) for link in _LINKS)
        if is_first and _SECOND & _roles(word[cut:], language):
            return cut
    return 0


def _is(half: str, link: str, language: str) -> bool:
    first = half[: len(half) - len(link)]
    named = any(one.value == "occasion" for one in lexicon(language).by_word.get(first, ()))  # `Geburtstagslied`
    return half.endswith(link) and (named or bool(_FIRST & _roles(first, language)))


def _roles(word: str, language: str) -> set[str]:
    found = lexicon(language).by_word.get(word, ())
    return {one.role for one in found if len(one.words) == 1 and not one.after}
