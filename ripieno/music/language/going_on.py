"""What a clause goes on with: those who were spoken of before it, and where."""

from __future__ import annotations

from ripieno.contracts.enums import StemType
from ripieno.contracts.understanding import Kind, Place
from ripieno.music.language.clauses import Clause
from ripieno.music.language.saying import GLOBAL, Heard, Said, State


def goes_too(state: State, clause: Clause, said: Said, begins: int) -> None:
    """`no delay on the guitar, and the distortion on the bass`: what is named behind what is to go is to go too."""
    last = state.said[-1] if state.said[begins:] else None
    named = said.kind == Kind.EFFECT and said.is_named and not clause.has("want", "more", "keep")
    if last is None or not named or clause.joined not in ("and", "or"):
        return
    if last.kind == Kind.EFFECT and last.amount == -1 and last.clause == state.number - 1:
        said.amount = last.amount


def who_is_left(state: State, said: Said, begins: int) -> list[StemType]:
    """`everybody stops but the voice, and no reverb`: whoever is left there has none."""
    last = state.said[-1] if state.said[begins:] else None
    if last is None or last.kind != Kind.PART or not last.negated or last.parts or said.kind in GLOBAL:
        return []
    return list(last.but_parts) if last.clause == state.number - 1 and last.places else []


def is_at_a_place_of_its_own(said: Said, heard: Heard, clause: Clause) -> bool:
    noun = next((n for n, one in enumerate(clause.terms) if one.role == "noun"), 0)
    is_it_all = bool(heard.places) or (noun > 0 and clause.terms[noun - 1].role == "the")  # `turn up the energy`
    if said.kind == Kind.ENERGY and noun > 0 and is_it_all and not heard.of_them:
        return True
    leads = next((one for one in clause.terms if one.role not in ("fill", "the", "to")), None)
    lacks = said.kind in (Kind.ENERGY, Kind.DYNAMICS) and not (said.unit or heard.of_them)
    if not lacks or leads is None or leads.role != "place" or leads.data.is_bars:
        return False
    at = next(n for n, one in enumerate(clause.terms) if one is leads)
    follows = clause.terms[at + 1].value if at + 1 < len(clause.terms) else ""
    return not leads.data.prep or follows == "lacks"  # not `in the chorus it lacks punch`


def are_only_spoken_of(state: State, heard: Heard) -> bool:
    """Whether those who wait are there already, and what comes now is said of them."""
    waits = bool(state.pending) and not (heard.named or heard.everything or heard.excepted)
    plain = all(
        all(one.is_definite for one in waiting.named)
        and not (waiting.wants or waiting.article or waiting.only_parts or waiting.place_only)
        for waiting, _ in state.pending
    )
    return waits and plain and state.about != "request"


def place_of_one_out(state: State, begins: int) -> list[Place]:
    """`no singer in the last chorus, instrumental`."""
    last = state.said[-1] if state.said[begins:] else None
    return list(last.places) if last is not None and last.kind == Kind.PART and last.negated else []


def place_of_before(state: State, begins: int, going_on: Said, clause: Clause) -> list[Place]:
    """`busier in the verses, and louder`: what goes on of the same parts is where they were spoken of."""
    if state.said[begins:] and state.said[-1].kind == Kind.RANGE:
        return list(state.said[-1].places)
    if (where := _from_there_on(state, begins, going_on)) is not None:
        return where
    said = [one for one in state.said[begins:] if one.kind not in GLOBAL or one.parts]
    said = [one for one in said if not one.negated or (clause.joined == "but" and one.kind != Kind.PART)]
    last = said[-1] if said else None
    elsewhere = last is not None and any(place.side != "in" for place in last.places) and not going_on.negated
    if last is None or last.parts != state.subject or elsewhere:
        return []
    return list(last.places)


def _from_there_on(state: State, begins: int, going_on: Said) -> list[Place] | None:
    """`out until the first chorus, then louder`: where those are there again who were left out before."""
    last = state.said[-1] if state.said[begins:] else None
    if last is None or last.kind != Kind.PART or not last.negated or last.parts != state.subject or going_on.negated:
        return None
    if not last.places or any(place.side != "before" for place in last.places):
        return None
    return [place.model_copy(update={"side": "from"}) for place in last.places]


def is_of_those_before(state: State, said: Said) -> bool:
    """Whether it is about those who were spoken of. A mood or a melody is that of the whole, unless it goes on about
    players who are there."""
    if said.kind == Kind.MOOD or (said.kind == Kind.VARIATION and said.value):
        return bool(state.subject) and state.about != "request"
    return said.kind not in GLOBAL


def is_of_it_all(state: State, said: Said, clause: Clause, begins: int) -> bool:
    """`a beat with drums and bass, dark, 140 bpm`: how the music is to sound that is asked for; `no drums, sparse`: not
    of those who are left out."""
    out = [one for one in state.said[begins:] if one.kind == Kind.PART and one.negated and not one.places]
    if state.about == "request" and any(one.parts == state.subject for one in out):
        return True
    bare = len(clause.terms) == 1 and clause.terms[0].role == "concept" and clause.joined == "comma"
    return bare and state.about == "request" and said.kind == Kind.BRIGHTNESS and len(state.subject) > 1


def describes(clause: Clause) -> bool:
    return clause.joined == "comma" and any(
        one.role == "too" or (one.role == "fill" and one.value == "is") for one in clause.terms
    )
