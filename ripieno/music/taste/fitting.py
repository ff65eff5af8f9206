"""Which styles may be tried where nobody named one: those that the tempo, the metre and the mood allow."""

from __future__ import annotations

from collections.abc import Iterable

from ripieno.music.composing import moods
from ripieno.music.genres import all_genres, genre
from ripieno.music.genres.blending import blend

_COUNTS = (0.5, 1.0, 2.0)  # a song may be felt at half or twice its tempo
_SLOWER, _FASTER = 0.92, 1.08  # than a style's tempi
_MOOD = 0.7  # how far a style's valence and arousal may be from what is asked for
_BEATS = {"2/4": 2, "3/4": 3, "4/4": 4, "5/4": 5}


def styles(
    own: str, *, bpm: float | None, meter: str | None, mood: tuple[float, float] | None, but: Iterable[str] = ()
) -> list[str]:
    """The genres that may take the place of a style.

    Parameters
    ----------
    own : what it would be by itself, whose beats a bar they have where no metre is given
    mood : valence and arousal where somebody said them
    but : those that somebody does not want
    """
    beats = _BEATS.get(meter) if meter is not None else blend(own).leading.beats_per_bar
    unwanted = {name.strip().lower() for name in but}
    return [
        name
        for name, one in all_genres().items()
        if one.beats_per_bar == beats and name not in unwanted and _has_tempo(name, bpm) and _has_mood(name, mood)
    ]


def _has_tempo(name: str, bpm: float | None) -> bool:
    low, high = genre(name).tempo
    return bpm is None or any(low * _SLOWER <= bpm * count <= high * _FASTER for count in _COUNTS)


def _has_mood(name: str, mood: tuple[float, float] | None) -> bool:
    return mood is None or all(abs(a - b) <= _MOOD for a, b in zip(moods.of_style(name), mood, strict=True))
