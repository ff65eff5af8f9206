"""Who and what is left out, and what a negator at the end of a clause takes back."""

from __future__ import annotations

from dataclasses import replace as changed

from ripieno.contracts.understanding import Kind
from ripieno.music.language.clauses import Clause
from ripieno.music.language.saying import GLOBAL, NEGATORS, Heard, Said, State
from ripieno.music.language.telling import add, flush
from ripieno.music.language.terms import Term
from ripieno.music.language.whereabouts import place_back

_SOLO = "lead guitar"


def leave_out(state: State, clause: Clause, heard: Heard, begins: int) -> None:
    quiet = [said for _, said in heard.preds if said.amount is not None or said.negated or said.kind == Kind.LYRICS]
    object_is_noun = quiet and (not heard.named or heard.preds[0][0] < heard.named[0].at) and clause.has("noun")
    if heard.removes and quiet and (object_is_noun or not heard.named):
        for said in quiet:
            said.parts = said.parts or heard.parts
        for said in quiet:
            add(state, said, heard)
        return
    if any(one.instrument == _SOLO for one in heard.named) and not heard.places:
        for one in heard.named:
            one.term.used = False  # without its solo the guitar still plays
        return
    parts = heard.parts
    before = [said for said in state.said[begins:] if said.kind not in GLOBAL or said.kind == Kind.PART]
    is_exception = heard.negates_parts and not heard.removes and clause.joined in ("but", "comma") and clause.has("not")
    if is_exception and before and before[-1].kind != Kind.PART and not before[-1].negated and not before[-1].parts:
        before[-1].but_parts += parts
        return
    if is_exception and clause.joined == "but" and before and before[-1].kind == Kind.PART and before[-1].negated:
        add(state, Said(Kind.KEEP, heard.first, heard.last, parts=parts), heard)  # `no drums, but not the bass`
        return
    if is_exception and before and before[-1].amount is not None and before[-1].parts and not heard.places:
        return  # `the drums are too loud, not the bass`
    sections = [term for term in heard.places if not term.data.prep and not term.data.is_bars]
    if not parts and sections and _is_no_section(clause, sections):
        flush(state)
    _flush_or_take(state, clause, heard)
    parts = heard.parts
    excepted = sections and not parts and clause.has("not") and not clause.has("remove", "no")
    said_before = state.said[begins:]
    if excepted and said_before and clause.joined in ("but", "comma") and said_before[-1].places:
        return  # `the verse shorter, but not the chorus`
    if not parts and sections and clause.terms[0].role == "not" and not clause.has("no", "remove"):
        for term in clause.terms:
            term.used = False  # `not verse 1`: to be left out, or only not meant
        return
    is_a_section = bool(sections) and _is_no_section(clause, sections)
    alone = not state.pending and (not state.subject or not clause.joined)
    if not parts and sections and not heard.rests and (is_a_section or alone):
        for place in (place for term in sections for place in term.data.places):
            said = Said(Kind.SECTION, heard.first, heard.last, negated=True, value=place.section)
            state.said.append(changed(said, clause=state.number))
        return
    if not parts and not heard.everything and (clause.joined or heard.rests or (heard.removes and not heard.places)):
        parts = list(state.subject or state.before.subject)
    if not parts and not heard.places and not heard.everything and not heard.excepted:
        return
    kind_of = next((one.instrument for one in heard.named if one.instrument), None)
    said = Said(Kind.PART, heard.first, heard.last, negated=True, parts=parts, value=kind_of)
    said_of = before[-1] if before and not heard.named and not heard.where else None
    if said_of is not None and said_of.parts == parts and not said_of.negated:
        said.places = list(said_of.places)  # `too loud in the chorus, take them out`
    if clause.joined and not heard.where and before and before[-1].kind == Kind.PART and before[-1].negated:
        said.places = list(before[-1].places)  # `bass out in the bridge, drums out too`
    last = state.said[-1] if state.said else None
    neither = any(one.role == "not" and one.value == "neither" for one in clause.terms)
    if neither and last is not None and last.kind == Kind.PART and last.negated and not heard.where:
        said.places = list(last.places)
    stops = any(one.role == "remove" and one.value == "stops" for one in clause.terms)
    if stops and clause.joined and not heard.where and state.said[begins:]:  # `..., and the drums stop there`
        said.places = list(state.said[-1].places)
    add(state, said, heard)
    state.row, state.row_clause = said, state.number
    state.subject = parts
    for _, pred in heard.preds:
        if pred.kind in GLOBAL or (pred.amount is not None and not heard.removes and heard.negates_parts):
            pred.parts = []
            add(state, changed(pred, inherits=True) if pred.kind not in GLOBAL else pred, Heard())
    place_back(state, heard, begins)


def _is_no_section(clause: Clause, sections: list[Term]) -> bool:
    """`no bridge`, `ohne Refrain`: the negator, or what removes, stands right before it."""
    at = next((n for n, one in enumerate(clause.terms) if one is sections[0]), 0)
    before = next((one for one in reversed(clause.terms[:at]) if one.role not in ("the", "a", "fill", "degree")), None)
    return before is not None and (before.role == "no" or (before.role == "remove" and not before.value))


def _flush_or_take(state: State, clause: Clause, heard: Heard) -> None:
    """`drums and bass out`: those that wait are left out too, where the negator comes behind."""
    if not state.pending:
        return
    behind = (
        (heard.removes or heard.negates_parts)
        and heard.named
        and not any(term.role in ("remove", *NEGATORS) for term in clause.terms[: heard.named[0].at])
    )
    trails = heard.removes and not heard.named and (not heard.places or state.about != "request")
    asked_for = any(  # `bass yes, drums no`
        waiting.wants or waiting.place_only or (waiting.enters and waiting.places) for waiting, _ in state.pending
    )
    if clause.joined in ("and", "or", "comma", "but") and (behind or trails) and not asked_for:
        for waiting, _ in reversed(state.pending):
            heard.named = [*waiting.named, *heard.named]
            heard.first = min(heard.first, waiting.first)
            heard.places = heard.places or waiting.places
        state.pending = []
    else:
        flush(state)
