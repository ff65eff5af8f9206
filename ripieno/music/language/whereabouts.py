"""Places that stand apart from what they are about: before it, behind it, or by themselves."""

from __future__ import annotations

from dataclasses import replace as changed

from ripieno.contracts.enums import StemType
from ripieno.contracts.understanding import MOST_BARS, Kind, Place
from ripieno.music.language.clauses import Clause
from ripieno.music.language.saying import GLOBAL, Carried, Heard, Said, State
from ripieno.music.language.telling import add, flush

_OF_ALL = (Kind.KEY, Kind.METER, Kind.STYLE, Kind.SECTION, Kind.THEME, Kind.LANGUAGE)


def place_back(state: State, heard: Heard, begins: int) -> None:
    """A place at the end of a clause is also that of what it is joined to by `and`; one at its beginning holds on."""
    if not heard.places or heard.place_negated:
        return
    firsts = [one.term.first for one in heard.named] + [said.first for _, said in heard.preds]
    if firsts and heard.places[0].first < min(firsts):
        state.sticky, state.lead = heard.where, heard.places[0]
        return
    mine = [said for said in state.said[begins:] if said.clause == state.number]
    for said in reversed(state.said[begins:]):
        if said.clause == state.number:
            continue
        alike = [
            one
            for one in mine
            if (one.negated == said.negated or said.too)
            and ((one.inherits and one.parts == said.parts) or one.kind == said.kind)
            and not (one.kind == Kind.PART and one.but_parts and said.parts)
        ]
        if said.places or said.but_places or said.throughout or not alike or said.kind in _OF_ALL:
            break
        if state.joined == "comma" and state.about == "request" and said.kind == Kind.PART and not said.negated:
            break  # `slap bass, brass in the chorus`
        said.places = heard.where
        said.only = said.only or (said.kind == Kind.PART and not said.negated) or heard.place_only


def place_alone(state: State, clause: Clause, heard: Heard, begins: int) -> None:
    """A place by itself: of what was said before in the sentence, else of what comes, else what it is all about."""
    flush(state)
    if state.about == "request" and clause.joined and _is_with_a_section(clause):
        section(state, heard)
        return
    where = heard.where
    before = state.said[begins:]
    if heard.everything and any(one.negated and not one.parts and one.kind == Kind.PART for one in before):
        return  # `only the piano in the intro, then everybody from the verse on`
    if heard.place_only and not before and begins:
        before = [said for said in state.said if not said.places][-1:]
    negated = heard.place_negated
    if (
        before and clause.joined == "but" and _is_one_of(where, before[-1].places)
    ):  # `all the choruses but the last one`
        for said in [one for one in before if one.places == before[-1].places]:
            said.but_places += where
        return
    if negated and before and before[-1].kind == Kind.PART and before[-1].negated and before[-1].places:
        for said in [one for one in before if one.places == before[-1].places]:  # `nor in the outro`
            said.places = [*said.places, *(place for place in where if place not in said.places)]
        return
    if negated and clause.has("unknown") and not before:
        for term in clause.terms:
            term.used = False
        return
    if negated and not before:
        add(
            state,
            Said(Kind.PART, heard.first, heard.last, negated=True, parts=list(state.subject or state.before.subject)),
            Heard(places=heard.places),
        )
        return
    if before and (negated or heard.but_places):
        last = before[-1]
        for said in before[:-1]:  # `clearer and softer, everywhere but in the chorus`
            alike = said.parts == last.parts and said.kind != Kind.PART and last.clause - said.clause == 1
            if alike and not (said.places or said.but_places or negated):
                said.but_places = list(heard.but_places)
        _not_there(state, last, where if negated else heard.but_places, heard)
        return
    last = before[-1] if before else None
    out = last if last is not None and last.negated and last.kind == Kind.PART and last.parts else None
    if out is not None and not out.places and not negated and clause.joined == "but":  # `no vocals, but in the chorus`
        out.negated, out.places, out.only = False, where, True
        return
    enters = all(place.side == "from" or (place.bars or (0, 0))[1] == MOST_BARS for place in where) and not negated
    is_out = last is not None and last.negated and bool(last.places) and last.kind == Kind.PART
    if last is not None and is_out and not last.parts and enters:
        return  # `only the piano in the intro, then all`
    is_asked_for = last is not None and any(
        one.kind == Kind.PART and not (one.negated or one.places) and one.parts == last.parts for one in before
    )
    comes_in = clause.joined == "but" or enters or (heard.place_only and not is_asked_for)
    if last is not None and last.parts and is_out and comes_in:
        said = Said(Kind.PART, heard.first, heard.last, parts=last.parts, places=where)
        state.said.append(changed(said, clause=state.number, only=heard.place_only or enters))
        return
    if last is not None and last.but_places and not last.places and clause.joined == "but":
        last.places = where
        return
    free = [said for said in before if not (said.places or said.throughout) and said.kind not in _OF_ALL]
    is_of_the_last = clause.joined == "comma" and clause.terms[0].role == "the"  # `and drums, which come in at bar 9`
    if (
        (heard.place_only and clause.joined == "but") or is_of_the_last
    ) and free:  # `a bass, and drums, but only in the chorus`
        free = [said for said in free if said.clause == free[-1].clause]
    if _is_new_section(heard) and not heard.places[0].data.prep and (heard.wants or state.about == "request"):
        section(state, heard)
        return
    strange = clause.has("unknown")
    if not heard.places:
        return
    is_new = heard.wants and heard.places[0].data.article == "a"  # `and add an outro`
    if clause.joined in ("and", "or") and not free and last is not None and not (strange or is_new):
        for said in before:
            if said.clause == last.clause:
                said.places += [place for place in where if place not in said.places]
        return
    for said in free:
        said.places, said.last = where, max(said.last, said.last)
        said.only = said.only or heard.place_only or (said.kind == Kind.PART and not said.negated)
    if free:
        return
    if heard.wants or (heard.article and not heard.places[0].data.prep) or _is_new_section(heard):
        section(state, heard)
        return
    if state.number == 0 and heard.but_places and not heard.places:
        state.sticky_but = list(heard.but_places)  # `except in the bridge, ...`
        return
    if state.number == 0 and heard.places and all(term.data.is_beside for term in heard.places) and not negated:
        state.sticky, state.lead = where, heard.places[0]  # `before that, only the piano`
        return
    is_lost = bool(clause.joined) and not before  # of something that nobody understood
    if clause.has("unknown", "more", "less") or is_lost or all(term.data.is_beside for term in heard.places):
        for term in clause.terms:
            term.used = term.role == "place"
        return
    if not negated and where:
        rest = Said(Kind.RANGE, heard.first, heard.last, places=where, only=heard.place_only)
        state.said.append(changed(rest, clause=state.number))
        state.sticky, state.lead = where, heard.places[0]


def _is_one_of(where: list[Place], of: list[Place]) -> bool:
    kinds = [one.section for one in of]
    return all(
        one.section is not None and one.section not in kinds and one.section.rpartition(" ")[0] in kinds
        for one in where
    )


def _is_with_a_section(clause: Clause) -> bool:
    """`..., with a bridge`, `..., mit Bridge`."""
    terms = [one for one in clause.terms if one.role not in ("fill", "a")]
    if len(terms) != 2 or terms[0].role not in ("want", "on") or terms[1].role != "place":
        return False
    place = terms[1]
    is_named = place.last - place.first == 1 or place.data.article == "a"
    return is_named and not (place.data.prep or place.data.is_bars or place.data.is_from)


def carried(state: State, begins: int) -> Carried:
    """What the next sentence may go on with: who was spoken of last, and the place of a sentence that was all there."""
    said = state.said[begins:]
    if state.absent:
        return Carried()
    if not said:
        return Carried(state.subject or state.before.subject, state.sticky, state.lead)
    everywhere = [one for one in said if one.kind not in GLOBAL or one.kind == Kind.RANGE]
    places = everywhere[0].places if everywhere else []
    only_there = bool(places) and all(one.places == places and not one.only for one in everywhere)
    sticky = places if only_there else []
    of_nobody = all(one.kind == Kind.RANGE or not (one.parts or one.but_parts) for one in said)
    is_place = bool(sticky) and (of_nobody or state.before.is_place)
    named = all(one.kind == Kind.PART and not one.negated and not one.places for one in said)
    return Carried(
        state.subject,
        sticky,
        state.lead if sticky else None,
        is_name=named,
        is_place=is_place,
        where=_where_they_are(said, state.subject),
    )


def _where_they_are(said: list[Said], parts: list[StemType]) -> list[Place]:
    """The one place where parts were asked for."""
    wanted = [one for one in said if one.kind == Kind.PART and not one.negated and set(one.parts) & set(parts)]
    where = wanted[0].places if wanted else []
    return list(where) if all(one.places == where for one in wanted) else []


def section(state: State, heard: Heard) -> None:
    named, *others = heard.places
    where = [place for term in others for place in term.data.places if place not in named.data.places]
    for place in named.data.places:
        said = Said(Kind.SECTION, heard.first, heard.last, value=place.section, places=where, clause=state.number)
        state.said.append(said)


def _not_there(state: State, said: Said, places: list[Place], heard: Heard) -> None:
    if said.kind in (Kind.PART, Kind.KEEP) and not said.negated:
        out = Said(Kind.PART, heard.first, heard.last, negated=True, parts=said.parts, places=places)
        state.said.append(changed(out, clause=state.number))
    else:
        said.but_places += places


def _is_new_section(heard: Heard) -> bool:
    return bool(heard.places) and heard.places[0].data.article == "a" and not heard.places[0].data.is_bars
