"""What is sung behind the lead in each section: by rules of the genre, more the more often a section returns."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import get_args

from pydantic import BaseModel, ConfigDict, Field

from ripieno.contracts.composition import BACKING, BackingWay, Context, ContextSection
from ripieno.contracts.lyrics import LyricsLanguage
from ripieno.music.genres import all_genres

WITH_THE_WORDS: tuple[BackingWay, ...] = ("third below", "third above", "sixth below", "sixth above")
FURTHER: tuple[BackingWay, ...] = ("third below", "pad", "third above", "answer", "ad-libs")
"""What comes in where more are wanted, one after the other."""
_ALMOST = 0.02  # of energy


class _Data(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class _Rule(_Data):
    sections: list[str] = Field(alias="in")
    since: int = Field(default=1, alias="from", ge=1)
    last: bool = False
    from_energy: float = Field(default=0.0, ge=0, le=1)
    ways: list[BackingWay]


class Behind(_Data):
    """What one genre has: `calls` are the words of its ad-libs, `call_share` of the gaps have one."""

    rules: list[_Rule]
    most: int = Field(default=3, ge=1, le=7)
    calls: dict[LyricsLanguage, list[str]]
    call_share: float = Field(default=0.5, ge=0, le=1)


class _Placing(_Data):
    about: str
    vowels: dict[LyricsLanguage, tuple[str, str]]
    default: Behind
    styles: dict[str, dict]


def has_backing(style: str) -> bool:
    """Whether a genre has voices behind its lead where nobody says so."""
    return bool(of_style(style).rules)


def placed(context: Context, style: str) -> list[list[BackingWay]]:
    """What is sung behind the lead in each section; nothing where nobody does. A genre that has none is sung as most
    are."""
    behind = of_style(style) if has_backing(style) else _data().default
    counts = Counter(one.label for one in context.sections)
    seen: Counter[str] = Counter()
    found: list[list[BackingWay]] = []
    for section in context.sections:
        seen[section.label] += 1
        ways: list[BackingWay] = [
            way
            for rule in behind.rules
            if section.label in rule.sections
            and seen[section.label] >= rule.since
            and (not rule.last or seen[section.label] == counts[section.label])
            and energy_of(section) >= rule.from_energy - _ALMOST
            for way in rule.ways
        ]
        once: list[BackingWay] = list(dict.fromkeys(ways))
        found.append(once[: behind.most])
    return found


def ways_of(section: ContextSection) -> list[BackingWay]:
    """What is sung behind the lead in an arranged section."""
    return section.backing if BACKING in section.parts else []


def settled(section: ContextSection, by_rule: Sequence[BackingWay]) -> list[BackingWay]:
    """What a section has, else what it has by rule; a third below where somebody wanted voices that no rule has."""
    if BACKING not in section.parts:
        return []
    return section.backing or list(by_rule) or [WITH_THE_WORDS[0]]


def vowel(language: str, *, is_calm: bool) -> str:
    """What pads are sung on."""
    calm, open_one = _data().vowels[language]  # pyright: ignore[reportArgumentType]
    return calm if is_calm else open_one


def energy_of(section: ContextSection) -> float:
    return sum(section.energy) / len(section.energy) if section.energy else 0.6


def of_style(style: str) -> Behind:
    known = _data()
    return Behind.model_validate(known.default.model_dump(by_alias=True) | known.styles[style])


@lru_cache(maxsize=1)
def _data() -> _Placing:
    found = _Placing.model_validate_json(Path(__file__).with_suffix(".json").read_text(encoding="utf-8"))
    languages = set(get_args(LyricsLanguage))
    if missing := set(all_genres()) - set(found.styles):
        raise ValueError(f"placing.json has no rules for {', '.join(sorted(missing))}")
    if languages - set(found.vowels) or languages - set(found.default.calls):
        raise ValueError("placing.json has no vowels or calls for some language")
    return found
