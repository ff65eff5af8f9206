"""What terms are where only the whole clause shows it: moves that look like removals, what others are for, who `they`
are."""

from __future__ import annotations

from itertools import pairwise

from ripieno.music.language.clauses import Clause
from ripieno.music.language.saying import NEGATORS
from ripieno.music.language.terms import Term

_MEASURES = ("octave", "semitone", "dB", "bpm", "%")
_DESCRIBES = ("the", "a", "degree", "concept", "comparative", "part", "instrument", "absent", "number", "new", "more")
_NOUNS = ("part", "instrument", "absent", "noun", "place", "song", "section", "unknown", "others", "number", "ordinal")


def recast(clause: Clause, *, of_what_is_there: bool) -> None:
    """Give terms the roles that they have in this clause."""
    if len(clause.terms) > 1 and clause.terms[0].role in NEGATORS and clause.terms[1].role == "not":
        clause.terms[0].role = "fill"  # `no, not the piano`
    _suppose(clause)
    _weigh(clause, of_what_is_there=of_what_is_there)
    _move(clause.terms)
    for one, following in pairwise(clause.terms):
        if one.role == "concept" and one.value == "slow" and following.role in ("comparative", "up", "down", "more"):
            one.role, one.value = "fill", ""  # `langsam leiser`: by and by
        if one.role == "concept" and one.value == "calm" and following.role in ("comparative", "more", "up"):
            one.role, one.value = "fill", ""  # `ruhig lauter`: it may well be
        if one.role == "ordinal" and following.role in ("part", "instrument"):
            following.role = "absent"  # `the second guitar` is not all of them
    _leave_whose_out(clause.terms)
    _halve(clause.terms)
    _leave_sizes_out(clause.terms)
    _leave_purposes_out(clause.terms, of_what_is_there=of_what_is_there)


def _suppose(clause: Clause) -> None:
    """`if you keep the organ, only in the outro`: the condition only names whom it is about."""
    terms = clause.terms
    condition = next((n for n, one in enumerate(terms) if one.role == "fill" and one.value == "if"), None)
    named = any(one.role in ("part", "instrument", "place") for one in terms)
    changes = any(one.role in ("concept", "comparative", "noun", "quantity", "meter", "tonality") for one in terms)
    if condition is None or changes or not named:
        return
    for one in terms:
        if one.role == "place":
            one.data.prep = "in"
        if one.role not in ("part", "instrument", "place", "in", "the"):
            one.role, one.value = ("a", "") if one.role == "a" else ("fill", "")


def _weigh(clause: Clause, *, of_what_is_there: bool) -> None:
    """`do we need so much reverb?` is too much; `the piano is superfluous` is to be left out; `they need not be louder`
    is not louder."""
    terms = clause.terms
    for at, one in enumerate(terms):
        if one.role == "asked":
            one.role = "less" if clause.asks and of_what_is_there else "so"
        if one.role == "less" and one.value == "superfluous":
            behind = {later.role for later in terms[at + 1 :]}
            if not behind & {"noun", "concept", "part", "instrument", "comparative", "unknown"}:
                one.role, one.value = "remove", ""
        if one.role == "remove" and one.value == "unheard":  # `que no suene tan brillante`
            behind = {later.role for later in terms[at + 1 :]}
            one.role, one.value = ("not", "") if behind & {"concept", "comparative", "so", "too"} else ("remove", "")
        changes = any(later.role == "comparative" for later in terms[at + 1 :])
        plays = any(later.role == "fill" and later.value in ("plays", "enters") for later in terms)
        if one.role == "doubt" and changes and not plays:
            one.role, one.value = "not", "ought not"


def speaks_of_them(clause: Clause) -> bool:
    """`can they sit behind the beat?`, `mach die dunkler`: those who were spoken of are meant."""
    return any(
        (one.role == "fill" and one.value == "them") or (one.role == "the" and _stands_alone(clause.terms, at))
        for at, one in enumerate(clause.terms)
    )


def _stands_alone(terms: list[Term], at: int) -> bool:
    """Whether no noun comes that an article would be for."""
    return not any(one.role in _NOUNS or (one.role == "fill" and not one.value) for one in terms[at + 1 :])


def _move(terms: list[Term]) -> None:
    """`drop the bass an octave`, `cut 3 dB`: down, not out; `can go higher`: up."""
    for at, one in enumerate(terms):
        following = next((later.role for later in terms[at + 1 :] if later.role not in ("fill", "degree", "a")), "")
        if one.role == "remove" and not one.value and following in ("comparative", "up", "down"):
            one.role = "fill"
    if any(one.role == "quantity" and one.value in _MEASURES for one in terms):
        for one in terms:
            if one.role == "remove" and one.value != "rests":
                one.role, one.value = "down", ""


def _leave_whose_out(terms: list[Term]) -> None:
    """`for my girl`, `pour ma fille`: nobody who sings."""
    for n, (one, following) in enumerate(pairwise(terms)):
        if (one.role, one.value) != ("the", "own") or following.role != "concept":
            continue
        names = n + 2 < len(terms) and terms[n + 2].role in ("part", "instrument")
        if following.value in ("female", "male") and not names:
            following.role, following.value = "fill", ""


def _halve(terms: list[Term]) -> None:
    """`cut the intro in half`: shorter, not out."""
    cuts = [one for one in terms if one.role == "remove" and one.value != "rests"]
    if cuts and terms[-1].role == "half":
        cuts[0].role, cuts[0].value, terms[-1].role, terms[-1].value = "comparative", "short", "fill", ""


def _leave_sizes_out(terms: list[Term]) -> None:
    """`a little piece of music`: no energy."""
    for one, following in pairwise(terms):
        if (
            one.role == "concept"
            and one.value == "small"
            and not one.detail
            and following.role in ("fill", "song", "style", "unknown")
        ):
            one.role, one.value = "fill", ""


def _leave_purposes_out(terms: list[Term], *, of_what_is_there: bool) -> None:
    """`for a short film`, `für meine Schüler`, `too busy for a ballad`, `like in old ballads`: what music is for,
    or like, is not how it is to be."""
    for at, term in enumerate(terms):
        if of_what_is_there and term.role == "fill" and term.value == "than":
            for one in terms[at + 1 :]:
                one.role = "fill" if one.role == "style" else one.role
        if term.role != "crop" or term.value == "under":
            continue
        if of_what_is_there:
            for one in terms[at + 1 :]:
                one.role = "fill" if one.role == "style" else one.role
        end = next((n for n, one in enumerate(terms[at + 1 :], start=at + 1) if one.role not in _DESCRIBES), None)
        behind = [one.role for one in terms[at + 1 :] if one.role not in ("the", "a")]
        if behind == ["concept"] and terms[at + 1].role in ("the", "a"):  # `for my little one`, `para mi corto`
            terms[-1].role = "unknown"
        elif end is not None and terms[end].role == "unknown":
            for one in terms[at + 1 : end]:
                one.role = one.role if one.role in ("the", "a") else "unknown"
