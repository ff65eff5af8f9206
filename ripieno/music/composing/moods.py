"""Moods: words and styles as valence and arousal, -1 to 1 (Russell 1980)."""

from __future__ import annotations

import math
import re
from functools import lru_cache
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from ripieno.contracts.composition import Mood
from ripieno.contracts.understanding import Kind
from ripieno.music.genres import all_genres
from ripieno.music.language import understand

_NEUTRAL = (0.2, 0.2)
NEAR = (0.8, 0.5)
"""Either side of a word's valence and arousal: what is heard there is found by it. The bands of the check of pieces."""


class _Moods(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    about: str
    words: dict[str, tuple[float, float]]
    styles: dict[str, tuple[float, float]]


def heard(text: str) -> list[str]:
    """The words for moods in a text, in their order."""
    known = _moods().words
    return [word for word in re.findall(r"[a-z]+", text.lower()) if word in known]


def settle(asked: Mood | None, text: str, style: str) -> Mood:
    """The mood as figures: what was asked for, else the mean of the words that say it, else what the style is like."""
    words = heard(f"{asked.words if asked else ''} {text}")
    known = _moods()
    places = [known.words[word] for word in dict.fromkeys(words)] or [of_style(style)]
    valence, arousal = (sum(place[n] for place in places) / len(places) for n in (0, 1))
    return Mood(
        words=asked.words if asked and asked.words else ", ".join(dict.fromkeys(words)),
        valence=round(valence, 3) if asked is None or asked.valence is None else asked.valence,
        arousal=round(arousal, 3) if asked is None or asked.arousal is None else asked.arousal,
    )


def words() -> dict[str, tuple[float, float]]:
    """Every word for a mood with its valence and arousal."""
    return _moods().words


@lru_cache(maxsize=1000)
def place(word: str) -> tuple[float, float] | None:
    """The valence and arousal of a word for a mood, in any of the languages that are read here; None for another."""
    known = _moods().words
    said = word.strip().lower()
    if said in known:
        return known[said]
    heard_words = [one.value for one in understand(said).statements if one.kind == Kind.MOOD and one.value in known]
    return known[heard_words[0]] if heard_words and heard_words[0] else None


def nearest(valence: float, arousal: float, count: int = 3) -> list[str]:
    """The words for moods that lie nearest to a valence and an arousal, one of each place."""
    first_of = {where: word for word, where in reversed(_moods().words.items())}
    return [first_of[one] for one in sorted(first_of, key=lambda one: math.dist(one, (valence, arousal)))[:count]]


def of_style(style: str) -> tuple[float, float]:
    """The valence and arousal of a genre."""
    return _moods().styles.get(style, _NEUTRAL)


@lru_cache(maxsize=1)
def _moods() -> _Moods:
    found = _Moods.model_validate_json(Path(__file__).with_name("moods.json").read_text())
    missing = set(all_genres()) - set(found.styles)
    if missing:
        raise ValueError(f"moods.json says nothing of {', '.join(sorted(missing))}")
    return found
