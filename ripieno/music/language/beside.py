"""Places by other places: where somebody comes in, what is before or after the one named last, bars of a section."""

from __future__ import annotations

from dataclasses import replace

from ripieno.contracts.understanding import MOST_BARS, Place
from ripieno.music.language.saying import State
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


def beside(place: Term, term: Term, *, goes_on: bool = False) -> Term:
    """`before that`, `after that`: what comes before or after the place that was named last, or from there on."""
    if goes_on:
        on = onward(place)
        return replace(on, data=replace(on.data, prep="in", is_beside=True), first=term.first, last=term.last)
    earlier = term.value == "earlier" or term.role == "before"
    found: list[Place] = []
    for one in place.data.places:
        if one.bars and one.section is None and one.side == "in" and one.bars[0] > 1 and earlier:
            found.append(Place(bars=(1, one.bars[0] - 1)))
        elif one.side == "before" and not earlier:  # `until the chorus, and then`
            found.append(one.model_copy(update={"side": "from"}))
        else:
            found.append(one.model_copy(update={"side": "before" if earlier else "after"}))
    return replace(
        place, data=replace(place.data, places=found, prep="in", is_beside=True), first=term.first, last=term.last
    )


def goes_on_there(state: State, terms: list[Term], term: Term) -> bool:
    """`half-time drums in the bridge, and from there on the bass an octave down`: there too, not only behind it."""
    named = [str(one.value) for one in terms if one.role == "part"]
    last = state.said[-1] if state.said else None
    is_apart = last is not None and bool(last.parts) and not last.negated and not set(named) & set(map(str, last.parts))
    return term.value == "onwards" and bool(named) and is_apart


def of_the_section(lead: Term | None, terms: list[Term]) -> list[Term]:
    """`the bridge: ..., drums out for its first two bars` is about those bars of it."""
    if len(terms) != 1 or lead is None or lead.data.is_bars or not terms[0].data.is_bars:
        return terms
    return within([lead, terms[0]]) if len(within([lead, terms[0]])) == 1 else terms


def within(terms: list[Term]) -> list[Term]:
    """`the last chorus ... for the first 4 bars` is about those bars of it."""
    if len(terms) != 2 or terms[0].data.is_bars == terms[1].data.is_bars:
        return terms
    bars, section = terms if terms[0].data.is_bars else terms[::-1]
    (counted, *more), (named, *others) = bars.data.places, section.data.places
    from_an_end = counted.bars is not None and (counted.bars[0] == 1 or counted.bars[0] < 0) and not counted.section
    if more or others or not from_an_end or counted.half or (counted.side, named.side) != ("in", "in"):
        return terms
    both = Place(section=named.section, bars=counted.bars)
    return [replace(terms[0], data=replace(bars.data, places=[both]))]
