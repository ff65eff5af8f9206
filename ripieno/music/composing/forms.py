"""Forms: which sections, in which order, of how many bars, for a style and a length."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from ripieno.contracts.composition import FormPart
from ripieno.music.genres import all_genres

_SHORTEST = 2  # bars of an intro or outro
_DOUBLED, _HALVED = 1.6, 0.75  # of a form's bars, from which on its sections are longer or shorter
_LONG = 16


@dataclass
class _Part:
    """A section in the making; of the dearest, 1, none is left out."""

    label: str
    bars: int
    dear: int


class _Form(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    sections: list[tuple[str, int, int]]
    again: list[tuple[str, int]]
    before: str


class _Forms(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    about: str
    forms: dict[str, _Form]
    styles: dict[str, str]


def of(style: str, bars: int, *, is_sung: bool) -> list[FormPart]:
    """A form of just so many bars: sections are left out or put in by fours, and the last ones take up the rest."""
    known = _forms()
    name = known.styles[style]
    if is_sung and name == "club":
        name = "club song"
    form = known.forms[name]
    parts = [_Part(*one) for one in form.sections]
    if bars > _DOUBLED * _sum(parts):  # a fast piece has longer sections, not more of them
        parts = [_Part(one.label, 2 * one.bars, one.dear) for one in parts]
    elif bars < _HALVED * _sum(parts):  # and a short one shorter ones, before it has fewer
        parts = [_Part(one.label, one.bars // 2 if one.bars >= _LONG else one.bars, one.dear) for one in parts]
    _leave_out(parts, bars)
    _told_apart(parts, form.before)
    while bars - _sum(parts) >= sum(length for _, length in form.again):
        at = next((n for n, part in enumerate(parts) if part.label == form.before), len(parts))
        parts[at:at] = [_Part(label, length, 2) for label, length in form.again]
    _take_up(parts, bars)
    return [FormPart(label=one.label, bars=one.bars) for one in parts]


def _sum(parts: list[_Part]) -> int:
    return sum(one.bars for one in parts)


def _leave_out(parts: list[_Part], bars: int) -> None:
    """Shorten what comes first and last, then leave out what is least dear, until the form is no longer than `bars`."""
    while _sum(parts) > bars:
        for part in parts[:1] + parts[-1:]:
            if part.label in ("intro", "outro") and _sum(parts) > bars:
                part.bars = max(_SHORTEST, part.bars - (_sum(parts) - bars))
        least = max(reversed(parts), key=lambda part: (part.dear, part.label not in ("intro", "outro")))
        if _sum(parts) <= bars or least.dear == 1 or len(parts) == 1:
            break
        parts.remove(least)


def _told_apart(parts: list[_Part], other: str) -> None:
    """Where what stood between two sections of a kind was left out, the first of them takes its place."""
    for part, after in pairwise(parts):
        if part.label == after.label:
            part.label = other


def _take_up(parts: list[_Part], bars: int) -> None:
    """Bring the sum to `bars`: whole fours to the sections that bear it, what is left to the last section."""
    over = bars - _sum(parts)
    for label in ("outro", "intro", "break", "bridge", "drop", "solo", "chorus", "verse"):
        for part in parts:
            if over >= 4 and part.label == label and part.bars < 16:
                part.bars += 4
                over -= 4
    for part in reversed(parts):
        if over == 0:
            break
        step = over if over > 0 else max(over, 1 - part.bars)
        part.bars += step
        over -= step


def all_forms() -> dict[str, list[tuple[str, int]]]:
    """Every form by name: its sections with their bars."""
    return {name: [(label, bars) for label, bars, _ in one.sections] for name, one in _forms().forms.items()}


def name_of(style: str) -> str:
    """The form of a genre."""
    return _forms().styles[style]


@lru_cache(maxsize=1)
def _forms() -> _Forms:
    found = _Forms.model_validate_json(Path(__file__).with_name("forms.json").read_text())
    missing = set(all_genres()) - set(found.styles)
    if missing or set(found.styles.values()) - set(found.forms):
        raise ValueError(f"forms.json has no form for {', '.join(sorted(missing)) or 'every style'}")
    return found
