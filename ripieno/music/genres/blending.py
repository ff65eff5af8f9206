"""Styles as a user names them: one genre (`house`), or a blend with what each has of it (`house 70%, bossa 30%`).

How a blend plays: the groove (swing, and how loosely and how far behind the beat is played) is the weighted mean of its
genres' for everybody. Of every phrase of four bars each part takes what one of the genres plays there, as often as its
weight says, with the instrument and register of the heaviest; a phrase sounds the same when its section returns.
"""

from __future__ import annotations

import random
import re
from dataclasses import dataclass
from functools import cached_property, lru_cache

from ripieno.music.genres import Feel, Genre, genre

MOST_GENRES = 4
PHRASE_BARS = 4
BLEND_BARS = 8
"""Who changes within eight bars sounds as if a section began there."""
_GOLDEN = 0.618033988749895  # multiples of it lie evenly in 0..1
_BETWEEN = re.compile(r"[,+/]")
_SHARE = re.compile(r"(?P<share>\d{0,3}(?:\.\d{1,6})?)(?<=\d)%?")


@dataclass(frozen=True)
class Blend:
    """Genres, heaviest first, each with its weight; the weights sum to 1."""

    parts: tuple[tuple[Genre, float], ...]

    @property
    def leading(self) -> Genre:
        return self.parts[0][0]

    @property
    def genres(self) -> list[Genre]:
        """Every genre of it, with the groove of the blend."""
        if len(self.parts) == 1:
            return [self.leading]
        return [one.model_copy(update={"feel": self.feel}) for one, _ in self.parts]

    @cached_property
    def feel(self) -> Feel:
        if len(self.parts) == 1:
            return self.leading.feel

        def mean(of: list[float]) -> float:
            return sum(value * weight for value, (_, weight) in zip(of, self.parts, strict=True))

        feels = [one.feel for one, _ in self.parts]
        late = sorted({name for feel in feels for name in feel.behind_ms})
        return Feel(
            swing=mean([feel.swing for feel in feels]),
            spread_ms=mean([feel.spread_ms for feel in feels]),
            behind_ms={name: mean([feel.behind_ms.get(name, 0.0) for feel in feels]) for name in late},
            velocity_spread=mean([feel.velocity_spread for feel in feels]),
        )

    def of_phrase(self, stem: str, section: str, phrase: int, seed: int) -> int:
        """Which of its genres a part plays in a phrase of a section, counted from 0."""
        place = (random.Random(f"{seed} {stem} {section} blend").random() + phrase * _GOLDEN) % 1.0
        for number, (_, weight) in enumerate(self.parts):
            place -= weight
            if place < 0:
                return number
        return 0

    @property
    def weights(self) -> tuple[tuple[str, float], ...]:
        return tuple((one.name, weight) for one, weight in self.parts)

    def __str__(self) -> str:
        return written(self.weights)


def written(weights: tuple[tuple[str, float], ...]) -> str:
    """A blend as a user would write it; `blend` reads it."""
    if len(weights) == 1:
        return weights[0][0]
    return ", ".join(f"{name} {100 * weight:.4g}%" for name, weight in weights)


@lru_cache(maxsize=256)
def blend(text: str) -> Blend:
    """A genre, or up to four with commas between them: all with a share, or none, which is equal shares.

    Raises
    ------
    ValueError
        For a genre that is not there, naming those that are, and for shares that say nothing.
    """
    named = [_with_share(piece) for piece in _BETWEEN.split(text)]
    if len(named) > MOST_GENRES:
        raise ValueError(f"a style is a blend of at most {MOST_GENRES} genres, not of {len(named)}")
    shares = [share for _, share in named if share is not None]
    if shares and len(shares) < len(named):
        raise ValueError(f"give every genre of {text[:80]!r} its share, or none: house 70%, bossa 30%")
    if any(share <= 0 for share in shares):
        raise ValueError(f"every genre of {text[:80]!r} needs a share above 0: leave out what has none")
    weights: dict[str, float] = {}
    for name, share in named:
        known = genre(name).name
        weights[known] = weights.get(known, 0.0) + (1.0 if share is None else share)
    total = sum(weights.values())
    ordered = sorted(weights.items(), key=lambda pair: -pair[1])
    return Blend(tuple((genre(name), share / total) for name, share in ordered))


def _with_share(piece: str) -> tuple[str, float | None]:
    """`70% house`, `house 70`, `house=.7` or `house`."""
    words = piece.replace("=", " ").replace(":", " ").split()
    for at in (-1, 0):
        if len(words) > 1 and (found := _SHARE.fullmatch(words[at])):
            return " ".join(words[:-1] if at else words[1:]), float(found["share"])
    return " ".join(words), None
