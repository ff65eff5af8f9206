"""Clauses that are no orders of their own: in doubt, of instruments that cannot be had, complaints, and of the rest.

What is not understood here is said to be so (`Understanding.not_understood`), and changes nothing; but those who were
spoken of stay the ones that the next clause may be about.
"""

from __future__ import annotations

from ripieno.contracts.understanding import Kind
from ripieno.music.language.clauses import Clause
from ripieno.music.language.saying import GLOBAL, Heard, Said, State
from ripieno.music.language.telling import add, flush

_AUDIBLE = 0.5  # how much more there is to be of what is not heard


def is_read_apart(state: State, clause: Clause, heard: Heard, begins: int) -> bool:
    """Whether the clause was one of these; then all is said of it that can be."""
    bare = not heard.preds and not heard.removes and not heard.negates_parts
    if heard.doubtful or (state.doubted and bare and heard.named and clause.joined in ("and", "or")):
        _give_up(state, clause, heard)
        return True
    state.doubted = False
    if heard.named:
        state.absent = False
    if heard.nowhere:
        _nowhere_else(state, begins)
        return bare and not heard.named
    if heard.inaudible:
        _complain(state, heard)
        return True
    if heard.others and not heard.named:
        return _the_rest(state, heard, bare=bare)
    goes_on = state.absent and bool(clause.joined) and not heard.named and not heard.everything and not bare
    if (heard.absent and not heard.named) or goes_on:
        _do_without(state, clause, heard, bare=bare)
        return True
    if heard.is_of_a_piece and not (bare or _is_of_the_groove(heard)):
        _do_without(state, clause, heard, bare=False)
        return True
    if heard.is_of_a_piece and heard.keeps:
        return True  # nothing happens to it
    if heard.remark and bare and heard.named and not heard.keeps and not heard.wants:
        _give_up(state, clause, heard)
        return True
    return False


def _give_up(state: State, clause: Clause, heard: Heard) -> None:
    """Nothing is read of the clause, nor of those that wait for it."""
    waiting = [term for held, joined in state.pending for term in joined.terms] if clause.joined else []
    named = [one for held, _ in state.pending for one in held.parts] if clause.joined else []
    if clause.joined:
        state.pending = []
    flush(state)
    for term in [*waiting, *clause.terms]:
        term.used = False
    state.subject = [*named, *heard.parts] or state.subject
    state.doubted = heard.doubtful or state.doubted
    if heard.places:
        state.sticky, state.lead = heard.where, heard.places[0]


def _do_without(state: State, clause: Clause, heard: Heard, *, bare: bool) -> None:
    """Of an instrument that cannot be had nothing can be said but that it is not to be."""
    if not bare:
        for term in clause.terms:
            term.used = term.role == "absent" and term.used
    else:
        for one in heard.named:
            one.term.used = False
    state.row, state.absent = None, True
    if heard.places:
        state.sticky, state.lead = heard.where, heard.places[0]


def _is_of_the_groove(heard: Heard) -> bool:
    """What all the drums do when one of them does it."""
    groove = (Kind.SWING, Kind.ONSETS, Kind.PULSE, Kind.TIMING, Kind.DENSITY, Kind.STYLE)
    kinds = [said.kind for _, said in heard.preds]
    return bool(kinds) and not heard.removes and all(kind in groove or kind in GLOBAL for kind in kinds)


def _nowhere_else(state: State, begins: int) -> None:
    """`nothing anywhere else`: what was said before holds there only."""
    flush(state)
    said = [one for one in (state.said[begins:] or state.said) if one.places and not one.negated]
    for one in said:
        if one.kind == Kind.PART:
            one.only = True


def _complain(state: State, heard: Heard) -> None:
    """`I can't hear the violin`: there is to be more of it."""
    flush(state)
    parts = heard.parts or state.subject or state.before.subject
    if parts:
        said = Said(Kind.PRESENCE, heard.first, heard.last, parts=list(parts), amount=_AUDIBLE, complains=True)
        add(state, said, heard)
        state.subject = list(parts)
        if heard.places:
            state.sticky, state.lead = heard.where, heard.places[0]


def _the_rest(state: State, heard: Heard, *, bare: bool) -> bool:
    """`everything else softer` is about all but those named before; that the rest is fine says nothing."""
    if bare:
        return not heard.places
    known = state.subject or state.before.subject or [part for one in state.said for part in one.parts]
    heard.everything = True
    heard.excepted += [part for part in dict.fromkeys(known) if part not in heard.excepted]
    if not known and not heard.places and state.last_place is not None:
        heard.but_places += state.last_place.data.places
    return False
