"""A brief for a set read by rule: how long, how many songs, which journey, who plays, what is liked; in four languages.

`an hour from my library, from dusk to peak to home` is an hour along the stations dusk, peak and home in the order in
which they are named. What no rule reads is told, never guessed at.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, Field

from ripieno.contracts.sets import MOST_SET_SECONDS, MOST_SET_SONGS, JourneyPoint, TransitionKind
from ripieno.music.language.lexicon import lexicon
from ripieno.music.language.tokens import Token, fold, tokens
from ripieno.music.sets import journeys
from ripieno.music.sets.personas import all_personas

_LEAST_SECONDS = 60.0
_LONGEST = 6  # words of a phrase
_HOURS = ("h", "hr", "std", "hour", "hours", "stunde", "stunden", "hora", "horas", "heure", "heures")
_ENDINGS = ("e", "s", "n", "en", "er", "es", "em", "re", "ste", "sten")  # `ruhige`, `wilder`, `tristes`
_SHORTEST = 3  # letters of a word that may have lost its ending
Value = TypeVar("Value")


class _Station(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    energy: float = Field(ge=0, le=1)
    valence: float = Field(ge=-1, le=1)
    words: list[str]


class _Words(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    about: str
    stations: dict[str, _Station]
    units: dict[int, list[str]]
    fixed: dict[int, list[str]]
    numbers: dict[int, list[str]]
    songs: list[str]
    all: list[str]
    speaks: list[str]
    silent: list[str]
    kinds: dict[TransitionKind, list[str]]
    without: list[str]
    fill: list[str]


@dataclass
class Brief:
    """What was read; None and empty where nothing is said of it."""

    duration_seconds: float | None = None
    count: int | None = None
    all_of_them: bool | None = None
    stations: list[str] = field(default_factory=list)
    journey: list[JourneyPoint] = field(default_factory=list)
    persona: str | None = None
    styles: dict[str, float] = field(default_factory=dict)
    banned_kinds: list[TransitionKind] = field(default_factory=list)
    announced: bool | None = None
    not_understood: list[str] = field(default_factory=list)


def read(text: str) -> Brief:
    """What a brief says."""
    said = [one for one in tokens(text) if one.kind != "mark"]
    found, unread = Brief(), []
    at = 0
    while at < len(said):
        taken = _amount(said, at, found) or _phrase(said, at, found)
        if not taken:
            if said[at].word not in _fill():
                unread.append(text[said[at].start : said[at].end])
            taken = 1
        at += taken
    known = words().stations
    found.journey = (
        journeys.through([(known[one].energy, known[one].valence) for one in found.stations]) if found.stations else []
    )
    found.not_understood = unread
    return found


@lru_cache(maxsize=1)
def words() -> _Words:
    return _Words.model_validate_json(Path(__file__).with_suffix(".json").read_text(encoding="utf-8"))


# -- parts --------------------------------------------------------------------------------------------------------


def _amount(said: list[Token], at: int, found: Brief) -> int:
    """A length or a number of songs that begins at a token; how many tokens it takes."""
    for length, value in _longest(said, at, _fixed()):
        found.duration_seconds = float(value)
        return length
    number, length = _number(said, at)
    if number is None:
        return 0
    after = said[at + length] if at + length < len(said) else None
    if after is None or after.kind != "word":
        return 0
    if after.word in _units():
        seconds = number * _units()[after.word]
        length += 1
        minutes = said[at + length] if at + length < len(said) else None
        if after.word in _HOURS and minutes is not None and minutes.number is not None:  # 1 h 30, 1 hour 30 minutes
            unit = said[at + length + 1].word if at + length + 1 < len(said) else ""
            if _units().get(unit) == 60 or unit not in {*_units(), *words().songs}:
                seconds, length = seconds + 60 * minutes.number, length + 1 + (unit in _units())
        found.duration_seconds = min(max(_LEAST_SECONDS, seconds), MOST_SET_SECONDS)
        return length
    if after.word in words().songs:
        found.count = min(max(1, round(number)), MOST_SET_SONGS)
        return length + 1
    return 0


def _number(said: list[Token], at: int) -> tuple[float | None, int]:
    if said[at].number is not None:
        return abs(said[at].number or 0.0), 1
    for length, value in _longest(said, at, _numbers()):
        return float(value), length
    return None, 0


def _phrase(said: list[Token], at: int, found: Brief) -> int:
    """Anything else that is known and begins at a token; how many tokens it takes."""
    for length, (what, value) in _longest(said, at, _phrases()):
        if what == "station":
            if value not in found.stations[-1:]:
                found.stations.append(value)
        elif what == "without":
            for more, (other, kind) in _longest(said, at + length, _phrases()):
                if other == "kind":
                    found.banned_kinds.extend(one for one in words().kinds if one == kind)
                    return length + more
            return 0
        elif what == "style":
            found.styles[value] = 1.0
        elif what == "persona":
            found.persona = value
        elif what == "all":
            found.all_of_them = True
        elif what == "announced":
            found.announced = value == "yes"
        return length
    return 0


def _longest(said: list[Token], at: int, known: dict[tuple[str, ...], Value]) -> list[tuple[int, Value]]:
    """The longest phrase that begins at a token, with its value; none or one."""
    for length in range(min(_LONGEST, len(said) - at), 0, -1):
        phrase = tuple(one.word for one in said[at : at + length])
        if phrase in known:
            return [(length, known[phrase])]
    word = said[at].word if at < len(said) and said[at].kind == "word" else ""
    stems = (word.removesuffix(end) for end in _ENDINGS if word.endswith(end))
    return [(1, known[(stem,)]) for stem in stems if len(stem) >= _SHORTEST and (stem,) in known][:1]


def _as_tokens(phrase: str) -> tuple[str, ...]:
    return tuple(one.word for one in tokens(phrase) if one.kind != "mark")


@lru_cache(maxsize=1)
def _phrases() -> dict[tuple[str, ...], tuple[str, str]]:
    known = words()
    found: dict[tuple[str, ...], tuple[str, str]] = {}
    for style, phrases in lexicon("en").styles.items():
        found |= {_as_tokens(one): ("style", style) for one in phrases}
    for kind, phrases in known.kinds.items():
        found |= {_as_tokens(one): ("kind", kind) for one in phrases}
    for name, station in known.stations.items():
        found |= {_as_tokens(one): ("station", name) for one in station.words}
    found |= {_as_tokens(one): ("without", "") for one in known.without}
    found |= {_as_tokens(one): ("all", "") for one in known.all}
    found |= {_as_tokens(one): ("announced", "yes") for one in known.speaks}
    found |= {_as_tokens(one): ("announced", "no") for one in known.silent}
    found |= {(fold(one.title),): ("persona", one.name) for one in all_personas().values()}
    return found


@lru_cache(maxsize=1)
def _fixed() -> dict[tuple[str, ...], int]:
    return {_as_tokens(one): seconds for seconds, phrases in words().fixed.items() for one in phrases}


@lru_cache(maxsize=1)
def _numbers() -> dict[tuple[str, ...], int]:
    return {_as_tokens(one): number for number, phrases in words().numbers.items() for one in phrases}


@lru_cache(maxsize=1)
def _units() -> dict[str, int]:
    return {word: seconds for seconds, found in words().units.items() for word in found}


@lru_cache(maxsize=1)
def _fill() -> frozenset[str]:
    return frozenset(words().fill)
