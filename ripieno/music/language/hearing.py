"""One clause: the parts, changes and places in it, and what negates, wants or keeps them."""

from __future__ import annotations

from dataclasses import replace

from ripieno.contracts.enums import StemType
from ripieno.contracts.understanding import MOST_BARS, Kind
from ripieno.music.language import scope
from ripieno.music.language.alone import bare_number
from ripieno.music.language.amounts import METERS
from ripieno.music.language.beside import beside, goes_on_there, of_the_section, onward, within
from ripieno.music.language.clauses import Clause
from ripieno.music.language.left_over import left_over
from ripieno.music.language.meanings import concept, made, quantity
from ripieno.music.language.naming import excepted, has_change, part
from ripieno.music.language.recasting import recast, speaks_of_them
from ripieno.music.language.references import is_a_compared_place, is_a_reference
from ripieno.music.language.saying import NEGATORS, Heard, Mods, State
from ripieno.music.language.terms import Term
from ripieno.music.language.themes import theme

_VERY = 1.5


def hear(state: State, clause: Clause) -> Heard:
    heard, mods = Heard(first=clause.terms[0].first, last=clause.terms[-1].last), Mods()
    terms = clause.terms
    recast(clause, of_what_is_there=state.about != "request")
    heard.of_them = speaks_of_them(clause)
    if not scope.asks_politely(clause):
        heard.doubtful = scope.is_doubtful(clause, has_subject=bool(state.subject or state.pending), about=state.about)
    heard.remark = scope.is_a_remark(clause, of_what_is_there=state.about != "request")
    kinds = {term.value for term in terms if term.role == "fill"}
    stops = any(term.role == "remove" and term.value == "stops" for term in terms) and not clause.has("not", "no")
    heard.enters, heard.returns, heard.throughout = "enters" in kinds, "returns" in kinds, "everywhere" in kinds
    directions = [term for n, term in enumerate(terms) if term.role in ("up", "down") and not _is_strange(terms, n)]
    for at, term in enumerate(terms):
        term.used = True
        role = _role_instead(terms, at) or term.role
        if role == "unknown" and not (mods.neg or _is_what_for(terms, at)):
            mods = _without(mods)  # `fewer brushes on the drums` is not fewer drums
        if role == "except":
            heard.everything = heard.everything or not heard.named
            excepted(terms, at, heard)
        elif term.data == "excepted" or (role == "enough" and heard.preds and at == heard.preds[-1][0] + 1):
            continue
        elif role in ("more", "less", "too", "so", "enough", "degree", *NEGATORS):
            _modify(state, mods, term)
        elif role in ("concept", "comparative", "noun"):
            said = concept(state, term, role, mods, terms, at)
            if said is not None:
                heard.preds.append((at, said))
            mods = Mods()
        elif role in ("part", "instrument") and is_a_reference(state, heard, terms, at):
            continue
        elif role in ("part", "instrument"):
            mods = part(state, term, at, mods, heard, terms)
        elif role == "place" and is_a_compared_place(terms, at):
            mods = Mods()  # `darker than the one in the intro`
        elif role == "place":
            if mods.neg and not has_change(terms[at + 1 :]):
                if term.data.prep:
                    heard.place_negated = True
                else:
                    heard.removes = True
                mods = Mods()
            heard.places.append(
                onward(term) if (heard.enters and not mods.neg) or (stops and term.data.is_bars) else term
            )
            if (at and _before(terms, at).role == "only") or (at + 1 < len(terms) and terms[at + 1].role == "only"):
                heard.place_only = True
        elif role == "quantity":
            is_when = state.about != "request" and clause.has("unknown") and not clause.has("place", "concept")
            if term.value == "bar" and (is_when or (heard.named and terms[at - 1].role in ("crop", "in"))):
                term.used = False  # `the drums alone for 4 bars`, `start 8 bars later`
                continue
            said = quantity(state, term, terms, at, heard)
            said.negated = mods.neg and not said.absolute and not mods.more and not mods.less
            heard.preds.append((at, said))
        elif role == "tonality":
            heard.preds.append((at, made(state, Kind.KEY, term, value=term.value, absolute=True, negated=mods.neg)))
            mods = Mods()
        elif role == "meter":
            value = term.value if term.value in METERS else None
            if value:
                heard.preds.append((at, made(state, Kind.METER, term, value=value, absolute=True)))
            else:
                term.used = False
        elif role == "style" and state.about == "comment" and (mods.neg or heard.negates_parts or heard.removes):
            term.role, mods = "fill", Mods()  # `why is there a flute on a metal track?`
        elif role == "style":
            term.data = bool(mods.neg or mods.less or heard.removes)
            mods = Mods()
        elif role == "language" and mods.neg:
            mods = Mods()  # `in French, not in English`
        elif role == "language":
            heard.preds.append((at, made(state, Kind.LANGUAGE, term, value=term.value)))
        elif role == "remove":
            heard.removes = True
            heard.rests = heard.rests or term.value == "rests"
        elif role == "silence":
            heard.removes = heard.everything = True
        elif role == "nothing" and at + 1 < len(terms) and terms[at + 1].role in ("concept", "too", "so"):
            mods.neg = True  # `nothing sad`
            mods.terms.append(term)
        elif role == "nothing":
            small = all(one.role in ("fill", "place", "degree") and one.value != "content" for one in terms[:at])
            opens = not any(one.role == "place" for one in terms[:at])
            heard.removes = small and (  # not `is good for nothing`
                at + 1 < len(terms) and _after(terms, at).role == "place" if opens else at + 1 == len(terms)
            )
            is_of_all = not (state.subject or state.before.subject or state.pending)
            heard.everything, heard.rests, term.used = heard.removes and is_of_all, heard.removes, heard.removes
        elif role == "inaudible":
            heard.inaudible = True
        elif role == "nowhere":
            heard.nowhere = True
        elif role == "others":
            heard.others = True
            heard.elsewhere = heard.elsewhere or term.value == "elsewhere"
            heard.keeps = heard.keeps or (term.value == "kept" and not clause.has("remove"))
        elif role == "instrumental" and not mods.neg:
            heard.sings_not = True
            heard.preds.append((at, made(state, Kind.PART, term, parts=[StemType.VOCALS], negated=True)))
        elif role == "absent":
            heard.absent = True
            term.used = mods.neg or heard.removes
            mods = Mods()
        elif role == "fill" and term.value == "there" and state.last_place is not None:
            heard.places.append(replace(state.last_place, first=term.first, last=term.last))
        elif role == "fill" and term.value == "masks" and _drowns(state, terms, at, heard):
            heard.preds.append((at, made(state, Kind.DYNAMICS, term, amount=-0.6, too=True)))
        elif role == "want":
            heard.wants, heard.adds = True, heard.adds or term.value == "adds"
        elif role == "keep":
            heard.keeps = True
        elif role == "dislike":
            heard.dislikes = True
        elif role == "everything" and term.value == "overall" and _goes_on_of_them(state, clause, heard):
            heard.throughout = True
        elif role == "everything":
            heard.everything = True
            heard.excepted += [StemType.VOCALS] if term.value == "players" else []
        elif role == "a":
            heard.article = heard.article or not (heard.named and _is_what_for(terms, at) and not clause.has("place"))
        elif role == "new":
            heard.renews = True
        elif role == "again":
            heard.preds.append((at, made(state, Kind.VARIATION, term)))
        elif role == "only":
            heard.only_parts = heard.only_parts or _is_of_parts(terms, at)
        elif role == "fill" and term.value == "occasion" and clause.has("song") and not clause.has("about"):
            if state.about == "request":
                heard.preds.append((at, made(state, Kind.THEME, term)))
        elif role == "about":
            theme(state, terms, at, heard, negated=mods.neg)
            mods = Mods()
        elif role == "number":
            term.used = bare_number(state, term, terms, at, heard)
        elif role == "bars" and at and terms[at - 1].role == "meter":
            continue
        elif (role == "fill" and term.value in ("earlier", "later", "onwards")) or (
            role in ("before", "after")
            and (at == len(terms) - 1 or (at == 0 and terms[1].role == "only" and bool(clause.joined)))
        ):
            if state.last_place is None:
                heard.doubtful = heard.doubtful or clause.has("remove", *NEGATORS)
            else:
                heard.places.append(beside(state.last_place, term, goes_on=goes_on_there(state, terms, term)))
        elif role in ("unknown", "doubt", "mark", "ordinal", "unit", "meter", "clock", "half", "bars", "section"):
            term.used = False
    if heard.renews and clause.has("nothing"):  # `nichts an der Melodie ändern`
        heard.keeps, heard.renews = True, False
    if heard.remark and state.about != "request" and not scope.is_wished(terms):
        heard.wants = False  # `the piano clashes with the guitar`
    heard.leaves = heard.keeps and heard.only_parts  # `keep only the piano`
    heard.keeps = heard.keeps and not (heard.leaves or heard.sings_not)  # `keep it instrumental`
    heard.places = within(of_the_section(state.lead, heard.places))
    if heard.nowhere and heard.places and not (heard.removes or heard.negates_parts):  # `there and nowhere else`
        heard.nowhere, heard.place_only = False, True
    _until(state, heard)
    heard.wants = heard.wants or (terms[-1].role == "fill" and terms[-1].value == "yes" and bool(heard.named))
    left_over(state, mods, directions, heard, terms)
    if _is_kept(terms, heard):
        heard.keeps, heard.removes, heard.negates_parts, heard.place_negated = True, False, False, False
        heard.spares = True
    if heard.place_negated and heard.named and not heard.preds:
        heard.negates_parts, heard.place_negated = True, False
    return heard


def _goes_on_of_them(state: State, clause: Clause, heard: Heard) -> bool:
    """`the bass is too busy in the verse, and a bit loud overall`."""
    last = state.said[-1] if state.said else None
    is_next = last is not None and last.clause == state.number - 1 and last.too and bool(last.parts)
    leads = clause.terms[0].value == "overall" and not heard.of_them  # `and overall it's too dark`
    of_it = leads and any((one.role, one.value) == ("fill", "is") for one in clause.terms)
    return clause.joined == "and" and is_next and not (heard.named or of_it)


def _drowns(state: State, terms: list[Term], at: int, heard: Heard) -> bool:
    """`the bass drowns out the vocals`: it is too loud."""
    others = any(one.role in ("part", "instrument", "everything", "others") for one in terms[at + 1 :])
    is_so = state.about == "comment" and not any(one.role in ("not", "no", "doubt") for one in terms)
    return is_so and others and bool(heard.named) and not heard.preds


def _until(state: State, heard: Heard) -> None:
    """`not a drum until bar 17`: they come in there."""
    place = heard.places[0].data if len(heard.places) == 1 else None
    if not (place and place.is_until and heard.negates_parts and heard.named) or state.words.name != "en":
        return
    (bars,) = place.places
    if bars.bars is not None:
        first = bars.model_copy(update={"bars": (bars.bars[1], MOST_BARS)})
        heard.places = [replace(heard.places[0], data=replace(place, places=[first]))]
        heard.negates_parts, heard.wants, heard.place_only = False, True, True


def _is_of_parts(terms: list[Term], at: int) -> bool:
    """`only drums`; `drums only`, `piano seul`."""
    if at + 1 < len(terms) and _after(terms, at).role in ("part", "instrument"):
        return True
    if [one.role for one in terms[at + 1 : at + 3]] in (["want", "part"], ["want", "instrument"]):  # `only with drums`
        return True
    before = next((one.role for one in reversed(terms[:at]) if one.role not in ("fill", "the")), "")
    after = next((one.role for one in terms[at + 1 :] if one.role not in ("fill", "the", "and")), "")
    return before in ("part", "instrument") and after in ("", "tonality", "quantity", "meter", "style")


def _is_what_for(terms: list[Term], at: int) -> bool:
    """`a bit much for a spoken song`: what is said of the reverb before that holds."""
    return any(one.role == "crop" and one.value != "under" for one in terms[:at])


def _without(mods: Mods) -> Mods:
    for term in mods.terms:
        term.used = term.role == "degree"
    return Mods()


def _role_instead(terms: list[Term], at: int) -> str:
    """What stands behind `instead of` and is no part is what is not to be any more: it says nothing."""
    said = ("concept", "comparative", "quantity", "tonality", "style", "meter", "noun", "number", "language", "place")
    cut = next((n for n, one in enumerate(terms[:at]) if one.role == "instead of"), None)
    leads = cut is not None and all(one.role == "fill" for one in terms[:cut])  # `instead of 120 rather 110 bpm`
    is_old = terms[at].role in said and cut is not None
    if leads and is_old:
        is_old = terms[at].role != "place" and not any(one.role in said for one in terms[cut:at])
    named = cut is not None and any(one.role in ("part", "instrument") for one in terms[cut:at])
    if named and terms[at].role == "place":
        return ""  # `a cello rather than a violin in the intro`
    if is_old and terms[at].role == "style":
        terms[at].role = "fill"
    return "fill" if is_old else ""


def _modify(state: State, mods: Mods, term: Term) -> None:
    mods.terms.append(term)
    match term.role:
        case "more":
            mods.more = True
        case "less":
            mods.less = True
        case "too" if term.value == "very" and state.about != "comment":
            mods.factor = _VERY
        case "too":
            mods.too = True
        case "so":
            mods.so = True
        case "enough":
            mods.enough = True
        case "degree":
            mods.factor = state.words.degrees[term.value]
        case _:
            mods.neg = True


def _is_strange(terms: list[Term], at: int) -> bool:
    """`whip up a solo`: the particle of a verb that nobody knows."""
    return at > 0 and terms[at - 1].role == "unknown" and terms[at].last - terms[at].first == 1


def _is_kept(terms: list[Term], heard: Heard) -> bool:
    """Two negators make a wish to keep: `don't remove the drums`, `nicht ohne Schlagzeug`."""
    nots = sum(term.role == "not" for term in terms)
    others = [term for term in terms if term.role in ("no", "remove", "swap")]
    return bool(others) and (nots == 1 or {"no", "remove"} <= {term.role for term in others}) and not heard.preds


def _before(terms: list[Term], at: int) -> Term:
    return next((one for one in reversed(terms[:at]) if one.role not in ("the", "fill", "in")), terms[at])


def _after(terms: list[Term], at: int) -> Term:
    return next((one for one in terms[at + 1 :] if one.role not in ("the", "fill", "a", "on", "in")), terms[at])
