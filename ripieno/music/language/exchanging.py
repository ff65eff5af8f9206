"""One part for another: `swap the piano for a pad`, `a pad instead of the piano`."""

from __future__ import annotations

from dataclasses import replace as changed

from ripieno.contracts.enums import StemType
from ripieno.contracts.understanding import Kind
from ripieno.music.instruments import all_instruments
from ripieno.music.language.clauses import Clause
from ripieno.music.language.saying import Heard, Named, Said, State


def swapped(state: State, clause: Clause, heard: Heard) -> bool:
    """`swap the piano for a pad`, `a pad instead of the piano`; whether the clause was that."""
    roles = [term.role for term in clause.terms]
    if heard.keeps and "swap" in roles:  # `don't swap ...`
        cut = roles.index("for") if "for" in roles else len(roles)
        heard.named = [one for one in heard.named if one.at < cut]
        return False
    if "instead of" in roles and len(heard.named) >= 1:
        cut = roles.index("instead of")
        following = next((role for role in roles[cut + 1 :] if role not in ("the", "a", "fill", "degree")), "")
        if following in ("concept", "comparative", "noun"):
            return False  # `instead of staccato the strings legato`
        if all(one.at < cut for one in heard.named):
            return False
        new = [one for one in heard.named if one.at < cut]
        old = [one for one in heard.named if one.at > cut]
        if cut < 2 and len(old) > 1 and not new:  # instead of the piano a pad
            old, new = old[:1], old[1:]
        if not new and state.pending:
            new = [one for waiting, _ in state.pending for one in waiting.named]
            state.pending = []
        if old and (new or not clause.has("unknown")):
            _exchange(state, old, new, heard)
            return True
        if old:  # `brushes instead of sticks on the drums`
            for term in clause.terms:
                term.used = False
            return True
    if "swap" in roles:
        state.swapping, state.old = "old", []
    if not state.swapping:
        return False
    voices = [said for _, said in heard.preds if said.kind == Kind.VOICE]
    if voices and all(one.part == StemType.VOCALS for one in (*state.old, *heard.named)):
        for said in voices:  # `swap the singer for a man`
            said.parts, said.places = [StemType.VOCALS], list(heard.where)
            state.said.append(said)
        state.swapping, state.subject = "", [StemType.VOCALS]
        return True
    cut = roles.index("for") if "for" in roles else len(roles)
    if state.swapping == "old":
        state.old += [one for one in heard.named if one.at < cut]
    if "for" not in roles:
        return True
    new = [one for one in heard.named if one.at > cut]
    _exchange(state, state.old, new, heard)
    state.swapping = ""
    return True


def _exchange(state: State, old: list[Named], new: list[Named], heard: Heard) -> None:
    held = state.lead is None or bool(state.lead.data.prep)  # not of what was merely spoken of before
    where = [*heard.where, *(state.sticky if held else [])]
    first = min([heard.first, *(one.term.first for one in [*old, *new])])
    stems = {one.part for one in new}
    if len(old) == len(new) == 1 and old[0].part == new[0].part and new[0].instrument:
        said = Said(Kind.INSTRUMENT, first, heard.last, value=new[0].instrument, parts=[old[0].part])
        state.said.append(changed(said, places=where, but_places=list(heard.but_places), clause=state.number))
        state.subject = [old[0].part]
        return
    for one in old:
        if one.part not in stems:
            said = Said(Kind.PART, first, heard.last, negated=True, parts=[one.part], value=one.instrument)
            state.said.append(changed(said, places=list(where), but_places=list(heard.but_places), clause=state.number))
    for one in new:
        said = Said(Kind.PART, first, heard.last, parts=[one.part], value=one.instrument or _plain(one, old))
        state.said.append(changed(said, places=list(where), but_places=list(heard.but_places), clause=state.number))
    state.subject = [one.part for one in new] or state.subject


def _plain(new: Named, old: list[Named]) -> str | None:
    """`a piano instead of the electric piano` is the instrument that the part is called after."""
    is_named = any(one.part == new.part for one in old) and str(new.part) in all_instruments()
    return str(new.part) if is_named else None
