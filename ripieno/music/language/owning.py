"""Whose a change is, and which of the parts that it is said of are wanted."""

from __future__ import annotations

from ripieno.contracts.enums import StemType
from ripieno.contracts.understanding import Kind
from ripieno.music.language.clauses import Clause
from ripieno.music.language.saying import GLOBAL, Heard, Said, State
from ripieno.music.language.telling import add
from ripieno.music.language.terms import Term


def is_beside(at: int, said: Said, heard: Heard, terms: list[Term]) -> bool:
    """`a dreamy piano`, `the piano too happy`; not `something sad with a piano`."""
    if not heard.named or heard.named[0].at < at:
        return bool(heard.named)
    apart = ("want", "only", "unknown", *(("in", "crop") if said.kind == Kind.MOOD else ()))
    return not any(one.role in apart for one in terms[at : heard.named[0].at])


def is_led(terms: list[Term], at: int) -> bool:
    """`on the vocals`."""
    before = next((one.role for one in reversed(terms[:at]) if one.role != "the"), "")
    return before in ("in", "on", "crop", "fill", "from")


def owners(at: int, heard: Heard) -> list[StemType]:
    """Whose a change is, of the parts of its clause: all of them, or those beside it where it stands between."""
    places = [number for number, _ in heard.preds]
    named = heard.named
    if all(one.at < min(places) for one in named):
        return heard.parts
    if all(one.at >= max(places) for one in named):
        return [named[0].part]
    after = [one.part for one in named if one.at >= at and not any(at < n < one.at for n in places)]
    before = [one.part for one in named if one.at < at and not any(one.at < n < at for n in places)]
    leads = named[0].at < min(places)
    return list(dict.fromkeys(before or after if leads else after or before))


def is_wanted(state: State, heard: Heard, meaning: list[tuple[int, Said]], subject_first: bool) -> bool:
    """`a darker pad`, `loud drums` ask for the part; `the bass louder`, `louder drums` are about one that is there."""
    if not meaning:
        return heard.wants or state.about == "request"
    if any(said.kind == Kind.PRESENCE or said.negated for _, said in meaning):
        return heard.wants and not any(said.kind == Kind.PRESENCE for _, said in meaning)
    if all(one.is_definite for one in heard.named):
        return False
    is_long = all(said.kind == Kind.LENGTH and said.absolute for _, said in meaning)
    if heard.wants or (heard.article and (is_long or not subject_first)):
        return True
    if state.about == "request" and all(
        said.kind in GLOBAL and said.kind != Kind.MOOD for said in [one for _, one in meaning]
    ):
        return True
    if heard.article or (state.about == "request" and any(one.instrument for one in heard.named)):
        return state.about == "request"
    leads = subject_first and heard.named[0].at + 1 == meaning[0][0] and bool(heard.named[0].instrument)
    plain = (leads or not subject_first) and not any(said.compares or said.unit for _, said in meaning)
    return plain and state.about == "request"


def on_instrument(state: State, heard: Heard, clause: Clause) -> None:
    """`the bass on a slap bass`, or an instrument that a change was said of."""
    for one in heard.named:
        if one.instrument and one.at and clause.terms[one.at - 1].role == "on":
            said = Said(Kind.INSTRUMENT, one.term.first, one.term.last, parts=[one.part], value=one.instrument)
            add(state, said, heard)
