"""What is to change: of the clause's own parts, of those that wait for it, or of those named before."""

from __future__ import annotations

from dataclasses import replace

from ripieno.contracts.enums import StemType
from ripieno.contracts.understanding import About, Kind
from ripieno.music.language.clauses import Clause
from ripieno.music.language.going_on import (
    are_only_spoken_of,
    describes,
    goes_too,
    is_at_a_place_of_its_own,
    is_of_it_all,
    is_of_those_before,
    place_of_before,
    place_of_one_out,
    who_is_left,
)
from ripieno.music.language.meanings import measured
from ripieno.music.language.owning import is_beside, is_led, is_wanted, on_instrument, owners
from ripieno.music.language.saying import GLOBAL, Heard, Said, State
from ripieno.music.language.telling import add, flush, nobody_else, want
from ripieno.music.language.terms import Term
from ripieno.music.language.whereabouts import place_alone, place_back, section

_SAY_ENOUGH = frozenset(
    (Kind.NOTES, Kind.ONSETS, Kind.PULSE, Kind.ARTICULATION, Kind.VOICE, Kind.MOOD, Kind.EFFECT, Kind.LYRICS,
     Kind.THEME, Kind.LANGUAGE, Kind.METER)
)  # fmt: skip
"""What is said by its word alone, with no amount."""
_AMOUNTS = (Kind.KEY, Kind.EFFECT, Kind.SWING, Kind.LOUDNESS, Kind.TEMPO, Kind.ENERGY, Kind.PRESENCE)
_STRENGTHS = (Kind.DYNAMICS, Kind.ENERGY, Kind.PRESENCE, Kind.REGISTER)
_OWN_PLACE = GLOBAL | {Kind.VOICE}
_CALM = "calm"
_OF_PLAYERS = frozenset((Kind.NOTES, Kind.ONSETS, Kind.ARTICULATION, Kind.REGISTER))
"""What is said of those who play, not of the whole: where a sentence names nobody, of those of the sentence before."""


def change(state: State, clause: Clause, heard: Heard, begins: int) -> None:
    """What is to change of the clause's own parts, of those that wait for it, or of those named before."""
    first_pred = min(at for at, _ in heard.preds)
    subject_first = bool(heard.named) and heard.named[0].at < first_pred
    takes = state.pending and clause.joined in ("and", "or", "comma") and subject_first and not heard.article
    takes = takes and not any(waiting.article or waiting.wants or waiting.places for waiting, _ in state.pending)
    takes = takes and any(said.kind != Kind.VOICE for _, said in heard.preds)
    waiting_parts: list[StemType] = []
    alone = state.about == "request" and any(waiting.only_parts and not waiting.places for waiting, _ in state.pending)
    if takes or (state.pending and not heard.named):
        waiting_parts = [part for waiting, _ in state.pending for part in waiting.parts]
    taken = list(state.pending) if takes else []
    if takes:
        state.pending = []
    elif are_only_spoken_of(state, heard):  # `the violin, an octave lower in the bridge`
        state.subject = list(dict.fromkeys(part for waiting, _ in state.pending for part in waiting.parts))
        if not heard.places:
            heard.places = [place for waiting, _ in state.pending for place in waiting.places]
        state.pending = []
    else:
        flush(state)
    inherits = not heard.named and not heard.everything and not heard.excepted
    preds = _of_a_noun(heard.preds, heard, clause.terms)
    meaning = [(at, said) for at, said in preds if said.negated or _says(said, heard)]
    sung = state.about == "request" or heard.renews or heard.wants  # of what is there, `the lyrics` are only spoken of
    meaning = [
        (at, said)
        for at, said in meaning
        if said.kind != Kind.LYRICS or said.negated or (sung and not _is_for(clause.terms, at))
    ]
    meaning = measured(meaning)
    for _, said in meaning:  # `no longer than a minute` is a minute
        said.negated = said.negated and not (said.absolute and said.unit and clause.has("more", "comparative"))
    meaning = [
        (at, said)
        for n, (at, said) in enumerate(meaning)
        if said.kind == Kind.THEME
        or not any((one.kind, one.amount, one.value) == (said.kind, said.amount, said.value) for _, one in meaning[:n])
    ]
    if not meaning and taken:
        state.pending, takes = taken, False
        flush(state)
    row = None
    if any(said.kind == Kind.ARTICULATION for _, said in meaning):  # `short and choppy`
        meaning = [(at, said) for at, said in meaning if said.kind != Kind.LENGTH or said.unit is not None]
        _without_length(state, clause)
    for at, said in meaning:
        if said.kind == Kind.PART:  # an instrumental
            if clause.joined and not heard.places:
                said.places = place_of_one_out(state, begins)
            add(state, said, heard)
            continue
        if said.kind == Kind.LENGTH and said.absolute and heard.article and heard.named and state.about != "request":
            continue  # `a solo of 8 bars`
        if said.kind == Kind.LENGTH and not heard.places and any(term.detail == "solo" for term in clause.terms):
            for term in clause.terms:
                term.used = False  # nobody can say how long a solo is
            continue
        goes_too(state, clause, said, begins)
        _as_players_do(state, clause, heard, said)
        is_there = not (heard.places or heard.but_places or heard.throughout)
        if inherits and clause.joined and is_there and said.kind not in _OWN_PLACE:
            said.places = place_of_before(state, begins, said, clause)
        goes_on = state.before.is_name and not clause.joined
        of_them = goes_on or heard.of_them or any(one.data.is_beside for one in heard.places)
        of_before = said.kind in _OF_PLAYERS or (of_them and said.kind not in GLOBAL)
        if inherits and not state.subject and of_before and state.before.subject:
            said.parts, said.inherits = list(state.before.subject), True
            said.places = said.places or heard.where or list(state.before.sticky or state.before.where)
        elif inherits and clause.joined and (left := who_is_left(state, said, begins)):
            said.parts, said.places = left, heard.where or list(state.said[-1].places)
        elif inherits and clause.joined and is_at_a_place_of_its_own(said, heard, clause):
            said.parts = []  # `the bass is too loud, and in the solo the energy is missing`
        elif (
            inherits
            and clause.joined
            and is_of_those_before(state, said)
            and not is_of_it_all(state, said, clause, begins)
        ):
            said.parts, said.but_parts, said.inherits = list(state.subject), list(state.but_subject), True
            if state.but_subject and not state.subject and describes(clause):  # `all but the guitar, which is too dark`
                said.parts, said.but_parts = list(state.but_subject), []
        elif said.kind not in GLOBAL or said.kind == Kind.MOOD:
            own = owners(at, heard) if is_beside(at, said, heard, clause.terms) else []
            said.parts = [*(waiting_parts if takes else []), *own]
            said.parts = list(dict.fromkeys(said.parts))
        if said.kind in (Kind.TEMPO, Kind.KEY, Kind.METER) and said.absolute and _is_cropped(heard, state.about):
            said.places = []
            add(state, said, replace(heard, places=[]))
            continue
        if said.kind == Kind.VOICE:
            said.parts = [StemType.VOCALS]
        if said.kind == Kind.PRESENCE and heard.named:
            row = said
        add(state, said, heard)
    if heard.named and not subject_first and meaning and _is_of_a_row(state, meaning[-1][1]):
        row = meaning[-1][1]
    state.row, state.row_clause = row, state.number
    own = [*(waiting_parts if takes else []), *heard.parts]
    if not own and state.about != "request" and any(said.kind == Kind.VOICE for _, said in meaning):
        own = [StemType.VOCALS]
    if own or heard.everything or heard.excepted:
        state.subject, state.but_subject = list(dict.fromkeys(own)), list(heard.excepted)
    if heard.named and ((not meaning and not heard.remark) or is_wanted(state, heard, meaning, subject_first)):
        begins_here = len(state.said)
        want(state, heard)
        if state.about != "request" and any(said.compares for _, said in meaning):  # `a sparser bass from bar 33 on`
            for said in state.said[begins_here:]:
                said.only = said.only and not said.only_implied
    elif not heard.named and not meaning and heard.places:
        place_alone(state, clause, heard, begins)
    elif heard.named and any(one.instrument for one in heard.named):
        on_instrument(state, heard, clause)
    place_back(state, heard, begins)
    if alone or (heard.only_parts and heard.named and not heard.places and state.about == "request"):
        nobody_else(state)
    if any(said.kind == Kind.LENGTH and said.absolute for _, said in meaning) and _is_a_new_one(state, heard):
        section(state, heard)


def _is_a_new_one(state: State, heard: Heard) -> bool:
    """`an outro of 15 seconds`."""
    place = heard.places[0].data if len(heard.places) == 1 else None
    return state.about != "request" and place is not None and place.article == "a" and not place.is_bars


def _as_players_do(state: State, clause: Clause, heard: Heard, said: Said) -> None:
    """Of players, short is how long notes are, and calm how softly they play."""
    plays = any(term.role == "fill" and term.value == "plays" for term in clause.terms)
    is_solo = any(term.detail == "solo" for term in clause.terms)
    known = bool(state.subject or state.before.subject or plays)
    about_notes = (heard.named and not is_solo) or (
        (plays or (state.about == "comment" and known)) and not heard.places and not is_solo
    )
    if said.kind == Kind.LENGTH and said.unit is None and about_notes:
        said.kind, said.value = Kind.ARTICULATION, "staccato" if (said.amount or 0) < 0 else "legato"
        said.amount = None
    if said.kind == Kind.MOOD and said.value == _CALM and (heard.named or heard.places or said.compares):
        louder = said.negated and not said.compares
        said.kind, said.value, said.amount = Kind.DYNAMICS, None, 0.6 if louder else -0.6
        said.negated = said.negated and not louder


def _of_a_noun(preds: list[tuple[int, Said]], heard: Heard, terms: list[Term]) -> list[tuple[int, Said]]:
    """`the reverb is too loud`, `a stronger swing`, `the level is too high`: how much there is of that."""
    nouns = [(at, said) for at, said in preds if said.kind in _AMOUNTS and terms[at].role == "noun"]
    strengths = [
        (at, said)
        for at, said in preds
        if said.kind in _STRENGTHS and said.unit is None and terms[at].role in ("concept", "comparative")
    ]
    if len(nouns) != 1 or len(strengths) != 1 or nouns[0][1].negated:
        return preds
    (where, effect), (at, strength) = nouns[0], strengths[0]
    low, high = sorted((where, at))
    if any(one.role == "want" for one in terms[low:high]):
        return preds  # `don't make it louder when you add distortion`
    if effect.kind == Kind.KEY:  # `the key is too high`
        strength.kind = Kind.REGISTER
        return [(n, said) for n, said in preds if said is not effect]
    if any(low < one.at < high and not is_led(terms, one.at) for one in heard.named):
        return preds
    way = 1.0 if (strength.amount or 0) > 0 else -1.0
    effect.amount, effect.negated = abs(effect.amount or 0.6) * way, strength.negated
    effect.first, effect.last = min(effect.first, strength.first), max(effect.last, strength.last)
    return [(n, said) for n, said in preds if said is not strength]


def _without_length(state: State, clause: Clause) -> None:
    """`short, and choppy`: of the clause before, how short the notes are is said better now."""
    before = state.said[-1] if state.said and clause.joined else None
    if before is not None and before.kind == Kind.LENGTH and before.unit is None and before.clause == state.number - 1:
        state.said.pop()


def _is_of_a_row(state: State, said: Said) -> bool:
    """`louder drums and bass` are both; `low strings and drums` are low strings, and drums."""
    compares = said.compares and state.about != "request"
    return said.kind not in GLOBAL and (compares or said.kind in (Kind.PRESENCE, Kind.LOUDNESS) or said.turned)


def _says(said: Said, heard: Heard) -> bool:
    """A noun by itself says nothing: `the tempo`; a new one does."""
    if said.kind == Kind.VARIATION:
        return said.value is None or heard.renews
    if said.kind in _SAY_ENOUGH:
        return True
    return said.amount is not None or (said.kind == Kind.KEY and said.value is not None)


def _is_for(terms: list[Term], at: int) -> bool:
    """`too happy for the lyrics` says nothing of the lyrics."""
    before = [one.role for one in terms[:at] if one.role not in ("the", "fill")]
    return bool(before) and before[-1] == "crop" and any(role in ("concept", "comparative") for role in before)


def _is_cropped(heard: Heard, about: About) -> bool:
    """`at 126 bpm for an intro` is the tempo of what is made; `the bridge at 126 bpm` that of the bridge."""
    preps = [term.data.prep for term in heard.places]
    return bool(preps) and all(prep == "crop" or (not prep and about == "request") for prep in preps)
