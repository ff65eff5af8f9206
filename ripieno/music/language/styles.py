"""The style that a prompt names: one genre, or a blend where several are joined.

`jazz and house`, `70% house 30% bossa`, `half reggae, half techno`, `rock with a touch of bossa`. Genres that stand
apart (`a jazz bass and funk drums`) are no blend: the first counts.
"""

from __future__ import annotations

import re

from ripieno.music.genres.blending import MOST_GENRES, written

_JOINED = re.compile(r"[\s,]*(?:and|&|\+|/|-|x|meets|with)?\s*")
_HINT = re.compile(r"\s*with (?:just )?(?:a|some) (?:little |bit of |touch of |hint of |dash of )+\s*|\s*with some\s+")
_SHARE = re.compile(r"(\d{1,3}(?:\.\d+)?)\s*(?:%|per ?cent)\s*(?:of\s+)?$|\b(half)\s+$")
_OF_A_HINT = 0.25
_VAGUE = re.compile(r"love songs?|liebeslied(?:er)?|canción de amor|chanson d'amour|slow songs?")
"""What a song is of by its words or its pace: a style only where none is named (`a love song, reggae`)."""


def heard(text: str, names: dict[str, list[str]]) -> str | None:
    """A style as `blending.blend` reads it, None where the text names none.

    Parameters
    ----------
    names : what each genre is called
    """
    found = _named(text, names)
    found = [one for one in found if not _VAGUE.fullmatch(text[one[1] : one[2]])] or found
    if not found:
        return None
    shares = [_share(text[before:start]) for (_, start, _), before in zip(found, _ends(found), strict=True)]
    together = found[:1]
    weights: list[float | None] = [shares[0]]
    for number, one in enumerate(found[1:], start=1):
        between = text[together[-1][2] : one[1]]
        if shares[number] is not None and weights[0] is not None and not re.search(r"[.;!?]", between):
            weights.append(shares[number])
        elif _HINT.fullmatch(between):
            weights = [1 - _OF_A_HINT, _OF_A_HINT] if weights == [None] else [*weights, None]
        elif _JOINED.fullmatch(between) and weights[0] is None:
            weights.append(None)
        else:
            break
        together.append(one)
    if len(together) == 1:
        return found[0][0]
    total = sum(weight or 1.0 for weight in weights[:MOST_GENRES])
    sums: dict[str, float] = {}
    for (name, _, _), weight in list(zip(together, weights, strict=True))[:MOST_GENRES]:
        sums[name] = sums.get(name, 0.0) + (weight or 1.0) / total
    return written(tuple(sorted(sums.items(), key=lambda pair: -pair[1])))


def _named(text: str, names: dict[str, list[str]]) -> list[tuple[str, int, int]]:
    """Genres with where they stand, in order; of two that overlap the longer."""
    places = [
        (genre, found.start(), found.end())
        for genre, words in names.items()
        for word in words
        for found in re.finditer(rf"(?<!\w){re.escape(word)}(?!\w)", text)
    ]
    kept: list[tuple[str, int, int]] = []
    for one in sorted(places, key=lambda place: (place[1] - place[2], place[1])):
        if all(one[2] <= other[1] or one[1] >= other[2] for other in kept):
            kept.append(one)
    return sorted(kept, key=lambda place: place[1])


def _ends(found: list[tuple[str, int, int]]) -> list[int]:
    """Where what stands before each begins."""
    return [0, *(end for _, _, end in found[:-1])]


def _share(before: str) -> float | None:
    named = _SHARE.search(before)
    if named is None:
        return None
    return 50.0 if named[2] else float(named[1]) or None
