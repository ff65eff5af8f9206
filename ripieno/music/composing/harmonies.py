"""Harmony: a progression for each kind of section, in the piece's key, that returns with it and leads on."""

from __future__ import annotations

import json
import random
import re
from functools import lru_cache
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from ripieno.contracts.composition import Context, ContextSection
from ripieno.music import pitch
from ripieno.music.genres import genre
from ripieno.music.pitch import pitch_class, spell, uses_flats

_KIND = {
    "verse": "verse", "intro": "verse", "outro": "chorus", "chorus": "chorus", "pre-chorus": "bridge",
    "bridge": "bridge", "build": "bridge", "break": "bridge", "drop": "drop", "solo": "chorus",
}  # fmt: skip
_STEPS = {"major": (0, 2, 4, 5, 7, 9, 11), "minor": (0, 2, 3, 5, 7, 8, 10)}
_NUMERALS = ("i", "ii", "iii", "iv", "v", "vi", "vii")
_ROMAN = re.compile(r"([b#]?)([ivIV]+)(maj7|hdim7|7|°)?")
_LIFT = 2  # semitones of a last chorus that is lifted
_LEADS_ON = {"verse", "pre-chorus", "bridge", "build", "break"}
_LIFTED_STYLES = {"pop", "rock", "ballad", "metal"}


class _Progressions(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    about: str
    kinds: dict[str, dict[str, list[list[str]]]]


def key_of(name: str) -> tuple[int, str]:
    """Pitch class of the tonic and `major` or `minor`, of `A minor`, `Am`, `F# major`, `Bb`.

    Raises
    ------
    ValueError
        For a name that is no key.
    """
    found = re.fullmatch(r"\s*([A-Ga-g])([#b]?)\s?(m|min|minor|maj|major)?\s*", name)
    if not found:
        raise ValueError(f"{name!r} is no key: write A minor, F# major or Bb")
    is_minor = found[3] in ("m", "min", "minor")
    return pitch_class(found[1].upper() + found[2]), "minor" if is_minor else "major"


def key_name(tonic: int, mode: str) -> str:
    return f"{pitch.key_name(tonic, mode)} {mode}"


def chord(numeral: str, tonic: int, mode: str) -> str:
    """The chord of a Roman numeral in a key, as lead sheets write it (`vi` in C major is `Am`).

    Raises
    ------
    ValueError
        For a numeral that is none.
    """
    found = _ROMAN.fullmatch(numeral)
    if not found or found[2].lower() not in _NUMERALS:
        raise ValueError(f"{numeral!r} is no Roman numeral: write I, vi, V7, bVII, iihdim7")
    step = _STEPS[mode][_NUMERALS.index(found[2].lower())] + {"b": -1, "#": 1, "": 0}[found[1]]
    root = spell((tonic + step) % 12, flats=uses_flats(tonic, mode))
    is_minor, ending = found[2].islower(), found[3] or ""
    if ending == "hdim7":
        return f"{root}m7b5"
    if ending == "°":
        return f"{root}dim"
    if ending == "maj7":
        return f"{root}{'mM7' if is_minor else 'maj7'}"
    return f"{root}{'m' if is_minor else ''}{ending}"


def known(mode: str) -> dict[str, list[list[str]]]:
    """The progressions of a mode, by what a section is for, in Roman numerals."""
    return _progressions().kinds[mode]


def write(context: Context) -> list[ContextSection]:
    """The sections with their chords, one a bar, and the key of those that are not in the piece's own."""
    rng = random.Random(f"{context.seed} harmony")
    tonic, mode = key_of(context.key)
    style = genre(max(context.styles, key=lambda one: one.weight).name)
    chosen = _chosen(known(f"jazz {mode}" if style.sevenths else mode), rng)
    lifts = _lifted(context, rng)
    written = []
    for number, section in enumerate(context.sections):
        here = (tonic + _LIFT) % 12 if number in lifts else tonic
        after = context.sections[number + 1] if number + 1 < len(context.sections) else None
        numerals = _numerals(chosen[_KIND.get(section.label, "verse")], section, after, mode, is_last=after is None)
        chords = [[chord(one, here, mode)] for one in numerals]
        key = key_name(here, mode) if number in lifts else None
        written.append(section.model_copy(update={"chords": section.chords or chords, "key": section.key or key}))
    return written


def _chosen(known: dict[str, list[list[str]]], rng: random.Random) -> dict[str, list[str]]:
    """One progression for each kind, no two alike where there are enough."""
    chosen: dict[str, list[str]] = {}
    for kind, several in known.items():
        fresh = [one for one in several if one not in chosen.values()] or several
        chosen[kind] = rng.choice(fresh)
    return chosen


def _numerals(
    progression: list[str], section: ContextSection, after: ContextSection | None, mode: str, *, is_last: bool
) -> list[str]:
    """A section's bars: the progression again and again, a dominant where it leads on, the tonic where all ends."""
    bars = [progression[number % len(progression)] for number in range(section.bars)]
    seventh = "7" if any("7" in one for one in progression) else ""
    if is_last:
        final = "I" if mode == "major" else "i"
        bars[-1] = final + ({"I": "maj7", "i": "7"}[final] if seventh else "")
        if len(bars) > 2:
            bars[-2] = f"V{seventh}"
    elif after is not None and after.label != section.label and section.label in _LEADS_ON:
        bars[-1] = f"V{seventh}"
    return bars


def _lifted(context: Context, rng: random.Random) -> set[int]:
    """The sections from the last chorus on, where such a piece is lifted a whole tone there."""
    choruses = [n for n, one in enumerate(context.sections) if one.label == "chorus"]
    name = max(context.styles, key=lambda one: one.weight).name
    is_glad = (context.mood.valence or 0) > 0.3 and (context.mood.arousal or 0) > 0.3
    wants = rng.random() < 0.5
    if len(choruses) < 3 or name not in _LIFTED_STYLES or not is_glad or not wants or "key" in _yours(context):
        return set()
    return set(range(choruses[-1], len(context.sections)))


def _yours(context: Context) -> set[str]:
    return {field for field, who in context.settled.items() if who == "you"}


@lru_cache(maxsize=1)
def _progressions() -> _Progressions:
    data = json.loads(Path(__file__).with_name("progressions.json").read_text())
    return _Progressions(about=data.pop("about"), kinds=data)
