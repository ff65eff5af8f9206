"""Somebody's manner or voice asked for by name: `in the style of`, `sounds like`, `a … type beat`, in four languages.

A name alone is nothing: whoever is meant has to be imitated. Who is listed has what can be asked for instead beside
them; of who is not, a given name and a second one behind the clearest of these words are somebody. Composers whose
works are in the public domain may be followed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from ripieno.services.moderation.finding import Finding, artists, data, names
from ripieno.services.moderation.words import any_of, folded

_WINDOW = 160  # characters before a name in which what asks for it stands


@dataclass(frozen=True)
class _Artist:
    """`is_word`: the name is a word too."""

    name: str
    instead: str
    is_word: bool


class _Patterns(NamedTuple):
    artist: re.Pattern[str]
    before: re.Pattern[str]
    joined: re.Pattern[str]
    liked: re.Pattern[str]
    negated: re.Pattern[str]
    behind: re.Pattern[str]
    worn: re.Pattern[str]
    worn_after: re.Pattern[str]
    goes_on: re.Pattern[str]
    somebody: re.Pattern[str]


def found(plain: str) -> Finding | None:
    """In a plain text, whose capitals say something."""
    text, its = folded(plain), _patterns()
    for one in its.artist.finditer(text):
        artist = _known()[_key(one["name"])]
        if _is_imitated(plain, text, one, artist, its):
            return Finding("imitation.artist", "imitation", one["name"], _refused(artist.name), artist.instead)
    for one in its.somebody.finditer(text):
        name = plain[one.start("name") : one.end("name")]
        first, last = re.split(r"\s+", one["name"])[0], re.split(r"\s+", one["name"])[-1]
        is_named = all(word[:1].isupper() for word in name.split()) and first in names("first_names.txt")
        if (
            is_named
            and last not in _composers()
            and not its.negated.search(text[max(0, one.start() - 40) : one.start()])
        ):
            return Finding("imitation.person", "imitation", name, _refused(name), artists()["anybody"])
    return None


def is_name(plain: str) -> Finding | None:
    """Whether a text is the name of a listed artist and nothing else: nobody goes by another's."""
    artist = _known().get(_key(re.sub(r"^the\W+|\W+$", "", folded(plain)))) or _known().get(_key(folded(plain)))
    if artist is None:
        return None
    message = f"nothing is published here as {artist.name}'s: take a name of your own"
    return Finding("imitation.name", "imitation", plain.strip(), message)


def _is_imitated(plain: str, text: str, one: re.Match[str], artist: _Artist, its: _Patterns) -> bool:
    start, end = one.span("name")
    ahead, rest = text[max(0, start - _WINDOW) : start], text[end:]
    if artist.is_word:
        follows = rest.lstrip("'s")
        goes_on = not re.match(r"[\s\-]+\w", follows) or its.goes_on.match(follows) or its.behind.match(rest)
        if not plain[start].isupper() or not goes_on:
            return False
    if its.negated.search(ahead):
        return False
    if re.match(r"-?(?:es)?que\b|-like\b|-?ish\b", rest) or its.behind.match(rest):
        return True
    if its.worn.match(rest) and (its.worn_after.search(ahead) or not ahead.strip()):
        return True
    asked = its.before.search(ahead)
    if asked is not None:
        return asked["what"] != "like" or not its.liked.search(ahead[: asked.start("what")])
    return its.joined.search(ahead) is not None


def _refused(name: str) -> str:
    return f"nobody is imitated by name here, and so not {name}"


def _key(name: str) -> str:
    """Of a folded name, however it is spelt: without its `and`."""
    return re.sub(r"[\W_]+", "", re.sub(r"(?<!\w)(?:and|und|y|et|n)(?!\w)", "", name))


@lru_cache(maxsize=1)
def _composers() -> frozenset[str]:
    return frozenset(map(folded, names("composers.txt")))


@lru_cache(maxsize=1)
def _known() -> dict[str, _Artist]:
    found_: dict[str, _Artist] = {}
    for group in artists()["groups"]:
        for is_word, listed in ((False, group["names"]), (True, group["also_words"])):
            for name in listed:
                found_[_key(folded(name))] = _Artist(name.removesuffix(" band"), group["instead"], is_word)
    return found_


@lru_cache(maxsize=1)
def _patterns() -> _Patterns:
    its = data("imitation")
    listed = [name for group in artists()["groups"] for name in (*group["names"], *group["also_words"])]
    spelt = "|".join(sorted((_spelt(folded(name)) for name in listed), key=len, reverse=True))
    between = rf"(?:{any_of(its['between'])}[\W_]{{1,3}}){{0,3}}"
    before = "|".join(its["before"])
    strict = "|".join(its["strict"])
    gap = r"[^.;!?\n]{1,60}?"
    return _Patterns(
        re.compile(rf"(?<!\w)(?P<name>{spelt})(?=-?(?:es)?que(?!\w)|ish(?!\w)|(?!\w))"),
        re.compile(rf"(?<!\w)(?P<what>{before})['\s:,\"“„«-]+{between}[\"“„«]?$"),
        re.compile(rf"(?<!\w)(?:{strict})[\s:]+{gap}(?:{any_of(its['joins'])}|[,/+&])\W*{between}$"),
        re.compile(rf"{any_of(its['likers'])}\W+$"),
        re.compile(rf"{any_of(its['not'])}(?:[^\w.;!?\n]+\w+){{0,4}}[^\w.;!?\n]*$"),
        re.compile(rf"(?:'s|s'|')?[\s\-]{{1,2}}(?:signature\s|typical\s)?{any_of(its['behind'])}"),
        re.compile(rf"(?:'s|s'|')?[\s\-]{{1,2}}(?:\w+\s)?{any_of(its['worn'])}"),
        re.compile(rf"{any_of(its['worn_after'])}\W+$"),
        re.compile(rf"[\s\-]+{any_of(its['goes_on'])}"),
        re.compile(
            rf"(?<!\w)(?:{strict})\s+(?P<name>[^\W\d_]+(?:\s[^\W\d_]\.?)?\s(?:(?:van|von|de|del|di|la)\s)?[^\W\d_]+)"
        ),
    )


def _spelt(name: str) -> str:
    parts = [re.escape(part) for part in re.findall(r"\w+|&", name)]
    return r"[\W_]{0,3}".join(r"(?:&|and|und|y|et|n)" if part in ("\\&", "and") else part for part in parts)
