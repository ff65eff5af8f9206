"""Statements as they are added: where they are about, and that parts are wanted which nothing else was said of."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

from ripieno.contracts.enums import StemType
from ripieno.contracts.understanding import Kind, Place
from ripieno.music.language.clauses import Clause
from ripieno.music.language.saying import Heard, Said, State

_OF_ALL = frozenset((Kind.TEMPO, Kind.KEY, Kind.METER, Kind.STYLE, Kind.LENGTH, Kind.LANGUAGE))


def add(state: State, said: Said, heard: Heard) -> None:
    """Keep a statement, where its clause says, or where the sentence began."""
    said.clause, said.explains, said.joined = state.number, state.explains, state.joined
    said.throughout = heard.throughout and not heard.places
    said.places = said.places or heard.where or ([] if said.throughout else _there(state, said))
    said.but_places = [*said.but_places, *heard.but_places, *([] if said.places else state.sticky_but)]
    if not said.parts:
        said.but_parts = said.but_parts or list(heard.excepted)
    if heard.place_negated and heard.places and not said.negated:
        said.but_places, said.places = [*said.but_places, *said.places], []
    said.only = said.only or heard.place_only
    state.said.append(said)


def _there(state: State, said: Said) -> list[Place]:
    """Where the sentence began; where the one before was, unless it is of the whole music."""
    return [] if state.carries and said.kind in _OF_ALL else list(state.sticky)


def flush(state: State) -> None:
    """Parts that nothing was said of are wanted; of a row, where its end is, and with `only` nothing else there."""
    held, state.pending = state.pending, []
    _share_places(held)
    alone = _alone(held)
    rest: Said | None = None
    is_alone = False
    for heard, clause in held:
        on = heard.named[0]
        leads = clause.terms[on.at - 1].role == "on" if on.at else False
        if (leads and on.instrument and state.about != "request") or (heard.renews and state.about != "request"):
            kind = Kind.INSTRUMENT if leads and on.instrument else Kind.VARIATION
            said = Said(kind, heard.first, heard.last, parts=heard.parts, value=on.instrument)
            add(state, said, heard)
        else:
            begins = len(state.said)
            want(state, heard)
            wanted = state.said[begins:]
            for said in wanted:
                said.clause = heard.number
            alone_there = wanted and (wanted[0].places or heard.leaves)
            is_alone = is_alone or (heard.only_parts and bool(wanted) and not alone_there)
            if heard.only_parts and alone_there and rest is None:
                rest = Said(Kind.PART, heard.first, held[-1][0].last, negated=True, places=list(wanted[0].places))
            for said in wanted if rest is not None and set(heard.parts) <= set(alone) else ():
                said.only = False
    if is_alone:
        nobody_else(state)
    if rest is not None:
        add(state, replace(rest, but_parts=alone), Heard())
    if held:
        state.subject = list(dict.fromkeys(part for heard, _ in held for part in heard.parts))


def nobody_else(state: State) -> None:
    """`piano and flute, nothing else`: everybody is out but those who are wanted anywhere, and who sings if somebody is
    to sing."""
    wanted = [one for one in state.said if one.kind in (Kind.PART, Kind.VOICE) and not one.negated]
    parts = list(dict.fromkeys(part for one in wanted for part in one.parts))
    if state.about == "request" and parts:
        first, last = min(one.first for one in wanted), max(one.last for one in wanted)
        state.said = [one for one in state.said if not (one.kind == Kind.PART and one.negated and one.but_parts)]
        state.said.append(Said(Kind.PART, first, last, negated=True, but_parts=parts, clause=state.number))


def _alone(held: list[tuple[Heard, Clause]]) -> list[StemType]:
    """The parts of the row that `only` stands before."""
    parts: list[StemType] = []
    for heard, clause in held:
        goes_on = parts and clause.joined in ("and", "or") and heard.where in ([], held[0][0].where)
        if heard.only_parts or (goes_on and not (heard.wants or heard.enters)):
            parts += heard.parts
        elif parts:
            break
    return parts


def _share_places(held: list[tuple[Heard, Clause]]) -> None:
    """`a bass line and a pad under the chorus` are both there."""
    for (heard, _), (following, joined) in reversed(list(pairwise(held))):
        goes_on = joined.joined in ("and", "or") and not following.wants
        if goes_on and not (heard.places or heard.throughout) and not following.place_negated:
            heard.places, heard.place_only = following.places, following.place_only


def want(state: State, heard: Heard) -> None:
    """The parts of a clause are to be there; with a place, there alone."""
    for one in heard.named:
        if one.is_own and state.about == "request":  # `so that I can practise my guitar`
            continue
        said = Said(Kind.PART, one.term.first, one.term.last, parts=[one.part], value=one.instrument)
        add(state, said, heard)
        if said.places and not heard.returns:
            said.only, said.only_implied = True, not said.only
    state.subject, state.but_subject = heard.parts, []
