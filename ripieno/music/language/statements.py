"""Clauses as statements: what is to change, for whom, where, how much, and what is not to be.

A clause that names parts is about those; one that names none is about those named before it in the sentence (`drums
louder and busier`). Parts in a row wait for what is said of them (`drums and bass louder`). A negator is for what
follows it in its clause, and for a row of parts (`no drums or bass`). A place at the beginning of a sentence holds for
all of it, one at the end for what is joined on by `and`.
"""

from __future__ import annotations

from dataclasses import replace

from ripieno.contracts.understanding import MOST_BARS, Kind
from ripieno.music.language.apart import is_read_apart
from ripieno.music.language.changing import change
from ripieno.music.language.clauses import Clause
from ripieno.music.language.exchanging import swapped
from ripieno.music.language.gaps import goes_without_saying, only_not, there_too
from ripieno.music.language.hearing import hear
from ripieno.music.language.keeping import is_kept, keep, keeps_all, keeps_on, praises
from ripieno.music.language.leaving_out import leave_out
from ripieno.music.language.saying import GLOBAL, NEGATORS, Heard, Said, State
from ripieno.music.language.solos import in_solos
from ripieno.music.language.telling import add, flush
from ripieno.music.language.themes import is_another_theme
from ripieno.music.language.untouched import keeps_a_list
from ripieno.music.language.whereabouts import carried, place_alone, place_back


def read(state: State, clauses: list[Clause]) -> None:
    """Add to `state` what a sentence says."""
    begins = len(state.said)
    state.begin_sentence()
    if not any(term.role == "place" for clause in clauses for term in clause.terms) and state.before.is_place:
        state.sticky, state.lead, state.carries = state.before.sticky, state.before.lead, True
    listed = 0
    for number, clause in enumerate(clauses):
        state.number, state.joined, state.explains = number, clause.joined, clause.explains
        state.is_alone = not any(_says(one) for one in clauses if one is not clause)
        listed = max(listed, number + keeps_a_list(state, clauses, number)) if number >= listed else listed
        if number < listed:
            continue
        if _not_earlier(state, clause, begins) or _answers_no(state, clause, number, clauses):
            continue
        heard = hear(state, clause)
        if (
            is_another_theme(state, clause, heard, begins)
            or there_too(state, clause, heard)
            or goes_without_saying(state, clause, heard, begins)
        ):
            pass
        elif not is_read_apart(state, clause, heard, begins) and not swapped(state, clause, heard):
            _say(state, clause, heard, clauses, begins)
        state.last_place = next((one for one in reversed(heard.places) if not one.data.is_beside), state.last_place)
    flush(state)
    if state.swapping:  # nobody said for what
        for term in (term for clause in clauses for term in clause.terms):
            term.used = False
    in_solos(state, clauses, begins)
    state.before = carried(state, begins)
    taken = [one.places for one in state.said[begins:] if one.kind != Kind.RANGE]
    state.said[begins:] = [one for one in state.said[begins:] if one.kind != Kind.RANGE or one.places not in taken]


def _says(clause: Clause) -> bool:
    return any(one.role not in ("fill", "since", "before", *NEGATORS) for one in clause.terms)


def _answers_no(state: State, clause: Clause, number: int, clauses: list[Clause]) -> bool:
    """`drums in the intro: no`."""
    roles = [one.role for one in clause.terms if one.role != "fill" or one.value]
    is_last = number + 1 == len(clauses) and clause.joined == "comma"
    is_bare = len(clause.terms) == 1 or roles[:1] == ["not"] or state.words.name in ("en", "de")  # not `pas de rythme`
    if not (is_last and state.pending and len(roles) == 1 and roles[0] in NEGATORS and is_bare):
        return False
    for held, _ in state.pending:
        said = Said(Kind.PART, held.first, clause.terms[-1].last, negated=True, parts=held.parts)
        add(state, said, held)
    state.subject, state.pending = [part for held, _ in state.pending for part in held.parts], []
    for one in clause.terms:
        one.used = True
    return True


def _not_earlier(state: State, clause: Clause, begins: int) -> bool:
    """`the drums in at the first chorus, not before`: from there on."""
    said = [one for one in clause.terms if one.role != "fill" or one.value == "earlier"]
    is_earlier = len(said) == 2 and said[0].role == "not" and (said[1].role == "before" or said[1].value == "earlier")
    if not (is_earlier or [one.role for one in said] == ["since"]):  # `not before` is one phrase
        return False
    flush(state)
    last = state.said[-1] if state.said[begins:] else None
    if last is None or last.negated or not last.places:
        return False
    for one in clause.terms if last.kind != Kind.PART else ():
        one.used = last.only = True  # `a tone up in the last chorus, not before`
    if last.kind != Kind.PART:
        return True
    last.places = [
        place.model_copy(update={"bars": (place.bars[0], MOST_BARS)} if place.bars else {"side": "from"})
        for place in last.places
    ]
    last.only = True
    for one in clause.terms:
        one.used = True
    return True


def _say(state: State, clause: Clause, heard: Heard, clauses: list[Clause], begins: int) -> None:
    """The statements of a clause, with those of the clauses before it that it is joined to."""
    row = state.row
    heard.keeps = heard.keeps or praises(state, clause, heard)
    bare = bool(heard.named) and not heard.preds and not heard.removes and not heard.keeps and not heard.negates_parts
    if state.spares and bare and clause.joined == "but":  # `nicht das Klavier raus, sondern die Gitarre`
        heard.removes, bare = True, False
    state.spares = heard.spares
    if heard.removes and heard.preds and all(said.kind == Kind.VOICE for _, said in heard.preds):
        heard.removes = False  # `I don't want the voice of a woman`
        for _, said in heard.preds:
            said.negated = True
    if keeps_on(state, clause, heard, begins):
        return
    own_verb = heard.removes and _leads_with_a_verb(clause, heard)
    if state.excepts and clause.joined in ("and", "or", "comma") and heard.named and not (heard.article or own_verb):
        heard.excepted += heard.parts
        heard.named, bare = [], False
        if heard.removes:  # `everything except drums and bass out`
            heard.excepted, heard.everything = [*state.but_subject, *heard.excepted], True
        elif not heard.preds:
            for said in state.said[begins:]:
                said.but_parts += [one for one in heard.excepted if one not in said.but_parts]
            state.but_subject += heard.excepted
            return
    state.excepts = bool(heard.excepted)
    if heard.excepted and not heard.preds and not heard.named and _except_of_before(state, heard, begins):
        return
    before = [said for said in state.said[begins:] if said.kind not in GLOBAL]
    is_of_before = clause.joined == "but" or (clause.joined == "comma" and _confines(clause, before))
    if bare and heard.only_parts and is_of_before and before and not before[-1].parts:
        for said in before:  # `more reverb, but only on the guitar`; `without anybody, only the guitar`
            if said.kind == Kind.PART and said.negated:
                said.but_parts = said.but_parts or heard.parts
                state.said += [replace(said, negated=False, parts=[one], but_parts=[]) for one in heard.parts]
            else:
                said.parts = said.parts or heard.parts
        return
    last = before[-1] if before else None
    is_out = last is not None and last.kind == Kind.PART and last.negated and bool(last.parts)
    if bare and heard.only_parts and not heard.places and clause.joined and last is not None and is_out:
        state.sticky, state.lead = list(last.places), state.last_place  # `no drums in the intro, only guitar`
    if only_not(clause) and before and not before[-1].parts:  # `all softer, only the voice not`
        before[-1].but_parts += heard.parts
        return
    if bare and _comes_after(clause, heard, before, state):  # `louder, the bass`
        for said in before:
            said.parts, said.places = heard.parts, said.places or heard.where
        state.subject = heard.parts
        return
    if bare and clause.joined == "but" and last is not None and _is_of_others(state, last, clauses):
        last.parts, last.negated, state.subject = heard.parts, False, heard.parts
        return
    if not clause.has("no") and _corrects(state, heard, clauses):
        for term in clause.terms:
            term.used = False
        return
    if _contrasts(clause, before):
        return
    if bare and not heard.only_parts and _goes_on(state, clause, heard, row, clauses):
        place_back(state, heard, begins)
        return
    if heard.dislikes and not heard.removes:
        _dislike(state, clause, heard, begins)
    elif heard.removes or heard.negates_parts:
        leave_out(state, clause, heard, begins)
    elif heard.keeps and all(is_kept(state, said) for _, said in heard.preds):
        keep(state, clause, heard)
    elif heard.preds:
        if clause.terms[0].role == "only" and before and keeps_all(before[-1]):
            before[-1].but_parts = list(heard.parts)  # `keep it all, only the voice softer`
        change(state, clause, heard, begins)
    elif bare:
        heard.number = state.number
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


def _is_of_others(state: State, last: Said, clauses: list[Clause]) -> bool:
    """`not the guitar is to be louder, but the piano`."""
    before = clauses[state.number - 1].terms if state.number else []
    leads = bool(before) and before[0].role == "not" and last.clause == state.number - 1
    return leads and last.negated and last.amount is not None and bool(last.parts)


def _leads_with_a_verb(clause: Clause, heard: Heard) -> bool:
    """`everything but the voice darker, and mute the synth`: the part is that of its own verb."""
    return bool(heard.named) and any(one.role == "remove" for one in clause.terms[: heard.named[0].at])


def _confines(clause: Clause, before: list[Said]) -> bool:
    """`more reverb, only on the guitar`, `nobody, only the guitar`; not `no melody, only drums`."""
    return clause.has("on", "in") or bool(before and before[-1].kind == Kind.PART and before[-1].negated)


def _comes_after(clause: Clause, heard: Heard, before: list[Said], state: State) -> bool:
    """Whether the parts of what was said just before come behind it, by themselves."""
    definite = clause.joined == "comma" and all(one.is_definite for one in heard.named) and not heard.wants
    alone = bool(before) and all(not one.parts and not one.but_parts and one.kind != Kind.PART for one in before)
    return definite and alone and before[-1].clause == state.number - 1 and not heard.only_parts


def _corrects(state: State, heard: Heard, clauses: list[Clause]) -> bool:
    """`not the piano, the organ!`: whom something said before was about."""
    following = clauses[state.number + 1] if state.number + 1 < len(clauses) else None
    if state.number or following is None or state.about == "request" or not heard.negates_parts or heard.places:
        return False
    roles = {one.role for one in following.terms}
    return following.joined == "comma" and roles <= {"the", "fill", "part", "instrument"} and roles != {"fill"}


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
        change(state, clause, heard, begins)
    elif state.about == "request":
        heard.negates_parts = True
        leave_out(state, clause, heard, begins)
    else:
        flush(state)
        of = next((str(said.kind) for _, said in heard.preds), None)
        sung = of == Kind.LYRICS and bool(heard.places)  # others there
        kind, of = (Kind.LYRICS, None) if sung else (Kind.VARIATION, of)
        add(state, Said(kind, heard.first, heard.last, parts=heard.parts, value=of), heard)
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
    last = next((one for one in clauses[state.number + 1 :] if one.joined in ("and", "or")), None)
    if (
        row.negated
        and clause.joined == "comma"
        and last is not None
        and last.has("concept", "comparative", "want", "a")
    ):
        return False  # `ohne Schlagzeug, Cello und tiefe Streicher`
    lists = [one.joined for one in clauses[state.number + 1 :] if one.joined in ("and", "or")]
    if row.negated and clause.joined == "comma" and lists[:1] == ["and"] and state.words.name in ("es", "fr"):
        return False  # `sin voz, piano y bajo`; what is not to be is joined by `ni`
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
