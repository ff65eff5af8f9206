"""Clauses as statements: what is to change, for whom, where, how much, and what is not to be.

A clause that names parts is about those; one that names none is about those named before it in the sentence (`drums
louder and busier`). Parts in a row wait for what is said of them (`drums and bass louder`). A negator is for what
follows it in its clause, and for a row of parts (`no drums or bass`). A place at the beginning of a sentence holds for
all of it, one at the end for what is joined on by `and`.
"""

from __future__ import annotations

from dataclasses import replace
from dataclasses import replace as changed

from ripieno.contracts.enums import StemType
from ripieno.contracts.understanding import Kind, Place
from ripieno.music.language.apart import is_read_apart
from ripieno.music.language.clauses import Clause
from ripieno.music.language.exchanging import swapped
from ripieno.music.language.hearing import hear
from ripieno.music.language.meanings import measured
from ripieno.music.language.saying import GLOBAL, NEGATORS, Heard, Said, State
from ripieno.music.language.telling import add, flush, want
from ripieno.music.language.terms import Term
from ripieno.music.language.whereabouts import carried, place_alone, place_back

_SAY_ENOUGH = frozenset(
    (Kind.NOTES, Kind.ONSETS, Kind.PULSE, Kind.ARTICULATION, Kind.VOICE, Kind.MOOD, Kind.EFFECT, Kind.LYRICS,
     Kind.THEME, Kind.LANGUAGE, Kind.METER)
)  # fmt: skip
"""What is said by its word alone, with no amount."""


_OF_PLAYERS = frozenset((Kind.NOTES, Kind.ONSETS, Kind.ARTICULATION, Kind.REGISTER))
"""What is said of those who play, not of the whole: where a sentence names nobody, of those of the sentence before."""


def read(state: State, clauses: list[Clause]) -> None:
    """Add to `state` what a sentence says."""
    begins = len(state.said)
    state.begin_sentence()
    if not any(term.role == "place" for clause in clauses for term in clause.terms) and state.before.is_place:
        state.sticky, state.lead, state.carries = state.before.sticky, state.before.lead, True
    for number, clause in enumerate(clauses):
        state.number = number
        heard = hear(state, clause)
        if not is_read_apart(state, clause, heard, begins) and not swapped(state, clause, heard):
            _say(state, clause, heard, clauses, begins)
        if heard.places:
            state.last_place = heard.places[-1]
    flush(state)
    if state.swapping:  # nobody said for what
        for term in (term for clause in clauses for term in clause.terms):
            term.used = False
    state.before = carried(state, begins)
    taken = [one.places for one in state.said[begins:] if one.kind != Kind.RANGE]
    state.said[begins:] = [one for one in state.said[begins:] if one.kind != Kind.RANGE or one.places not in taken]


def _say(state: State, clause: Clause, heard: Heard, clauses: list[Clause], begins: int) -> None:
    """The statements of a clause, with those of the clauses before it that it is joined to."""
    row = state.row
    bare = bool(heard.named) and not heard.preds and not heard.removes and not heard.keeps and not heard.negates_parts
    if state.excepts and clause.joined in ("and", "or", "comma") and heard.named and not heard.article:
        heard.excepted += heard.parts
        heard.named, bare = [], False
        if not heard.preds:
            for said in state.said[begins:]:
                said.but_parts += [one for one in heard.excepted if one not in said.but_parts]
            state.but_subject += heard.excepted
            return
    state.excepts = bool(heard.excepted)
    if heard.excepted and not heard.preds and not heard.named and _except_of_before(state, heard, begins):
        return
    before = [said for said in state.said[begins:] if said.kind not in GLOBAL]
    if bare and heard.only_parts and clause.joined in ("but", "comma") and before and not before[-1].parts:
        for said in before:  # `more reverb, but only on the guitar`
            said.parts = said.parts or heard.parts
        return
    if bare and _comes_after(clause, heard, before, state):  # `louder, the bass`
        for said in before:
            said.parts, said.places = heard.parts, said.places or heard.where
        state.subject = heard.parts
        return
    if _contrasts(clause, before):
        return
    if bare and not heard.only_parts and _goes_on(state, clause, heard, row, clauses):
        place_back(state, heard, begins)
        return
    if heard.dislikes and not heard.removes:
        _dislike(state, clause, heard, begins)
    elif heard.removes or heard.negates_parts:
        _leave_out(state, clause, heard, begins)
    elif heard.keeps and not any(said.amount is not None for _, said in heard.preds):
        _keep(state, clause, heard)
    elif heard.preds:
        _change(state, clause, heard, begins)
    elif bare:
        state.pending.append((heard, clause))
        if heard.places and heard.places[0].first < heard.named[0].term.first:
            state.sticky, state.lead = heard.where, heard.places[0]
    elif heard.places or heard.but_places:
        place_alone(state, clause, heard, begins)
    elif heard.everything and heard.excepted:
        state.subject, state.but_subject = [], heard.excepted
    elif heard.everything:
        state.subject, state.but_subject = [], []
    elif heard.keeps:
        add(state, Said(Kind.KEEP, heard.first, heard.last), heard)


def _comes_after(clause: Clause, heard: Heard, before: list[Said], state: State) -> bool:
    """Whether the parts of what was said just before come behind it, by themselves."""
    definite = clause.joined == "comma" and all(one.is_definite for one in heard.named) and not heard.wants
    alone = bool(before) and all(not one.parts and not one.but_parts and one.kind != Kind.PART for one in before)
    return definite and alone and before[-1].clause == state.number - 1 and not heard.only_parts


def _contrasts(clause: Clause, before: list[Said]) -> bool:
    """`the reverb off, but not the delay`: says what is not changed."""
    roles = [one.role for one in clause.terms if one.role not in ("the", "fill", "a")]
    return bool(before) and clause.joined in ("but", "comma") and roles == ["not", "noun"]


def _dislike(state: State, clause: Clause, heard: Heard, begins: int) -> None:
    """`I don't like the drums`: of what is there, other drums are wanted; of what is yet to be, none. `I don't like the
    busy drums` is about how they are."""
    if any(said.amount is not None for _, said in heard.preds):
        for _, said in heard.preds:
            said.amount = -said.amount if said.amount is not None else None
        _change(state, clause, heard, begins)
    elif state.about == "request":
        heard.negates_parts = True
        _leave_out(state, clause, heard, begins)
    else:
        flush(state)
        of = next((str(said.kind) for _, said in heard.preds), None)
        add(state, Said(Kind.VARIATION, heard.first, heard.last, parts=heard.parts, value=of), heard)
        state.subject = heard.parts or state.subject
        place_back(state, heard, begins)


def _except_of_before(state: State, heard: Heard, begins: int) -> bool:
    """`louder, but not the drums`: taken from what was said before."""
    before = [said for said in state.said[begins:] if said.kind not in GLOBAL]
    if not before or any(said.parts for said in before):
        return False
    for said in before:
        said.but_parts += heard.excepted
    return True


def _goes_on(state: State, clause: Clause, heard: Heard, row: Said | None, clauses: list[Clause]) -> bool:
    """`no drums or bass`, `louder drums and bass`: the row of parts goes on."""
    if (
        row is None
        or state.row_clause != state.number - 1
        or heard.article
        or heard.wants
        or (row.places and heard.where)
    ):
        return False
    later = [one.joined for one in clauses[state.number + 1 :]]
    closes = clause.joined in ("and", "or") or (
        clause.joined == "comma" and bool(later) and later[0] in ("and", "or", "comma") and {"and", "or"} & set(later)
    )
    if not closes or (clause.joined == "and" and clause.has("style")):
        return False
    row.parts += [part for part in heard.parts if part not in row.parts]
    row.last = max(row.last, heard.last)
    if heard.where and not row.places:
        row.places = heard.where
    state.subject, state.row_clause = row.parts, state.number
    return True


def _leave_out(state: State, clause: Clause, heard: Heard, begins: int) -> None:
    quiet = [said for _, said in heard.preds if said.amount is not None or said.negated or said.kind == Kind.LYRICS]
    object_is_noun = quiet and (not heard.named or heard.preds[0][0] < heard.named[0].at) and clause.has("noun")
    if heard.removes and quiet and (object_is_noun or not heard.named):
        for said in quiet:
            said.parts = said.parts or heard.parts
        for said in quiet:
            add(state, said, heard)
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
    _flush_or_take(state, clause, heard)
    parts = heard.parts
    sections = [term for term in heard.places if not term.data.prep and not term.data.is_bars]
    excepted = sections and not parts and clause.has("not") and not clause.has("remove", "no")
    said_before = state.said[begins:]
    if excepted and said_before and clause.joined in ("but", "comma") and said_before[-1].places:
        return  # `the verse shorter, but not the chorus`
    if not parts and sections and not heard.rests and not state.pending and (not state.subject or not clause.joined):
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
    if clause.joined and not heard.where and before and before[-1].kind == Kind.PART and before[-1].negated:
        said.places = list(before[-1].places)  # `bass out in the bridge, drums out too`
    add(state, said, heard)
    state.row, state.row_clause = said, state.number
    state.subject = parts
    for _, pred in heard.preds:
        if pred.kind in GLOBAL or (pred.amount is not None and not heard.removes and heard.negates_parts):
            pred.parts = []
            add(state, changed(pred, inherits=True) if pred.kind not in GLOBAL else pred, Heard())
    place_back(state, heard, begins)


def _flush_or_take(state: State, clause: Clause, heard: Heard) -> None:
    """`drums and bass out`: those that wait are left out too, where the negator comes behind."""
    if not state.pending:
        return
    behind = (
        (heard.removes or heard.negates_parts)
        and heard.named
        and not any(term.role in ("remove", *NEGATORS) for term in clause.terms[: heard.named[0].at])
    )
    trails = heard.removes and not heard.named and not heard.places
    if clause.joined in ("and", "or", "comma", "but") and (behind or trails):
        for waiting, _ in reversed(state.pending):
            heard.named = [*waiting.named, *heard.named]
            heard.first = min(heard.first, waiting.first)
        state.pending = []
    else:
        flush(state)


def _keep(state: State, clause: Clause, heard: Heard) -> None:
    waiting = [one for held, _ in state.pending for one in held.named]
    heard.named = [*waiting, *heard.named]
    state.pending = []
    nouns = [said for _, said in heard.preds]
    if not heard.named and not heard.everything and (clause.joined or state.before.is_name):
        own = state.subject or (state.before.subject if state.before.is_name and not heard.places else [])
        heard.kept = list(own)
    if not nouns:
        add(state, Said(Kind.KEEP, heard.first, heard.last, parts=heard.parts or heard.kept), heard)
    for said in nouns:
        value = said.value or str(said.kind)
        add(state, Said(Kind.KEEP, heard.first, heard.last, parts=heard.parts, value=value), heard)
    state.subject = heard.parts or state.subject


def _change(state: State, clause: Clause, heard: Heard, begins: int) -> None:
    """What is to change of the clause's own parts, of those that wait for it, or of those named before."""
    first_pred = min(at for at, _ in heard.preds)
    subject_first = bool(heard.named) and heard.named[0].at < first_pred
    takes = state.pending and clause.joined in ("and", "or", "comma") and subject_first and not heard.article
    takes = takes and not any(waiting.article or waiting.wants or waiting.places for waiting, _ in state.pending)
    waiting_parts: list[StemType] = []
    if takes or (state.pending and not heard.named):
        waiting_parts = [part for waiting, _ in state.pending for part in waiting.parts]
    if takes:
        state.pending = []
    else:
        flush(state)
    inherits = not heard.named and not heard.everything and not heard.excepted
    meaning = [
        (at, said) for at, said in heard.preds
        if said.negated or _says(said, heard)
    ]  # fmt: skip
    meaning = [(at, said) for at, said in meaning if said.kind != Kind.LYRICS or not _is_for(clause.terms, at)]
    meaning = measured(meaning)
    meaning = [
        (at, said) for n, (at, said) in enumerate(meaning)
        if not any((one.kind, one.amount, one.value) == (said.kind, said.amount, said.value) for _, one in meaning[:n])
    ]  # fmt: skip
    row = None
    for at, said in meaning:
        about_notes = heard.named or (state.about == "comment" and not heard.places)
        if said.kind == Kind.LENGTH and said.unit is None and about_notes:
            said.kind, said.value = Kind.ARTICULATION, "staccato" if (said.amount or 0) < 0 else "legato"
            said.amount = None
        if inherits and clause.joined and not heard.places and not heard.but_places and said.kind not in GLOBAL:
            said.places = _place_of_before(state, begins)
        if inherits and not state.subject and said.kind in _OF_PLAYERS and state.before.subject:
            said.parts, said.inherits = list(state.before.subject), True
            said.places = said.places or heard.where or list(state.before.sticky)
        elif inherits and clause.joined and (said.kind not in GLOBAL or _is_a_mood_of(state, said)):
            said.parts, said.but_parts, said.inherits = list(state.subject), list(state.but_subject), True
        elif said.kind not in GLOBAL or (said.kind == Kind.MOOD and heard.named):
            said.parts = [*(waiting_parts if takes else []), *_own(at, heard)]
            said.parts = list(dict.fromkeys(said.parts))
        if said.kind in (Kind.TEMPO, Kind.KEY, Kind.METER) and said.absolute and _is_cropped(heard):
            said.places = []
            add(state, said, replace(heard, places=[]))
            continue
        if said.kind == Kind.PRESENCE and heard.named:
            row = said
        add(state, said, heard)
    if heard.named and not subject_first and meaning and meaning[-1][1].kind not in GLOBAL:
        row = meaning[-1][1]
    state.row, state.row_clause = row, state.number
    own = [*(waiting_parts if takes else []), *heard.parts]
    if own or heard.everything or heard.excepted:
        state.subject, state.but_subject = list(dict.fromkeys(own)), list(heard.excepted)
    if heard.named and (not meaning or _is_wanted(state, heard, meaning, subject_first)):
        want(state, heard)
    elif not heard.named and not meaning and heard.places:
        place_alone(state, clause, heard, begins)
    elif heard.named and any(one.instrument for one in heard.named):
        _on_instrument(state, heard, clause)
    place_back(state, heard, begins)


def _is_for(terms: list[Term], at: int) -> bool:
    """`too happy for the lyrics` says nothing of the lyrics."""
    before = [one.role for one in terms[:at] if one.role not in ("the", "fill")]
    return bool(before) and before[-1] == "crop" and any(role in ("concept", "comparative") for role in before)


def _is_cropped(heard: Heard) -> bool:
    """`at 126 bpm for an intro` is the tempo of what is made."""
    return bool(heard.places) and all(term.data.prep != "in" for term in heard.places)


def _is_a_mood_of(state: State, said: Said) -> bool:
    """A mood is that of the whole, unless it goes on about players who are there."""
    return said.kind == Kind.MOOD and bool(state.subject) and state.about != "request"


def _place_of_before(state: State, begins: int) -> list[Place]:
    """`busier in the verses, and louder`: what goes on of the same parts is where they were spoken of."""
    said = [one for one in state.said[begins:] if one.kind not in GLOBAL and not one.negated]
    last = said[-1] if said else None
    if last is None or last.parts != state.subject or any(place.side != "in" for place in last.places):
        return []
    return list(last.places)


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
    if any(said.kind == Kind.PRESENCE or said.negated for _, said in meaning):
        return heard.wants and not any(said.kind == Kind.PRESENCE for _, said in meaning)
    if all(one.is_definite for one in heard.named):
        return False
    if heard.wants or (heard.article and not subject_first):
        return True
    if state.about == "request" and all(
        said.kind in GLOBAL and said.kind != Kind.MOOD for said in [one for _, one in meaning]
    ):
        return True
    if heard.article:
        return state.about == "request"
    plain = not subject_first and not any(said.compares or said.unit for _, said in meaning)
    return plain and state.about == "request"


def _on_instrument(state: State, heard: Heard, clause: Clause) -> None:
    """`the bass on a slap bass`, or an instrument that a change was said of."""
    for one in heard.named:
        if one.instrument and one.at and clause.terms[one.at - 1].role == "on":
            said = Said(Kind.INSTRUMENT, one.term.first, one.term.last, parts=[one.part], value=one.instrument)
            add(state, said, heard)
