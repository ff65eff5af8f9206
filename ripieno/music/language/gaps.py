"""Clauses that leave out what the one before them said: `more swing on the drums, less on the rest`, `reverb on the
piano, but not on the voice`, `louder in the chorus, in the verses not`."""

from __future__ import annotations

from dataclasses import replace
from itertools import takewhile

from ripieno.contracts.understanding import Kind
from ripieno.music.language.clauses import Clause
from ripieno.music.language.saying import GLOBAL, NEGATORS, Heard, Said, State
from ripieno.music.language.telling import flush
from ripieno.music.language.terms import Term

_TURNS = ("more", "less", *NEGATORS)
_SMALL = ("fill", "the", "a", "in", "on", "crop", "so", "degree", "too", "up", "down", "want")
_OTHERS = ("part", "instrument", "everything", "others", "place")
_LEADS = ("in", "on", "crop", "to", "a")


def goes_without_saying(state: State, clause: Clause, heard: Heard, begins: int) -> bool:
    """Whether the clause is one of these; then what was said before is said of others, or of other places."""
    last = next((one for one in reversed(state.said[begins:]) if one.kind not in GLOBAL), None)
    if last is None and not clause.joined and _is_said_of_others_too(clause, heard) and not state.pending:
        number, state.number = state.number, state.said[-1].clause + 1 if state.said else 0
        said = _say_it_too(state, heard, 0)  # `no drums in the intro; the synths neither`
        state.number = number
        return said
    if last is None or not clause.joined or state.pending:
        return False
    if _is_said_of_others_too(clause, heard):
        return _say_it_too(state, heard, begins)
    turns = [one for one in clause.terms if one.role in _TURNS]
    is_small = all(one.role in (*_TURNS, *_SMALL, *_OTHERS) for one in clause.terms)
    if last.kind in (Kind.PART, Kind.KEEP) or not turns or not is_small:
        return False
    if last.negated and turns[0].role in ("more", "less") and not (heard.named or heard.places or heard.others):
        _say_it_there(state, last, turns[0], heard, clause)  # `not more reverb, less!`
        turns[0].used = True
        return True
    if turns[0].role == "no" and (_is_of_a_part(clause.terms, turns[0]) or _is_of_a_section(clause.terms, turns[0])):
        return False  # `louder in the chorus, no bass in the intro`
    if not (_of_others(clause.terms) if not heard.places else _elsewhere(last, heard, clause.terms)):
        return False
    flush(state)
    turns[0].used = True
    _say_it_there(state, last, turns[0], heard, clause)
    return True


def _is_said_of_others_too(clause: Clause, heard: Heard) -> bool:
    """`the drums are great, the bass too`."""
    also = [n for n, one in enumerate(clause.terms) if (one.role, one.value) == ("fill", "also")]
    is_last = clause.terms[-1].role in ("too", "so") and bool(heard.named)
    small = (*_SMALL, "part", "instrument")
    return bool(heard.named) and bool(also or is_last) and all(one.role in small for one in clause.terms)


def _say_it_too(state: State, heard: Heard, begins: int) -> bool:
    """Of others, what was said in the clause before."""
    before = [one for one in state.said[begins:] if one.clause == state.number - 1 and one.parts]
    for one in before:
        if not (one.kind == Kind.PART and not one.negated):
            said = replace(one, parts=heard.parts, value=None if one.kind == Kind.PART else one.value)
            state.said.append(replace(said, first=heard.first, last=heard.last, clause=state.number))
    state.subject = list(dict.fromkeys([*(part for one in before for part in one.parts), *heard.parts]))
    return any(not (one.kind == Kind.PART and not one.negated) for one in before)


def there_too(state: State, clause: Clause, heard: Heard) -> bool:
    """`drums softer in verse 2. Same for verse 3`: whether it is said of another place too; then it holds there."""
    small = all(one.role in (*_SMALL, "place", "fill") for one in clause.terms)
    also = any((one.role, one.value) == ("fill", "also") for one in clause.terms) or clause.terms[-1].role == "too"
    last = state.said[-1] if state.said else None
    if not (small and also and heard.places and not (heard.named or heard.preds)) or last is None or state.pending:
        return False
    where = list(last.places)
    if not where or last.kind in GLOBAL:
        return False
    for one in takewhile(lambda said: (said.clause, said.places) == (last.clause, where), reversed(state.said)):
        one.places = [*where, *(place for place in heard.where if place not in where)]
    for one in clause.terms:
        one.used = True
    return True


def only_not(clause: Clause) -> bool:
    """`all softer, only the voice not`."""
    roles = {one.role for one in clause.terms if one.role not in ("the", "fill", "a")}
    return {"only", "not"} < roles <= {"only", "not", "part", "instrument"}


def _is_of_a_part(terms: list[Term], turn: Term) -> bool:
    at = next(n for n, one in enumerate(terms) if one is turn)
    following = next((one.role for one in terms[at + 1 :] if one.role not in ("the", "a", "fill")), "")
    return following in ("part", "instrument")


def _is_of_a_section(terms: list[Term], turn: Term) -> bool:
    """`a male voice, no intro`."""
    at = next(n for n, one in enumerate(terms) if one is turn)
    following = terms[at + 1] if at + 1 < len(terms) else None
    return following is not None and following.role == "place" and not following.data.prep


def _of_others(terms: list[Term]) -> bool:
    """Whether it is about others who are led in: `less on the guitar`; `less guitar` is about how much of it."""
    named = [n for n, one in enumerate(terms) if one.role in ("part", "instrument", "everything", "others")]
    if not named:
        return False
    before = [one for one in terms[: named[0]] if one.role not in ("the", "fill")]
    return bool(before) and before[-1].role in _LEADS


def _elsewhere(last: Said, heard: Heard, terms: list[Term]) -> bool:
    """Whether it is about another place than the one before."""
    return bool(last.places) and last.places != heard.where and not any(one.role in ("up", "down") for one in terms)


def _say_it_there(state: State, last: Said, turn: Term, heard: Heard, clause: Clause) -> None:
    said = replace(last, first=heard.first, last=heard.last, clause=state.number, unit=None, absolute=False)
    said.places, said.but_places = heard.where or list(last.places), []
    if last.unit is not None and last.amount is not None:
        said.amount = 0.6 if last.amount > 0 else -0.6
    if turn.role in NEGATORS:
        said.negated = True
    elif said.amount is None:
        return
    else:
        said.amount, said.negated = abs(said.amount) * (1.0 if turn.role == "more" else -1.0), False
    if heard.named:
        said.parts, said.but_parts = heard.parts, []
    elif heard.others or heard.everything:
        said.parts, said.but_parts = [], list(last.parts)
    state.said.append(said)
    state.subject, state.but_subject = list(said.parts), list(said.but_parts)
