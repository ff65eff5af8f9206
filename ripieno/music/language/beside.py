"""Places by other places: where somebody comes in, and what is before or after the one that was named last."""

from __future__ import annotations

from dataclasses import replace

from ripieno.contracts.understanding import MOST_BARS, Place
from ripieno.music.language.terms import Term


def onward(term: Term) -> Term:
    """The place where somebody comes in, as the place from there on."""
    on = [
        place.model_copy(update={"bars": (place.bars[0], MOST_BARS)} if place.bars else {"side": "from"})
        if place.side == "in" and not (place.bars and place.bars[0] < 0)
        else place
        for place in term.data.places
    ]
    return replace(term, data=replace(term.data, places=on))


def beside(place: Term, term: Term) -> Term:
    """`before that`, `after that`: what comes before or after the place that was named last."""
    earlier = term.value == "earlier" or term.role == "before"
    found: list[Place] = []
    for one in place.data.places:
        if one.bars and one.section is None and one.side == "in" and one.bars[0] > 1 and earlier:
            found.append(Place(bars=(1, one.bars[0] - 1)))
        else:
            found.append(one.model_copy(update={"side": "before" if earlier else "after"}))
    return replace(place, data=replace(place.data, places=found, prep="in"), first=term.first, last=term.last)
