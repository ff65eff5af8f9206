"""Moods: words and styles as valence and arousal, -1 to 1 (Russell 1980)."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from ripieno.contracts.composition import Mood
from ripieno.music.genres import all_genres

_NEUTRAL = (0.2, 0.2)


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
