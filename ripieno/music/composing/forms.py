"""Forms: which sections, in which order, of how many bars, for a style and a length."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from ripieno.contracts.composition import FormPart
from ripieno.music.genres import all_genres

_SHORTEST = 2  # bars of an intro or outro
_DOUBLED = 1.6


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
    parts = [list(one) for one in form.sections]
    if bars > _DOUBLED * sum(part[1] for part in parts):  # a fast piece has longer sections, not more of them
        parts = [[label, 2 * length, dear] for label, length, dear in parts]
    _leave_out(parts, bars)
    while bars - sum(part[1] for part in parts) >= sum(length for _, length in form.again):
        at = next((n for n, part in enumerate(parts) if part[0] == form.before), len(parts))
        parts[at:at] = [[label, length, 2] for label, length in form.again]
    _take_up(parts, bars)
    return [FormPart(label=label, bars=length) for label, length, _ in parts]


def _leave_out(parts: list[list], bars: int) -> None:
    """Shorten what comes first and last, then leave out what is least dear, until the form is no longer than `bars`."""

    def over() -> int:
        return sum(part[1] for part in parts) - bars

    while over() > 0:
        for part in parts[:1] + parts[-1:]:
            if part[0] in ("intro", "outro") and over() > 0:
                part[1] = max(_SHORTEST, part[1] - over())
        least = max(reversed(parts), key=lambda part: (part[2], part[0] not in ("intro", "outro")))
        if over() <= 0 or least[2] == 1 or len(parts) == 1:
            break
        parts.remove(least)


def _take_up(parts: list[list], bars: int) -> None:
    """Bring the sum to `bars`: whole fours to the sections that bear it, what is left to the last section."""
    over = bars - sum(part[1] for part in parts)
    for label in ("outro", "intro", "break", "bridge", "drop", "solo", "chorus", "verse"):
        for part in parts:
            if over >= 4 and part[0] == label and part[1] < 16:
                part[1] += 4
                over -= 4
    for part in reversed(parts):
        if over == 0:
            break
        step = over if over > 0 else max(over, 1 - part[1])
        part[1] += step
        over -= step


@lru_cache(maxsize=1)
def _forms() -> _Forms:
    found = _Forms.model_validate_json(Path(__file__).with_name("forms.json").read_text())
    missing = set(all_genres()) - set(found.styles)
    if missing or set(found.styles.values()) - set(found.forms):
        raise ValueError(f"forms.json has no form for {', '.join(sorted(missing)) or 'every style'}")
    return found
