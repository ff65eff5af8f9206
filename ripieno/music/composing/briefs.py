"""A brief, read by rule: what a sentence says of length, tempo, key, meter, voices and words.

Styles and moods have modules of their own; what stands in a field of the order wins over the sentence.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_NUMBERS = {
    "a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "ten": 10,
}  # fmt: skip
_COUNT = r"(?P<count>\d+(?:\.\d+)?|" + "|".join(_NUMBERS) + r")"
_MINUTES = re.compile(
    _COUNT + r"(?P<half> and a half)?[ -]min(?:ute)?s?\b(?: (?:and )?(?P<seconds>\d{1,2}) sec(?:ond)?s?)?"
)
_SECONDS = re.compile(r"(?P<count>\d{2,3})[ -]?s(?:ec(?:ond)?s?)?\b")
_CLOCK = re.compile(r"(?<!\d)(?P<minutes>\d{1,2}):(?P<seconds>[0-5]\d)(?!\d)")
_BPM = re.compile(r"(?<![\d.])(\d{2,3}(?:\.\d+)?)\s*bpm", re.IGNORECASE)
_KEY = re.compile(r"\bin (?:the key of )?([A-G](?:#|b| sharp| flat)?)[ -](major|minor)\b", re.IGNORECASE)
_METER = re.compile(r"(?<!\d)([2345]/4|(?:6|9|12)/8)(?!\d)")
_SUNG = re.compile(r"\b(vocals?|voices?|sung|sing(?:s|er|ing)?|lyrics?|words|song about)\b", re.IGNORECASE)
_NOT_SUNG = re.compile(
    r"\binstrumental\b|\b(?:no|without(?: any)?) (?:vocals?|voices?|singing|singer|lyrics|words)\b", re.IGNORECASE
)
_ABOUT = re.compile(r"\b(?:song |lyrics |words |it is |it's )?about (?P<theme>[^,.;:!?]{2,200})", re.IGNORECASE)
_QUOTED = re.compile(r"(?:called|titled|named)\s+[\"“”'‘’](?P<title>[^\"“”'‘’]{1,200})[\"“”'‘’]", re.IGNORECASE)


@dataclass(frozen=True)
class Said:
    """What a brief says; None where it says nothing."""

    seconds: float | None = None
    tempo: float | None = None
    key: str | None = None
    meter: str | None = None
    is_sung: bool | None = None
    theme: str | None = None
    title: str | None = None


def read(brief: str) -> Said:
    key, meter, bpm = _KEY.search(brief), _METER.search(brief), _BPM.search(brief)
    about, title = _ABOUT.search(brief), _QUOTED.search(brief)
    is_sung = False if _NOT_SUNG.search(brief) else True if _SUNG.search(brief) or about else None
    return Said(
        seconds=_length(brief.lower()),
        tempo=float(bpm[1]) if bpm else None,
        key=f"{key[1][0].upper()}{_accidental(key[1][1:])} {key[2].lower()}" if key else None,
        meter=meter[1] if meter else None,
        is_sung=is_sung,
        theme=about["theme"].strip() if about else None,
        title=title["title"].strip() if title else None,
    )


def _accidental(text: str) -> str:
    return {"": "", "#": "#", "b": "b", " sharp": "#", " flat": "b"}[text.lower()]


def _length(text: str) -> float | None:
    found = _CLOCK.search(text)
    if found:
        return 60 * int(found["minutes"]) + int(found["seconds"])
    found = _MINUTES.search(text)
    if found:
        count = float(_NUMBERS.get(found["count"], found["count"]))
        return 60 * (count + (0.5 if found["half"] else 0)) + int(found["seconds"] or 0)
    found = _SECONDS.search(text)
    return float(found["count"]) if found else None
