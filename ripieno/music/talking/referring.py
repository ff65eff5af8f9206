"""Which song or transition somebody means: by its number, by its name or the beginning of that, or by `it`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from ripieno.contracts.sets import PlannedTransition
from ripieno.contracts.understanding import Language
from ripieno.music.language.tokens import Token, tokens
from ripieno.music.talking.words import Words, words

_LEAST_LETTERS = 4  # of a word by which a title is known alone
_SUFFIXES = (".wav", ".mp3", ".flac", ".ogg", ".m4a", ".aiff", ".aif", ".opus")


@dataclass(frozen=True)
class Named:
    """A song that may be meant; `position` in the set, None where it is not in it."""

    song: str
    title: str
    position: int | None = None


@dataclass(frozen=True)
class Ref:
    """A song that is meant, and by which tokens."""

    named: Named
    first: int
    last: int


@dataclass(frozen=True)
class Unclear:
    """Several songs that may be meant."""

    songs: tuple[Named, ...]


@dataclass(frozen=True)
class Listing:
    """What can be spoken of: the songs of the set in their order, its transitions, and the other songs there are."""

    songs: tuple[Named, ...]
    transitions: tuple[PlannedTransition, ...] = ()
    others: tuple[Named, ...] = ()

    def at(self, position: int) -> Named | None:
        return self.songs[position - 1] if 1 <= position <= len(self.songs) else None


def titled(said: Sequence[Token], listing: Listing, language: Language) -> tuple[list[Ref], list[Unclear]]:
    """The songs that are called by their names, in the order in which they are."""
    known = words(language)
    found: list[Ref] = []
    unclear: list[Unclear] = []
    at = 0
    while at < len(said):
        longest, whole, best = 0, False, list[Named]()
        for one in [*listing.songs, *listing.others]:
            length, is_whole = _run(said, at, _words_of(one.title), known)
            if length and (is_whole, length) > (whole, longest):
                longest, whole, best = length, is_whole, [one]
            elif length and (is_whole, length) == (whole, longest):
                best.append(one)
        in_set = [one for one in best if one.position is not None]
        best = in_set or best
        if len(best) == 1:
            found.append(Ref(best[0], at, at + longest))
        elif best:
            unclear.append(Unclear(tuple(best)))
        at += max(1, longest)
    return found, unclear


def numbered(said: Sequence[Token], taken: set[int], listing: Listing, known: Words) -> list[Ref]:
    """The songs that are called by their places, of the tokens that nothing else has taken."""
    found: list[Ref] = []
    for at, token in enumerate(said):
        if at in taken:
            continue
        number = _number(said, at, known)
        if token.word in known.last:
            number = len(listing.songs)
        one = listing.at(number) if number is not None else None
        if one is not None:
            found.append(Ref(one, at, at + 1))
    return found


def out_of_reach(said: Sequence[Token], taken: set[int], listing: Listing, known: Words) -> int | None:
    """A number that no song of the set has."""
    for at in range(len(said)):
        number = None if at in taken else _number(said, at, known)
        if number is not None and listing.at(number) is None:
            return number
    return None


def amount(said: Sequence[Token], known: Words) -> tuple[int, int] | None:
    """How many bars are spoken of, and the token that says so."""
    for at in range(len(said) - 1):
        number = said[at].number or known.numbers.get(said[at].word)
        if number is not None and said[at + 1].word in known.bars:
            return int(number), at
    return None


# -- parts --------------------------------------------------------------------------------------------------------


def _number(said: Sequence[Token], at: int, known: Words) -> int | None:
    token = said[at]
    if at + 1 < len(said) and said[at + 1].word in known.bars:
        return None
    if token.number is not None and token.kind in ("number", "ordinal") and token.number == int(token.number):
        return int(token.number)
    return known.ordinals.get(token.word) or known.numbers.get(token.word)


def _run(said: Sequence[Token], at: int, title: tuple[str, ...], known: Words) -> tuple[int, bool]:
    """How many tokens from one on are words of a title, one after another, and whether that is all of it."""
    best, whole = 0, False
    for begin in range(len(title)):
        length = 0
        while (
            begin + length < len(title) and at + length < len(said) and said[at + length].word == title[begin + length]
        ):
            length += 1
        if length > best and (length == len(title) or _says_something(title[begin : begin + length], known)):
            best, whole = length, length == len(title) and _says_something(title, known)
    if best and not whole and not _says_something(tuple(one.word for one in said[at : at + best]), known):
        return 0, False
    return best, whole


def _says_something(run: tuple[str, ...], known: Words) -> bool:
    return any(len(word) >= _LEAST_LETTERS and word not in _common(known) for word in run)


def _common(known: Words) -> frozenset[str]:
    phrases = [one for some in [*known.acts.values(), *known.where.values()] for one in some]
    alone = [*known.filler, *known.song, *known.transition, *known.last, *known.ordinals, *known.numbers]
    return _words_known((*alone, *phrases))


@lru_cache(maxsize=8)
def _words_known(phrases: tuple[str, ...]) -> frozenset[str]:
    return frozenset(part for phrase in phrases for part in phrase.split())


@lru_cache(maxsize=4096)
def _words_of(title: str) -> tuple[str, ...]:
    plain = title
    for suffix in _SUFFIXES:
        if plain.lower().endswith(suffix):
            plain = plain[: -len(suffix)]
    return tuple(one.word for one in tokens(plain.replace("_", " ")) if one.kind == "word")
