"""Who is wanted for a solo: `a saxophone solo` is a section of the piece, and nobody hears the saxophone elsewhere."""

from __future__ import annotations

from ripieno.contracts.understanding import Kind, Place
from ripieno.music.language.clauses import Clause
from ripieno.music.language.saying import Said, State
from ripieno.music.language.terms import Term

_SOLO = "solo"
_LEADS = ("a", "on", "want")


def in_solos(state: State, clauses: list[Clause], begins: int) -> None:
    """Of a request, keep to its solo whoever is asked for only as its soloist, where no other place is said."""
    soloists = [(n, one) for n, clause in enumerate(clauses) for one in _soloists(clause.terms)]
    for number, term in soloists if state.about == "request" else ():
        said = [one for one in state.said[begins:] if one.kind == Kind.PART and one.value == term.value]
        mine = [one for one in said if one.clause == number and not (one.negated or one.places or one.but_places)]
        if len(said) != 1 or not mine:
            continue
        mine[0].places, mine[0].only = [Place(section=_SOLO)], True
        if not any(one.kind == Kind.SECTION and one.value == _SOLO for one in state.said):
            state.said.append(Said(Kind.SECTION, term.first, term.last, value=_SOLO, clause=number))


def _soloists(terms: list[Term]) -> list[Term]:
    """`a saxophone solo`, `un solo de saxo`; not `piano solo`, which is the piano by itself."""
    found: list[Term] = []
    for n, one in enumerate(terms):
        before = terms[n - 1].role if n else ""
        if one.role == "instrument" and n + 1 < len(terms) and terms[n + 1].detail == _SOLO and before in _LEADS:
            found.append(one)
        is_led = n > 2 and terms[n - 1].role in ("from", "in", "on") and terms[n - 3].role in _LEADS
        is_solo = n > 2 and (terms[n - 2].detail == _SOLO or terms[n - 2].role == "only")
        if one.role == "instrument" and is_led and is_solo:
            found.append(one)
    return found
