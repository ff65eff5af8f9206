"""What is to stay as it is, and what is said of those who are kept."""

from __future__ import annotations

from ripieno.contracts.understanding import Kind
from ripieno.music.language.clauses import Clause
from ripieno.music.language.saying import NEGATORS, Heard, Said, State
from ripieno.music.language.telling import add, flush

_KEPT_TO = frozenset((Kind.NOTES, Kind.ONSETS, Kind.PULSE))


def keeps_on(state: State, clause: Clause, heard: Heard, begins: int) -> bool:
    """`don't touch the piano nor the bass`."""
    last = state.said[-1] if state.said[begins:] else None
    nor = clause.terms[0].role == "no" and clause.terms[0].value == "nor"
    if last is None or last.kind != Kind.KEEP or not (nor and heard.named) or heard.preds or not last.parts:
        return False
    last.parts += [part for part in heard.parts if part not in last.parts]
    state.subject = list(last.parts)
    return True


def keeps_all(said: Said) -> bool:
    return said.kind == Kind.KEEP and not (said.parts or said.places or said.value)


def praises(state: State, clause: Clause, heard: Heard) -> bool:
    """`the bass: super`, of what is there."""
    last = clause.terms[-1]
    is_good = last.role == "degree" or (last.role, last.value) == ("fill", "praise")
    small = {one.role for one in clause.terms} <= {"the", "fill", "part", "instrument", "degree"}
    return state.about != "request" and bool(heard.named) and is_good and small


def is_kept(state: State, said: Said) -> bool:
    """`keep the delay`; of what is there, `I love how quiet the drums are` too."""
    as_it_is = state.about == "comment" and not (said.compares or said.too or said.unit)
    if said.kind in _KEPT_TO and state.about != "comment":
        return False  # `keep it to the roots`
    return said.amount is None or said.is_named or as_it_is


def _stays_there(state: State, clause: Clause, heard: Heard) -> bool:
    """`lose the synth. Well, it can stay in the outro`: then it is only there."""
    last = state.said[-1] if state.said else None
    is_out = last is not None and last.kind == Kind.PART and last.negated and bool(last.parts) and not last.places
    is_there = bool(heard.places) and heard.places[0].data.prep == "in" and not heard.place_negated
    of_them = not heard.named or (last is not None and heard.parts == last.parts)
    if last is None or not (is_out and is_there and of_them) or clause.has(*NEGATORS):
        return False
    last.negated, last.places, last.only = False, heard.where, True
    return True


def _is_all_beside(heard: Heard) -> bool:
    """`the drums busier from verse 2 on, before that it's fine`: all of it is."""
    return bool(heard.places) and all(term.data.is_beside for term in heard.places) and not heard.of_them


def keep(state: State, clause: Clause, heard: Heard) -> None:
    last = state.said[-1] if state.said else None
    goes_on = clause.joined == "comma" and not (heard.named or heard.places)
    is_the_rest = last is not None and last.kind == Kind.KEEP and last.clause == state.number - 1
    if goes_on and is_the_rest and last is not None and last.but_parts:
        return  # `leave the rest, as it is`
    mine = [one for one in state.pending if not one[0].place_only]
    state.pending = [one for one in state.pending if one[0].place_only]
    flush(state)  # `the sax only in the intro, and leave the guitar as it is`
    state.pending = mine
    waiting = [one for held, _ in state.pending for one in held.named]
    heard.named = [*waiting, *heard.named]
    state.pending = []
    nouns = [said for _, said in heard.preds]
    if not heard.named and not heard.everything and (clause.joined or state.before.is_name):
        own = state.subject or (state.before.subject if state.before.is_name and not heard.places else [])
        heard.kept = [] if _is_all_beside(heard) else list(own)
    if _stays_there(state, clause, heard):
        return
    if not nouns:
        said = Said(Kind.KEEP, heard.first, heard.last, parts=heard.parts or heard.kept)
        told = any(one.but_parts == state.but_subject for one in state.said if one.but_parts)
        if not said.parts and told and clause.joined and not heard.excepted:  # `all but the vocals, they're fine`
            said.parts = list(state.but_subject)
        elif not said.parts:
            said.but_parts = list(heard.excepted or (state.but_subject if clause.joined else []))
        add(state, said, heard)
    for said in nouns:
        value = said.value or str(said.kind)
        add(state, Said(Kind.KEEP, heard.first, heard.last, parts=heard.parts, value=value), heard)
    state.subject = heard.parts or state.subject
    if heard.named and not nouns:
        state.row, state.row_clause = state.said[-1], state.number
