"""Voices behind a lead. The grammar reads them as an instrument that sings (`STANDS_FOR`); what was said of it is then
told as of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict

from ripieno.contracts.composition import BACKING, BackingWay
from ripieno.contracts.enums import StemType
from ripieno.contracts.understanding import Kind, Statement
from ripieno.music.language.tokens import Token

if TYPE_CHECKING:  # the vocabulary has these words among its own
    from ripieno.music.language.terms import Term

STANDS_FOR = "oohs"
_ANY = "any"  # of them, no way is named
_WHO = (Kind.PART, Kind.INSTRUMENT, Kind.PRESENCE, Kind.ENERGY)
_OF_THE_LEAD = (Kind.VOICE, Kind.LYRICS, Kind.THEME, Kind.LANGUAGE)


class _Words(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    about: str
    names: dict[str, list[str]]
    harmonies: dict[str, list[str]]
    after: dict[BackingWay, dict[str, list[str]]]
    alone: dict[BackingWay, dict[str, list[str]]]


def phrases(language: str) -> dict[str, list[str]]:
    """All phrases of a language, by what they say is sung."""
    words = _words()
    known = {str(way): list(of[language]) for way, of in words.alone.items()}
    own = words.names[language]
    for way, of in words.after.items():
        whose = [*own, *words.harmonies[language]]
        known.setdefault(str(way), []).extend(f"{who} {tail}" for who in whose for tail in of[language])
    return {_ANY: list(own), **known}


def told(statements: Sequence[Statement], found: Sequence[Term], said: Sequence[Token]) -> list[Statement]:
    """The same, what is said of voices behind the lead as such: that they are to be, or more of them, is of the kind
    `backing`, how they sound has them as its value."""
    mentions = [
        (said[term.first].start, said[term.last - 1].end, term.sung)
        for term in found
        if term.role in ("instrument", "part") and (term.sung or term.value == StemType.VOCALS)
    ]
    if not any(sung for _, _, sung in mentions):
        return list(statements)
    return [two for one in statements for two in _told(one, mentions)]


def _told(one: Statement, mentions: list[tuple[int, int, str]]) -> list[Statement]:
    is_another = one.kind in _WHO and one.value not in (None, STANDS_FOR)  # `a choir and ad-libs`
    if StemType.VOCALS not in one.parts or one.kind in _OF_THE_LEAD or is_another:
        return [one]
    start, end = one.words.start, one.words.end
    inside = [sung for a, b, sung in mentions if a < end and b > start]
    if not inside:
        nearest = min(mentions, key=lambda mention: (mention[0] > start, abs(mention[0] - start)))
        inside = [nearest[2]]
    ways = [sung for sung in inside if sung]
    if not ways:
        return [one]
    rest = [part for part in one.parts if part != StemType.VOCALS]
    others = [one.model_copy(update={"parts": rest})] if rest else []
    lead = [] if len(ways) == len(inside) else [one.model_copy(update={"parts": [StemType.VOCALS], "value": None})]
    if one.kind in _WHO:
        named = ", ".join(dict.fromkeys(way for way in ways if way != _ANY))
        update: dict[str, object] = {"kind": Kind.BACKING, "value": named or None}
    else:
        update = {"value": one.value or BACKING}
    return [*others, *lead, one.model_copy(update={**update, "parts": [StemType.VOCALS]})]


@lru_cache(maxsize=1)
def _words() -> _Words:
    return _Words.model_validate_json(Path(__file__).with_suffix(".json").read_text(encoding="utf-8"))
