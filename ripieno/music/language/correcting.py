"""Corrections: what is said in place of something said before (`..., no wait, 124 bpm`, `sorry, I meant the chorus`),
and what is only named to be told from what is wanted (`not the organ, I meant strings`).

A correction that holds nothing but places, numbers, parts or ways (`higher`) takes the place of the like in the clause
before it, be it that of the sentence before. What is set against something wanted is no order: the other one counts.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

from ripieno.contracts.understanding import MOST_BARS, Place
from ripieno.music.instruments import all_instruments
from ripieno.music.language.bars import Where
from ripieno.music.language.clauses import Clause
from ripieno.music.language.saying import NEGATORS
from ripieno.music.language.terms import Term

_LIKE = {
    "place": "place", "quantity": "number", "number": "number", "part": "part", "instrument": "part",
    "comparative": "way", "concept": "way", "more": "way", "less": "way", "up": "way", "down": "way", "tonality": "key",
}  # fmt: skip
"""What may stand for each other."""
_SMALL = ("fill", "the", "a", "in", "on", "crop", "and", "but", "or", "degree", "to", "for")
_MARKS = ("meant", "oops")
_SAYS_MORE = (
    "more",
    "less",
    "too",
    "noun",
    "keep",
    "remove",
    "want",
    "concept",
    "comparative",
    "quantity",
    "up",
    "down",
)


def mended(sentences: list[list[Clause]]) -> list[list[Clause]]:
    """The sentences with what is corrected in its place."""
    before: list[Clause] = []
    for clauses in sentences:
        if before and before[-1].asks and _is_a_no(clauses[0]):
            _answer(before, clauses)
            if not clauses:
                continue
        if before and before[-1].asks and clauses[0].terms[0].role in NEGATORS and clauses[0].has("keep"):
            clauses[0].terms[0].role = "fill"  # `Bass too loud? No, it's fine`
            _leave(before[-1], before)
        if before and _is_the_contrary(before[-1], clauses):
            clauses[0].terms[0].role, clauses[0].terms[0].value = "fill", "oops"
        told = clauses[1:2] if all(one.role == "fill" for one in clauses[0].terms) else []
        narrower = (told or clauses)[0]
        if before and _narrows(before, narrower):
            _put(before[-1], replace(narrower, terms=[one for one in narrower.terms if one.role == "place"]))
            for one in (*(clauses[:1] if told else ()), narrower):
                _leave(one, clauses)
            if not clauses:
                continue
        is_marked = any(_is_a_mark(one) for one in clauses[0].terms)
        if before and is_marked and _only_names(before[-1]) and not _is_elsewhere(before[-1], clauses[0]):
            clauses[0].joined = "comma"  # `Not the organ. I meant strings.`
            clauses[:0] = before
            before.clear()
        _correct(before, clauses)
        _contrast(clauses)
        before = clauses or before
    return [clauses for clauses in sentences if clauses]


# -- said anew ----------------------------------------------------------------------------------------------------


def _correct(before: list[Clause], clauses: list[Clause]) -> None:
    """Put what clauses correct into those that they correct, and leave them out."""
    corrects = False
    for clause in list(clauses):
        if not any(one is clause for one in clauses):
            continue  # left out with one before it
        marked = any(_is_a_mark(one) for one in clause.terms)
        if (marked and all(one.role in ("fill", *NEGATORS) for one in clause.terms)) or _is_no(clause, clauses):
            corrects = True
            _leave(clause, clauses)
            continue
        if marked or corrects:
            _put_right(clause, before, clauses)
        corrects = False


def _put_right(clause: Clause, before: list[Clause], clauses: list[Clause]) -> None:
    earlier = clauses[: _at(clause, clauses)]
    _count_bars(clause, [*before, *earlier])
    wrong = [one for one in earlier[-1:] if _only_names(one)]
    told = [one for one in before if not _only_names(one) or _is_elsewhere(one, clause)]
    told += [one for one in earlier if not _is_set_against(one) or _is_elsewhere(one, clause)]
    told = [one for one in told if _likes(one) & _likes(clause)]
    if not told and earlier and clause.has("only") and clause.has("remove") and earlier[-1].has("remove"):
        told = [earlier[-1]]
    if told and clause.has("only", "remove") and _likes(clause) == {"place"} and told[-1].has("remove", "no"):
        clause.terms = [one for one in clause.terms if one.role not in ("only", "remove")]  # `no, only in the intro`
    if told and _holds_only_likes(clause):
        _put(told[-1], clause)
        for one in (clause, *(one for one in wrong if one is not told[-1])):
            _leave(one, clauses)
    elif told and _parts(clause) and _parts(clause) == _parts(told[-1]) and told[-1] in clauses:
        _leave(told[-1], clauses)  # `remove the piano, no wait, keep it`


def _narrows(before: list[Clause], clause: Clause) -> bool:
    """`the guitar out of the verses... well, only the first`: a place of the kind that was said, by itself."""
    roles = {one.role for one in clause.terms} - {"fill", "the", "a", "in", "from"}
    named = [one for one in clause.terms if one.role == "place"]
    known = [one for one in before[-1].terms if one.role == "place"]
    return roles == {"only", "place"} and len(named) == len(known) == 1 and named[0].value == known[0].value


def _answer(before: list[Clause], clauses: list[Clause]) -> None:
    """`Drums in the intro? No thanks.` leaves them out; `Guitar out? No, only softer` takes back what was asked."""
    asked, is_all = before[-1], len(clauses) == 1
    if _likes(asked) <= {"part", "place"} and is_all and not asked.has("remove", "want"):
        clauses[0].joined = "comma"
        before += clauses
        clauses.clear()
        return
    _leave(clauses[0], clauses)
    if not is_all and all(one.role in (*_LIKE, *_SMALL, "only") for one in clauses[0].terms):
        answer = clauses[0]
        if "way" not in _likes(answer) and _likes(answer) & _likes(asked):
            _put(asked, answer)  # `a flute? no, a clarinet`
            _leave(answer, clauses)
            return
        kept = [one for one in asked.terms if _LIKE.get(one.role) in {"part", "place"} - _likes(answer)]
        answer.terms[:0] = [replace(one, used=True) for one in kept]
    _leave(asked, before)


def _is_a_no(clause: Clause) -> bool:
    small = all(one.role in NEGATORS or (one.role == "fill" and not one.value) for one in clause.terms)
    return small and clause.has(*NEGATORS)


def _is_no(clause: Clause, clauses: list[Clause]) -> bool:
    """`down a tone, no, a semitone`."""
    at = _at(clause, clauses)
    is_alone = len(clause.terms) == 1 and clause.has(*NEGATORS) and 0 < at < len(clauses) - 1
    return is_alone and _holds_only_likes(clauses[at + 1]) and "part" not in _likes(clauses[at + 1])


def _count_bars(clause: Clause, told: list[Clause]) -> None:
    """`bars 9 to 12, sorry, 9 to 16`."""
    numbers = [one for one in clause.terms if one.role == "number" and one.data]
    is_of_bars = any(one.role == "place" and one.data.is_bars for known in told for one in known.terms)
    if len(numbers) != 2 or not is_of_bars or not all(one.role in ("number", *_SMALL) for one in clause.terms):
        return
    first, last = (int(one.data) for one in numbers)
    if 1 <= first <= last <= MOST_BARS:
        data = Where([Place(bars=(first, last))], prep="in", is_bars=True)
        for one in clause.terms:
            one.used = True
        clause.terms = [Term("place", "bars", clause.terms[0].first, clause.terms[-1].last, data=data)]


def _is_the_contrary(before: Clause, clauses: list[Clause]) -> bool:
    """`drums louder. No, softer`; of a question nobody knows what was answered."""
    if before.asks or len(clauses) < 2 or len(clauses[0].terms) > 1 or not clauses[0].has(*NEGATORS):
        return False
    return _holds_only_likes(clauses[1]) and _likes(clauses[1]) in ({"way"}, {"number"})


def _is_a_mark(term: Term) -> bool:
    return term.role == "fill" and term.value in _MARKS


def _likes(clause: Clause) -> set[str]:
    return {_LIKE[one.role] for one in clause.terms if one.role in _LIKE}


def _holds_only_likes(clause: Clause) -> bool:
    return all(one.role in _LIKE or one.role in _SMALL for one in clause.terms)


def _put(known: Clause, clause: Clause) -> None:
    """The terms of a correction for the like ones; what has none comes behind."""
    for like in dict.fromkeys(_LIKE[one.role] for one in clause.terms if one.role in _LIKE):
        new = [one for one in clause.terms if _LIKE.get(one.role) == like]
        old = [one for one in known.terms if _LIKE.get(one.role) == like]
        cut = next((n for n, one in enumerate(known.terms) if one.role == "for"), None)
        if like == "part" and cut is not None:  # `the piano by a harpsichord, no, by an organ`
            old = [one for one in old if known.terms.index(one) > cut] or old
        if like == "number" and old and old[0].role == "quantity" and new[0].role == "number":
            new = [_of_the_unit(new[0], old[0])]
        at = known.terms.index(old[0]) if old else len(known.terms)
        for one in old:
            one.used = True
        known.terms = [one for one in known.terms if not any(one is other for other in old)]
        known.terms[at:at] = new


def _of_the_unit(number: Term, old: Term) -> Term:
    return replace(number, role="quantity", value=old.value, data=replace(old.data, number=float(number.data or 0)))


def _at(clause: Clause, clauses: list[Clause]) -> int:
    return next(n for n, one in enumerate(clauses) if one is clause)


def _leave(clause: Clause, clauses: list[Clause]) -> None:
    for one in clause.terms:
        one.used = True
    if not any(one is clause for one in clauses):
        return
    at = _at(clause, clauses)
    if at == 0 and len(clauses) > 1:
        clauses[1].joined = ""
    del clauses[at]


# -- set against what is wanted -----------------------------------------------------------------------------------


def _contrast(clauses: list[Clause]) -> None:
    """`not the organ, strings in the last chorus`: no part to be left out, but where it shares its place."""
    for clause, following in list(pairwise(clauses)):
        if _only_names(following) and _likes(following) <= _likes(clause) and following.joined == "comma":
            _set_behind(clause, following, clauses)
            continue
        if following.joined not in ("comma", "but") or not _only_names(clause):
            continue
        is_meant = any(_is_a_mark(one) for one in following.terms)
        if clause.has("place") and following.has("place") and not clause.has("part", "instrument"):
            if not _only_names(following) and not clause.has("no"):
                _leave(clause, clauses)
            continue
        parts = _parts(following)
        if not parts or not clause.has("part", "instrument") or clause.has("place"):
            continue
        if clause.has("no") and not is_meant:
            continue
        if _parts(clause) <= parts or following.has(*_SAYS_MORE):
            _leave(clause, clauses)
        elif following.has("place"):
            clause.terms += [replace(one, used=True) for one in following.terms if one.role == "place"]


def _set_behind(clause: Clause, following: Clause, clauses: list[Clause]) -> None:
    """`I meant a trumpet in the intro, not the brass`, `a guitar in the bridge, not the piano`."""
    is_told = any(_is_a_mark(one) for one in clause.terms) and not clause.has(*NEGATORS)
    says_more = clause.has(*_SAYS_MORE) or clause.has(*NEGATORS)
    if is_told and (_parts(following) <= _parts(clause) or not clause.has("place")):
        _leave(following, clauses)
    elif not says_more and following.has("not") and not following.has("place"):
        following.terms += [replace(one, used=True) for one in clause.terms if one.role == "place"]


def _only_names(clause: Clause) -> bool:
    """`not the piano`, `ich meinte nicht die Orgel`."""
    named = [one for one in clause.terms if one.role in ("part", "instrument", "place")]
    negators = [one for one in clause.terms if one.role in NEGATORS]
    small = all(
        one.role in ("fill", "the", "a", "in", "crop", *NEGATORS, "part", "instrument", "place") for one in clause.terms
    )
    plays = any(one.role == "fill" and one.value in ("plays", "enters", "ought", "modal") for one in clause.terms)
    return bool(named) and bool(negators) and small and not plays


def _is_elsewhere(clause: Clause, meant: Clause) -> bool:
    """`no piano in the bridge. I mean in the outro`."""
    return clause.has("part", "instrument") and _likes(meant) == {"place"}


def _is_set_against(clause: Clause) -> bool:
    """`I didn't mean louder, I meant busier`: says only what is not to be."""
    return clause.has(*NEGATORS) and all(one.role in _LIKE or one.role in (*_SMALL, *NEGATORS) for one in clause.terms)


def _parts(clause: Clause) -> set[str]:
    return {part for one in clause.terms if (part := _part(one))}


def _part(term: Term) -> str | None:
    if term.role == "part":
        return term.value
    return str(all_instruments()[term.value].stem) if term.role == "instrument" else None
