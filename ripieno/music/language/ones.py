"""Instruments that are told by one word of their name, where the part stands before it: `swap the guitar for a clean
one`, `a bass for the chorus, fretless if you can`, `une basse, en slap`."""

from __future__ import annotations

from functools import lru_cache

from ripieno.music.instruments import all_instruments
from ripieno.music.language.lexicon import Entry, lexicon
from ripieno.music.language.terms import HARD, Term
from ripieno.music.language.tokens import Token

_FARTHEST = 14  # words between the part and what it is to be
_EXCHANGES = frozenset({"for", "instead of"})
_AGAINST = frozenset({"instead of", "no", "not"})
_ENDINGS = ("", "e", "er", "es", "en", "em")  # `akustisch` is one of `akustische`
_ONES = ("one", "ones")
_AMBIGUOUS = frozenset({"muted", "grand", "lead", "solo"})  # `the guitar muted` may be one that is left out


def read(said: list[Token], language: str) -> dict[int, Term]:
    """The terms that are told so by their first tokens, with the part that they say more of."""
    found: dict[int, Term] = {}
    for at, one in enumerate(said):
        kinds = _kinds(language).get(one.word)
        if kinds is None or one.kind != "word" or one.word in _AMBIGUOUS or _begins_a_name(said, at, language):
            continue
        before = _part_before(said, at, language, set(kinds))
        if before is None or before == at - 1:
            continue
        value = kinds[_stem(said[before].word, language) or ""]
        is_one = at + 1 < len(said) and said[at + 1].word in _ONES
        if is_one or _is_set_against(said, before, at, language) or _is_exchanged(said, before, at, language):
            found[at] = Term("instrument", value, at, at + 1 + is_one)
        elif not _is_known(one.word, language) and before not in found and not _is_modified(said, at, language):
            found[before] = Term("instrument", value, before, before + 1)
            found[at] = Term("fill", "", at, at + 1)
    return found


@lru_cache(maxsize=4)
def _kinds(language: str) -> dict[str, dict[str, str]]:
    """Words that with a part's name are the name of an instrument, with that instrument of each stem."""
    found: dict[str, dict[str, str]] = {}
    for entry in _entries(language):
        if entry.role != "instrument" or len(entry.words) != 2 or entry.after or "/" in entry.value:
            continue
        stem = str(all_instruments()[entry.value].stem)
        for word, other in (entry.words, entry.words[::-1]):
            if _stem(other, language) == stem and _stem(word, language) is None and len(word) > 1:
                for ending in _ENDINGS if language == "de" else ("",):
                    bare = word.removesuffix(ending) if ending else word
                    found.setdefault(bare, {}).setdefault(stem, entry.value)
    return found


def _entries(language: str) -> list[Entry]:
    return [one for entries in lexicon(language).by_word.values() for one in entries]


def _stem(word: str, language: str) -> str | None:
    """The part that a word alone is the name of; that of an instrument too."""
    for one in lexicon(language).by_word.get(word, ()):
        if len(one.words) == 1 and not one.after and one.role == "part":
            return one.value.partition("/")[0]
    return None


def _part_before(said: list[Token], at: int, language: str, stems: set[str]) -> int | None:
    """The nearest part before it, where it is one that the word can say more of."""
    for n in range(at - 1, max(-1, at - 1 - _FARTHEST), -1):
        if said[n].word in HARD:
            return None
        stem = _stem(said[n].word, language)
        if stem is not None:
            return n if stem in stems else None
    return None


def _is_exchanged(said: list[Token], before: int, at: int, language: str) -> bool:
    """`gegen eine cleane`: what comes behind a word for which something is exchanged, and an article."""
    roles = [_roles(one.word, language) for one in said[before + 1 : at]]
    leads = bool(roles) and bool(roles[-1] & {"a", "the"})
    return leads and any(one & _EXCHANGES for one in roles) and not _names_next(said, at, language)


def _is_set_against(said: list[Token], before: int, at: int, language: str) -> bool:
    """`a nylon guitar instead of the electric`, `not the electric`."""
    if not _roles(said[at - 1].word, language) & {"a", "the"}:
        return False  # `it isn't loud, it is too bright`
    if any("instead of" in _roles_at(said, n, language) for n in range(max(0, before - 4), before)):
        return True  # `instead of the electric guitar an acoustic`
    return any(
        one.role in _AGAINST
        and tuple(word.word for word in said[n : n + len(one.words)]) == one.words
        and not one.after
        for n in range(before + 1, at)
        for one in lexicon(language).by_word.get(said[n].word, ())
    )


def _roles_at(said: list[Token], at: int, language: str) -> set[str]:
    """What the phrases that begin here may do."""
    return {
        one.role
        for one in lexicon(language).by_word.get(said[at].word, ())
        if tuple(word.word for word in said[at : at + len(one.words)]) == one.words and not one.after
    }


def _names_next(said: list[Token], at: int, language: str) -> bool:
    return at + 1 < len(said) and bool(_roles(said[at + 1].word, language) & {"part", "instrument", "absent"})


def _begins_a_name(said: list[Token], at: int, language: str) -> bool:
    """Whether it is the first word of a name that is written out: `a clean guitar`."""
    return any(
        one.role in ("instrument", "part") and tuple(word.word for word in said[at : at + len(one.words)]) == one.words
        for one in lexicon(language).by_word.get(said[at].word, ())
    )


def _is_known(word: str, language: str) -> bool:
    return any(len(one.words) == 1 and not one.after for one in lexicon(language).by_word.get(word, ()))


def _is_modified(said: list[Token], at: int, language: str) -> bool:
    """`the guitar is cleaner`: how it sounds, not which it is."""
    found = [one for one in lexicon(language).by_word.get(said[at - 1].word, ()) if len(one.words) == 1]
    return any(one.role in ("more", "less", "too", "so", "degree") or one.value in ("is", "plays") for one in found)


def _roles(word: str, language: str) -> set[str]:
    return {one.role for one in lexicon(language).by_word.get(word, ()) if len(one.words) == 1}
