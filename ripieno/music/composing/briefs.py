"""A brief: what a sentence says of a piece as a whole, as `ripieno.music.language` understands it.

What it says of single players and places is heeded once the piece is arranged; what stands in a field of the order wins
over all of it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import get_args

from ripieno.contracts.enums import StemType
from ripieno.contracts.generation import Meter
from ripieno.contracts.lyrics import LyricsLanguage
from ripieno.contracts.understanding import Kind, Statement, Understanding
from ripieno.music.language import understand

_SECONDS = re.compile(r"(?<![\d.:])(\d{2,3})\s?s(?:ec|econds?)?\b")
_SONG = re.compile(r"\b(?:lied|canci[óo]n|chanson|love song)\b", re.IGNORECASE)  # which are sung by their name
_NOT_SUNG = re.compile(r"\b(?:instrumental|instrumentale?s?)\b", re.IGNORECASE)
_ABOUT = re.compile(r"\b(?:about|über|von|sobre|sur|à propos de)\s+(?P<theme>[^,.;:!?]{2,200})", re.IGNORECASE)
_TITLE = re.compile(
    r"(?:called|titled|named|namens|mit dem Titel|llamada|titulada|intitulée|appelée)\s+"
    r"[\"“„«'‘](?P<title>[^\"”“»'’]{1,200})",
    re.IGNORECASE,
)
_MODES = ("major", "minor")
_CHOIRS = {"choir", "oohs"}
_VOICES = {Kind.VOICE, Kind.LYRICS, Kind.THEME}


@dataclass(frozen=True)
class Said:
    """What a brief says of the whole piece; None where it says nothing. `moods` are its words for moods."""

    understood: Understanding
    language: LyricsLanguage = "en"
    seconds: float | None = None
    tempo: float | None = None
    key: str | None = None
    mode: str | None = None
    meter: Meter | None = None
    style: str | None = None
    is_sung: bool | None = None
    has_backing: bool | None = None
    theme: str | None = None
    title: str | None = None
    moods: tuple[str, ...] = ()


def read(brief: str, understood: Understanding | None = None) -> Said:
    """What a brief says, as it was understood already or is by rule."""
    understood = understood or understand(brief, about="request")
    whole = [one for one in understood.statements if not one.places and not one.negated]
    seconds, key = _amount(whole, Kind.LENGTH, "second"), _value(whole, Kind.KEY)
    named = _value(whole, Kind.METER)
    shorthand, title = _SECONDS.search(brief), _TITLE.search(brief)
    about = _ABOUT.search(brief) if title is None else _ABOUT.search(brief.replace(title[0], ""))
    return Said(
        understood=understood,
        language=understood.language,
        seconds=_within(seconds if seconds is not None or shorthand is None else float(shorthand[1]), 10, 900),
        tempo=_within(_amount(whole, Kind.TEMPO, "bpm"), 30, 300),
        key=key if key not in _MODES else None,
        mode=key if key in _MODES else None,
        meter=next((one for one in get_args(Meter) if one == named), None),
        style=_value(whole, Kind.STYLE),
        is_sung=_is_sung(understood, brief, has_theme=about is not None),
        has_backing=_has_backing(understood),
        theme=_value(whole, Kind.THEME) or (about["theme"].strip() if about else None),
        title=title["title"].strip() if title else None,
        moods=tuple(one.value for one in whole if one.kind == Kind.MOOD and one.value),
    )


def _within(value: float | None, least: float, most: float) -> float | None:
    return value if value is not None and least <= value <= most else None


def _value(said: list[Statement], kind: Kind) -> str | None:
    return next((one.value for one in said if one.kind == kind and one.value), None)


def _amount(said: list[Statement], kind: Kind, unit: str) -> float | None:
    return next((one.amount for one in said if one.kind == kind and one.unit == unit and one.absolute), None)


def _has_backing(understood: Understanding) -> bool | None:
    """Whether there are voices behind the lead; None where nothing says so."""
    said = [one for one in understood.statements if one.kind == Kind.BACKING or is_choir(one)]
    if any(not one.negated for one in said):
        return True
    return False if any(not one.places and (not one.value or is_choir(one)) for one in said) else None


def is_choir(one: Statement) -> bool:
    """Whether something is said of a choir, which in a piece sings behind somebody who leads."""
    return one.kind in (Kind.PART, Kind.INSTRUMENT) and one.value in _CHOIRS


def _is_sung(understood: Understanding, brief: str, *, has_theme: bool) -> bool | None:
    """Whether somebody sings; None where nothing says so. Who wants voices behind a lead has one."""
    of_voices = [
        one
        for one in understood.statements
        if one.kind in _VOICES or (one.kind == Kind.PART and StemType.VOCALS in one.parts)
        if not (one.negated and is_choir(one))
    ]
    if _NOT_SUNG.search(brief) or any(one.negated and not one.places for one in of_voices):
        return False
    of_voices += [one for one in understood.statements if one.kind == Kind.BACKING and not one.negated]
    says_so = has_theme or _SONG.search(brief) or any(not one.negated for one in of_voices)
    return True if says_so else None
