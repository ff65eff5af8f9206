"""Statements as they are added: where they are about, and that parts are wanted which nothing else was said of."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

from ripieno.contracts.understanding import Kind
from ripieno.music.language.clauses import Clause
from ripieno.music.language.saying import Heard, Said, State


def add(state: State, said: Said, heard: Heard, clause: Clause | None = None) -> None:
    said.clause = state.number
    said.places = said.places or heard.where or list(state.sticky)
    said.but_places = [*said.but_places, *heard.but_places]
    if not said.parts:
        said.but_parts = said.but_parts or list(heard.excepted)
    if heard.place_negated and heard.places and not said.negated:
        said.but_places, said.places = [*said.but_places, *said.places], []
    said.only = said.only or heard.place_only
    state.said.append(said)


def flush(state: State) -> None:
    """Parts that nothing was said of are wanted; of a row, where its end is, and with `only` nothing else there."""
    held, state.pending = state.pending, []
    _share_places(held)
    wanted: list[Said] = []
    for heard, clause in held:
        on = heard.named[0]
        leads = clause.terms[on.at - 1].role == "on" if on.at else False
        if (leads and on.instrument and state.about != "request") or (heard.renews and state.about != "request"):
            kind = Kind.INSTRUMENT if leads and on.instrument else Kind.VARIATION
            said = Said(kind, heard.first, heard.last, parts=heard.parts, value=on.instrument)
            add(state, said, heard, clause)
        else:
            begins = len(state.said)
            want(state, heard, clause)
            wanted += state.said[begins:]
    if wanted and wanted[0].places and any(heard.only_parts for heard, _ in held):
        parts = [part for heard, _ in held for part in heard.parts]
        rest = Said(Kind.PART, held[0][0].first, held[-1][0].last, negated=True, but_parts=parts)
        add(state, replace(rest, places=list(wanted[0].places)), Heard())
        for said in wanted:
            said.only = False
    if held:
        state.subject = [part for heard, _ in held for part in heard.parts]


def _share_places(held: list[tuple[Heard, Clause]]) -> None:
    """`a bass line and a pad under the chorus` are both there."""
    for (heard, _), (following, joined) in reversed(list(pairwise(held))):
        if joined.joined in ("and", "or") and not heard.places and not following.place_negated:
            heard.places, heard.place_only = following.places, following.place_only


def want(state: State, heard: Heard, clause: Clause) -> None:
    for one in heard.named:
        said = Said(Kind.PART, one.term.first, one.term.last, parts=[one.part], value=one.instrument)
        add(state, said, heard, clause)
        if said.places:
            said.only = True
    state.subject, state.but_subject = heard.parts, []
