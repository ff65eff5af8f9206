"""A taste as it is shown: in words and figures."""

from __future__ import annotations

from ripieno.contracts.preferences import Choice, Leaning, Lessons, Liking, Preferences
from ripieno.music.taste import wording
from ripieno.music.taste.beliefs import Beta
from ripieno.music.taste.learning import Taste, learned

_EVEN = Beta(0.5, 0.5)  # of what nothing was said yet; a figure of one verdict is no certainty


def preferences(known: Lessons | None) -> Preferences:
    """What some lessons come to; None is of somebody who never said anything."""
    if known is None:
        return Preferences()
    taste = learned(known.lessons)
    return Preferences(
        sentences=wording.sentences(taste),
        engines=_likings(taste, "engines"),
        styles=_likings(taste, "styles"),
        shades=[
            Leaning(
                shade=name,
                stem_type=stem,
                mean=round(belief.mean, 3) + 0.0,  # never -0.0
                deviation=round(belief.deviation, 3),
                told=round(belief.told, 2),
            )
            for (name, stem), belief in taste.shades.items()
            if stem is None or belief.told >= wording.TOLD
        ],
        verdicts=len(known.lessons),
        updated_at=known.updated_at,
    )


def _likings(taste: Taste, kind: Choice) -> list[Liking]:
    """What is liked most first."""
    found = [
        Liking(name=name, liked=round(one.plus(_EVEN).mean, 3), told=round(one.liked + one.disliked, 2))
        for name, one in taste.choices.get(kind, {}).items()
    ]
    return sorted(found, key=lambda one: (-one.liked, one.name))
