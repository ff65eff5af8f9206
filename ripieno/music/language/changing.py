"""What is to change: of the clause's own parts, of those that wait for it, or of those named before."""

from __future__ import annotations

from dataclasses import replace

from ripieno.contracts.enums import StemType
from ripieno.contracts.understanding import About, Kind, Place
from ripieno.music.language.clauses import Clause
from ripieno.music.language.meanings import measured
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
    elif _are_only_spoken_of(state, heard):  # `the violin, an octave lower in the bridge`
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
                said.places = _place_of_one_out(state, begins)
            add(state, said, heard)
            continue
        if said.kind == Kind.LENGTH and said.absolute and heard.article and heard.named and state.about != "request":
            continue  # `a solo of 8 bars`
        if said.kind == Kind.LENGTH and not heard.places and any(term.detail == "solo" for term in clause.terms):
            for term in clause.terms:
                term.used = False  # nobody can say how long a solo is
            continue
        _goes_too(state, clause, said, begins)
        _as_players_do(state, clause, heard, said)
        if inherits and clause.joined and not heard.places and not heard.but_places and said.kind not in _OWN_PLACE:
            said.places = _place_of_before(state, begins, said, clause)
        goes_on = state.before.is_name and not clause.joined
        of_before = said.kind in _OF_PLAYERS or ((goes_on or heard.of_them) and said.kind not in GLOBAL)
        if inherits and not state.subject and of_before and state.before.subject:
            said.parts, said.inherits = list(state.before.subject), True
            said.places = said.places or heard.where or list(state.before.sticky or state.before.where)
        elif inherits and clause.joined and _is_at_a_place_of_its_own(said, heard, clause):
            said.parts = []  # `the bass is too loud, and in the solo the energy is missing`
        elif inherits and clause.joined and _goes_on(state, said) and not _is_of_it_all(state, said, clause, begins):
            said.parts, said.but_parts, said.inherits = list(state.subject), list(state.but_subject), True
            if (
                state.but_subject and not state.subject and _describes(clause)
            ):  # `all but the guitar, which is too dark`
                said.parts, said.but_parts = list(state.but_subject), []
        elif said.kind not in GLOBAL or said.kind == Kind.MOOD:
            own = _own(at, heard) if _is_beside(at, said, heard, clause.terms) else []
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
    if heard.named and ((not meaning and not heard.remark) or _is_wanted(state, heard, meaning, subject_first)):
        want(state, heard)
    elif not heard.named and not meaning and heard.places:
        place_alone(state, clause, heard, begins)
    elif heard.named and any(one.instrument for one in heard.named):
        _on_instrument(state, heard, clause)
    place_back(state, heard, begins)
    if alone or (heard.only_parts and heard.named and not heard.places and state.about == "request"):
        nobody_else(state)
    if any(said.kind == Kind.LENGTH and said.absolute for _, said in meaning) and _is_a_new_one(state, heard):
        section(state, heard)


def _goes_too(state: State, clause: Clause, said: Said, begins: int) -> None:
    """`no delay on the guitar, and the distortion on the bass`: what is named behind what is to go is to go too."""
    last = state.said[-1] if state.said[begins:] else None
    named = said.kind == Kind.EFFECT and said.is_named and not clause.has("want", "more", "keep")
    if last is None or not named or clause.joined not in ("and", "or"):
        return
    if last.kind == Kind.EFFECT and last.amount == -1 and last.clause == state.number - 1:
        said.amount = last.amount


def _is_at_a_place_of_its_own(said: Said, heard: Heard, clause: Clause) -> bool:
    noun = next((n for n, one in enumerate(clause.terms) if one.role == "noun"), 0)
    is_it_all = bool(heard.places) or (noun > 0 and clause.terms[noun - 1].role == "the")  # `turn up the energy`
    return said.kind == Kind.ENERGY and noun > 0 and is_it_all and not heard.of_them


def _is_a_new_one(state: State, heard: Heard) -> bool:
    """`an outro of 15 seconds`."""
    place = heard.places[0].data if len(heard.places) == 1 else None
    return state.about != "request" and place is not None and place.article == "a" and not place.is_bars


def _are_only_spoken_of(state: State, heard: Heard) -> bool:
    """Whether those who wait are there already, and what comes now is said of them."""
    waits = bool(state.pending) and not (heard.named or heard.everything or heard.excepted)
    plain = all(
        all(one.is_definite for one in waiting.named) and not (waiting.wants or waiting.article or waiting.only_parts or waiting.place_only)
        for waiting, _ in state.pending
    )
    return waits and plain and state.about != "request"


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
    if any(low < one.at < high and not _is_led(terms, one.at) for one in heard.named):
        return preds
    way = 1.0 if (strength.amount or 0) > 0 else -1.0
    effect.amount, effect.negated = abs(effect.amount or 0.6) * way, strength.negated
    effect.first, effect.last = min(effect.first, strength.first), max(effect.last, strength.last)
    return [(n, said) for n, said in preds if said is not strength]


def _is_beside(at: int, said: Said, heard: Heard, terms: list[Term]) -> bool:
    """`a dreamy piano`, `the piano too happy`; not `something sad with a piano`."""
    if not heard.named or heard.named[0].at < at:
        return bool(heard.named)
    apart = ("want", "only", "unknown", *(("in", "crop") if said.kind == Kind.MOOD else ()))
    return not any(one.role in apart for one in terms[at : heard.named[0].at])


def _is_led(terms: list[Term], at: int) -> bool:
    """`on the vocals`."""
    before = next((one.role for one in reversed(terms[:at]) if one.role != "the"), "")
    return before in ("in", "on", "crop", "fill", "from")


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


def _own(at: int, heard: Heard) -> list[StemType]:
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


def _is_wanted(state: State, heard: Heard, meaning: list[tuple[int, Said]], subject_first: bool) -> bool:
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


def _on_instrument(state: State, heard: Heard, clause: Clause) -> None:
    """`the bass on a slap bass`, or an instrument that a change was said of."""
    for one in heard.named:
        if one.instrument and one.at and clause.terms[one.at - 1].role == "on":
            said = Said(Kind.INSTRUMENT, one.term.first, one.term.last, parts=[one.part], value=one.instrument)
            add(state, said, heard)


def _place_of_one_out(state: State, begins: int) -> list[Place]:
    """`no singer in the last chorus, instrumental`."""
    last = state.said[-1] if state.said[begins:] else None
    return list(last.places) if last is not None and last.kind == Kind.PART and last.negated else []


def _place_of_before(state: State, begins: int, going_on: Said, clause: Clause) -> list[Place]:
    """`busier in the verses, and louder`: what goes on of the same parts is where they were spoken of."""
    if state.said[begins:] and state.said[-1].kind == Kind.RANGE:
        return list(state.said[-1].places)
    said = [one for one in state.said[begins:] if one.kind not in GLOBAL or one.parts]
    said = [one for one in said if not one.negated or (clause.joined == "but" and one.kind != Kind.PART)]
    last = said[-1] if said else None
    elsewhere = last is not None and any(place.side != "in" for place in last.places) and not going_on.negated
    if last is None or last.parts != state.subject or elsewhere:
        return []
    return list(last.places)


def _goes_on(state: State, said: Said) -> bool:
    """Whether it is about those who were spoken of. A mood or a melody is that of the whole, unless it goes on about
    players who are there."""
    if said.kind == Kind.MOOD or (said.kind == Kind.VARIATION and said.value):
        return bool(state.subject) and state.about != "request"
    return said.kind not in GLOBAL


def _is_of_it_all(state: State, said: Said, clause: Clause, begins: int) -> bool:
    """`a beat with drums and bass, dark, 140 bpm`: how the music is to sound that is asked for; `no drums, very sparse`:
    not of those who are left out."""
    out = [one for one in state.said[begins:] if one.kind == Kind.PART and one.negated and not one.places]
    if state.about == "request" and any(one.parts == state.subject for one in out):
        return True
    bare = len(clause.terms) == 1 and clause.terms[0].role == "concept" and clause.joined == "comma"
    return bare and state.about == "request" and said.kind == Kind.BRIGHTNESS and len(state.subject) > 1


def _describes(clause: Clause) -> bool:
    return clause.joined == "comma" and any(
        one.role == "too" or (one.role == "fill" and one.value == "is") for one in clause.terms
    )


def _is_for(terms: list[Term], at: int) -> bool:
    """`too happy for the lyrics` says nothing of the lyrics."""
    before = [one.role for one in terms[:at] if one.role not in ("the", "fill")]
    return bool(before) and before[-1] == "crop" and any(role in ("concept", "comparative") for role in before)


def _is_cropped(heard: Heard, about: About) -> bool:
    """`at 126 bpm for an intro` is the tempo of what is made; `the bridge at 126 bpm` that of the bridge."""
    preps = [term.data.prep for term in heard.places]
    return bool(preps) and all(prep == "crop" or (not prep and about == "request") for prep in preps)
