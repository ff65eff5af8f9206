"""What words of negation are for.

A negator has a narrow scope: the thing that follows it (`no drums`, `not the piano`), the change (`not louder`, `don't
make it busier`), or the verb of playing it belongs to (`the drums don't play`, `spielt nicht`). What removes has an
object behind it (`take out the drums`), before it (`drums out`), or is said of those who were spoken of last. Between a
negator and what it is for stand only small words. A negator that is for something else (`I don't think`, `can't wait`),
or for nothing that can be found, is in doubt; then nothing is read from its clause: better not understood than
understood as the opposite.
"""

from __future__ import annotations

from ripieno.contracts.understanding import About
from ripieno.music.language.clauses import Clause
from ripieno.music.language.saying import NEGATORS
from ripieno.music.language.terms import Term

_SMALL = frozenset(
    {"the", "a", "in", "to", "on", "for", "from", "crop", "ordinal", "number", "half", "degree", "or", "and"}
)
_THINGS = frozenset({"part", "instrument", "absent", "everything", "place", "song", "section"})
_CHANGES = frozenset({
    "concept", "comparative", "noun", "quantity", "tonality", "up", "down",
    "remove", "swap", "keep", "style", "meter", "language", "new", "again", "except", "only", "want", "silence", "key",
})  # fmt: skip
_VERBS = frozenset({"plays", "enters", "returns", "there"})
_OTHER = frozenset({"content", "masks"})
_NEVER_A_NO = frozenset({"modal", "asking"})


def asks_politely(clause: Clause) -> bool:
    """`t'aurais pas une flûte ?`, `könntet ihr nicht ...?`: asks for what it names; the negators there are none."""
    modal = next((n for n, one in enumerate(clause.terms) if _is(one, _NEVER_A_NO)), None)
    if modal is None or not (clause.asks or _is(clause.terms[modal], {"asking"})):
        return False
    negator = _negator_of(clause.terms, modal)
    if negator is None or _would_not_play(clause):
        return False
    negator.role, negator.value, negator.used = "fill", "", True
    return True


def _negator_of(terms: list[Term], modal: int) -> Term | None:
    """The negator that stands with a `could`, before it or behind."""
    before = next((one for one in reversed(terms[:modal]) if one.role != "fill"), None)
    if before is not None and before.role in NEGATORS:
        return before
    after = next((one for one in terms[modal + 1 :] if one.role != "fill" and one.role not in _SMALL), None)
    return after if after is not None and after.role in NEGATORS else None


def _would_not_play(clause: Clause) -> bool:
    """`could you not play drums?` may be a wish for none."""
    return any(_is(one, _VERBS) or one.role == "remove" for one in clause.terms)


def is_doubtful(clause: Clause, *, has_subject: bool, about: About) -> bool:
    """Whether a word of negation in the clause is for nothing that can be told."""
    terms, is_comment = clause.terms, about == "comment"
    if clause.has("doubt") or (clause.asks and any(_is(one, {"wonder"}) for one in terms)):
        return True
    if is_comment and any(one.role == "not" and one.value == "never" for one in terms):
        return True  # says what is, not what is to be
    if all(one.role in (*NEGATORS, "fill", "unknown") for one in terms) and terms[0].role in NEGATORS:
        return len(terms) > 1 and clause.has("unknown")  # `no, louder`: an answer; `no idea`: something else
    modal = next((n for n, one in enumerate(terms) if _is(one, _NEVER_A_NO)), None)
    if clause.asks and modal is not None and not clause.has("keep"):
        negator = _negator_of(terms, modal)
        if negator is not None and _would_not_play(clause) and not _has_a_subject(terms, modal):
            return True
    if any(_is(one, {"between"}) and any(t.role == "place" for t in terms[n:]) for n, one in enumerate(terms)):
        return True  # no statement is about what lies between
    if about != "request" and _describes(terms):
        return True
    negates = clause.has("remove", *NEGATORS)
    if negates and any(_is(one, {"between"}) or _is_over_a_part(terms, n) for n, one in enumerate(terms)):
        return True  # not there, or not then: nobody can say so
    if is_comment and any(_is_what_is(terms, n) for n, one in enumerate(terms) if one.role == "not"):
        return True
    for at, term in enumerate(terms):
        if term.role == "no" and not _is_of_a_thing(terms, at):
            return True
        is_last = term.role == "not" and 0 < at == len(terms) - 1
        if is_last and (term.value == "is not" or _is(terms[at - 1], {"is"})):
            return True  # `the bass is fine, the guitar is not`
        if term.role == "not" and _says_something_else(terms, at):
            return True
        if term.role == "not" and not (_is_of_a_change(terms, at) or _is_of_a_verb(terms, at)):
            return True
        if term.role == "remove" and not _has_object(terms, at, has_subject=has_subject or bool(clause.joined)):
            return True
    return False


def _describes(terms: list[Term]) -> bool:
    """`the bass is quiet` may be a complaint or a praise; nobody can tell."""
    so = next((n for n, one in enumerate(terms) if _is(one, {"is"})), None)
    said = [n for n, one in enumerate(terms) if one.role == "concept"]
    if any(_is(one, {"plays"}) for one in terms[:so]) if so else False:
        return False  # `spielt's gerade`
    if so is None or len(said) != 1 or said[0] < so or terms[said[0]].detail:
        return False
    others = {"more", "less", "too", "so", "enough", "degree", "want", "comparative", "quantity", "remove", *NEGATORS}
    return not any(one.role in others or _is(one, {"ought", "modal"}) for one in terms)


def is_a_remark(clause: Clause, *, of_what_is_there: bool) -> bool:
    """`the guitar is too fidgety` with a word that nobody knows says something of the guitar, but not that it is
    wanted; nor does `it steps on the singer` of the singer, where there is music already."""
    named = next((n for n, one in enumerate(clause.terms) if one.role in ("part", "instrument")), len(clause.terms))
    if of_what_is_there and _is_strange(clause.terms) and not is_wished(clause.terms):
        return True
    if (
        of_what_is_there
        and 1 < named < len(clause.terms)
        and clause.terms[named - 1].role == "the"
        and _is_strange(clause.terms[:named])
    ):
        return True
    kinds = {one.value for one in clause.terms if one.role == "fill"}
    strange = clause.has("unknown") or bool(kinds & _OTHER)
    return clause.has("too", "enough") or ("is" in kinds and strange)


def is_wished(terms: list[Term]) -> bool:
    """Whether something is asked for; not `the piano clashes with the guitar`."""
    named = next((n for n, one in enumerate(terms) if one.role in ("part", "instrument")), len(terms))
    return any(one.role == "want" for one in terms[: named + 1]) or _is_brought(terms)


def _is_brought(terms: list[Term]) -> bool:
    """`a part`; not `my singer has a cold`."""
    return any(
        one.role == "a" and _noun_behind(terms, n) in ("part", "instrument", "absent", "place", "")
        for n, one in enumerate(terms)
    )


def _noun_behind(terms: list[Term], at: int) -> str:
    described = ("concept", "comparative", "degree", "new", "fill", "style", "a", "more")
    following = next((one.role for one in terms[at + 1 :] if one.role not in described), "")
    if following == "unknown" and any(one.role in ("part", "instrument", "absent") for one in terms[at + 1 :]):
        return "part"
    return following


# -- one negator --------------------------------------------------------------------------------------------------


def _is_of_a_thing(terms: list[Term], at: int) -> bool:
    """`no drums`, `no loud drums`, `kein Bass im Intro`; `drums no` too."""
    for n, one in enumerate(terms[at + 1 :], start=at + 1):
        if one.role in _THINGS:
            return not _strange_place(terms, n)
        if one.role == "unknown" or _is(one, _OTHER):
            return False
        if one.role in _CHANGES:
            return one.role != "concept" or n + 1 == len(terms) or terms[n + 1].role != "unknown"
    return _is_bare(terms[:at])


def _is_of_a_change(terms: list[Term], at: int) -> bool:
    """What comes first behind it is a change or a thing, with only small words, to be or to play between."""
    for n, one in enumerate(terms[at + 1 :], start=at + 1):
        if one.role in _CHANGES:
            return True
        if one.role == "so" and not any(later.role in _CHANGES for later in terms[n + 1 :]):
            return False  # `it does not sound so good`
        if one.role in _THINGS:
            if all(t.role != "fill" for t in terms[at + 1 : n]) and not _strange_place(terms, n):
                return not _is_a_cleft(terms, n)
            led = one.role != "place" and any(t.role in ("in", "from", "to", "crop", "on") for t in terms[at + 1 : n])
            if led:
                return False  # `not in the way of the singer`
            is_done_to = one.role != "place" and any(t.role in ("part", "instrument") for t in terms[:at])
            return not _is_strange(terms) and not is_done_to  # `the bass doesn't do the drums`
        if one.role == "unknown" or _is(one, _OTHER):
            return False
    return False


def _is_a_cleft(terms: list[Term], named: int) -> bool:
    """`not the guitar is too loud` (but the piano)."""
    rest = terms[named + 1 :]
    return any(_is(one, {"is"}) for one in rest) and any(one.role in ("concept", "comparative", "too") for one in rest)


def _says_something_else(terms: list[Term], at: int) -> bool:
    """`da stimmt was nicht mit dem Klavier`: the negator is that of a verb with another meaning."""
    before = [one for one in terms[:at] if one.value or one.role not in ("the", "a", "fill")]
    return bool(before) and _is(before[-1], _OTHER) and any(one.role in ("part", "instrument") for one in terms[at:])


def _is_of_a_verb(terms: list[Term], at: int) -> bool:
    """`the drums don't play`, `das Schlagzeug spielt hier nicht`; `the piano not`, `in the intro not`."""
    if _is_strange(terms):
        return False
    before = terms[:at]
    if any(_is(one, _VERBS) or one.role in ("remove", "swap", "keep") for one in terms):
        return True
    return not any(one.role in _CHANGES - {"only"} for one in before) and _is_bare(before)


def _is_what_is(terms: list[Term], at: int) -> bool:
    """`the bass doesn't play in the bridge` of music that is there may as well be a complaint; `should not` is not."""
    if terms[at].value == "ought not" or any(_is(one, {"ought", "modal"}) for one in terms):
        return False
    of_a_part = any(one.role in ("part", "instrument") for one in terms[:at])
    changes = any(one.role in _CHANGES for one in terms[at + 1 :])
    return of_a_part and any(_is(one, _VERBS) for one in terms) and not changes


def _has_object(terms: list[Term], at: int, *, has_subject: bool) -> bool:
    if terms[at].value == "away":
        return _stands_beside(terms, at)
    for n, one in enumerate(terms[at + 1 :], start=at + 1):
        if one.role == "quantity" and any(later.role == "unknown" for later in terms[n + 1 :]):
            return False  # `stop four bars earlier`
        if one.role in _THINGS or one.role in ("noun", "concept", "quantity", "style", "except", "language"):
            return not _strange_place(terms, n)
        if one.role == "unknown" and not _names_next(terms, n):
            return False
        if _is(one, _OTHER):
            return False
    return has_subject or any(one.role in _THINGS or one.role == "noun" for one in terms[:at])


def _stands_beside(terms: list[Term], at: int) -> bool:
    """`drums out`, `out with the drums`, `out`; not `stands out`, `sounds off`."""
    before = next((one for one in reversed(terms[:at]) if one.role != "fill" and one.role not in _SMALL), None)
    if before is not None and before.role in (
        *_THINGS,
        "others",
        "noun",
        "not",
        "up",
        "down",
        "keep",
        "swap",
        "remove",
    ):
        return not any(_is(one, _OTHER) for one in terms[terms.index(before) : at])
    after = next((one for one in terms[at + 1 :] if one.role != "fill" and one.role not in _SMALL), None)
    if before is None and not any(_is(one, _OTHER) for one in terms[:at]):
        return after is None or after.role in (*_THINGS, "noun")
    return False


# -- what stands around -------------------------------------------------------------------------------------------


def _is(term: Term, kinds: frozenset[str] | set[str]) -> bool:
    return term.role == "fill" and term.value in kinds


def _has_a_subject(terms: list[Term], modal: int) -> bool:
    """`can the drums not play?` is about the drums, `could you not play drums?` about those who are asked."""
    following = next((one for one in terms[modal + 1 :] if one.role not in ("the", "fill")), None)
    return following is not None and following.role in ("part", "instrument")


def _is_over_a_part(terms: list[Term], at: int) -> bool:
    """`over the vocals`: what is played to."""
    following = next((one for one in terms[at + 1 :] if one.role not in ("the", "fill")), None)
    over = terms[at].role == "crop" and terms[at].value == "under"
    return over and following is not None and following.role in ("part", "instrument", "absent")


def _is_strange(terms: list[Term]) -> bool:
    """Whether there are words with meanings of their own that nobody reads."""
    return any(one.role in ("unknown", "doubt") or _is(one, _OTHER) for one in terms)


def _is_bare(terms: list[Term]) -> bool:
    """Only things that are named, and small words."""
    return any(one.role in _THINGS for one in terms) and not _is_strange(terms)


def _names_next(terms: list[Term], at: int) -> bool:
    """`the annoying guitar`: the word stands right before a part."""
    following = next((one for one in terms[at + 1 :] if one.role not in ("unknown", "the", "a")), None)
    return following is not None and following.role in ("part", "instrument", "absent")


def _strange_place(terms: list[Term], at: int) -> bool:
    """Whether the thing is followed by a place that nobody knows: `no bass between the rivers`."""
    brought = False
    for one in terms[at + 1 :]:
        if one.role in ("in", "before", "after", "from", "since", "to", "crop"):
            brought = True
        elif one.role == "unknown" and brought:
            return True
        elif one.role in (*_THINGS, *_CHANGES):
            brought = False
    return False
