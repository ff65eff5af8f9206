"""Lists of what is not to be touched, parts and places mixed: `touch neither the chorus nor the drums`.

A negator beside a verb of touching or changing keeps what it is for; `neither`, `nor` and `or` go on with that, and
never leave out. Each of the list is kept for itself: a place is no place of the parts beside it.
"""

from __future__ import annotations

from ripieno.contracts.enums import StemType
from ripieno.contracts.understanding import Kind, Place
from ripieno.music.instruments import all_instruments
from ripieno.music.language.clauses import Clause
from ripieno.music.language.saying import NEGATORS, Heard, Said, State
from ripieno.music.language.telling import add, flush
from ripieno.music.language.terms import CLOSES, Term

_NAMES = ("part", "instrument", "place")
_SMALL = (
    "the",
    "fill",
    "in",
    "on",
    "crop",
    "degree",
    "to",
    "from",
    "end",
    "touch",
    "keep",
    "nothing",
    *_NAMES,
    *NEGATORS,
)
_SAYS_MORE = ("plays", "enters", "returns", "content", "masks", "than", "if", "because", "earlier", "later", "there")


def keeps_a_list(state: State, clauses: list[Clause], at: int) -> int:
    """How many clauses from this one on are such a list; what they keep is said then."""
    many = _length(clauses, at)
    row = clauses[at : at + many]
    items = _items(row)
    if not many or not items or not (len(items) > 1 or _has_nor(row)):
        return 0
    plain = not (_has_nor(row) or any(_touches(one, row) for clause in row for one in clause.terms))
    if plain and not (_places(items) and _parts(items)):
        return 0  # `keep the drums and the bass`
    flush(state)
    terms = [one for clause in row for one in clause.terms]
    for one in terms:
        one.used = True
    first, last, parts = terms[0].first, terms[-1].last, _parts(items)
    if _places(items):
        add(state, Said(Kind.KEEP, first, last, places=_places(items)), Heard())
    if parts:
        add(state, Said(Kind.KEEP, first, last, parts=parts), Heard(throughout=True))
        state.subject = parts
    state.last_place = next((one for one in reversed(terms) if one.role == "place"), state.last_place)
    return many


def _length(clauses: list[Clause], at: int) -> int:
    """The clauses of a row: behind what keeps or touches, or before it."""
    end = at + 1
    if not _is_small(clauses[at]) or (_says_no(clauses[at]) and not _is_led(clauses[at:])):
        return 0
    while end < len(clauses) and _goes_on(clauses, end):
        end += 1
    row = clauses[at:end]
    terms = [(n, one) for n, clause in enumerate(row) for one in clause.terms]
    verbs = [(n, one) for n, one in terms if one.role == "keep"] or [(n, one) for n, one in terms if _touches(one, row)]
    negated = any(one.role in (*NEGATORS, "nothing") for clause in row for one in clause.terms)
    if (
        not verbs
        or len({n for n, _ in verbs}) > 1
        or (verbs[0][1].role != "keep" and not negated)
        or verbs[0][0] not in (0, len(row) - 1)
    ):
        return 0
    return end - at


def _is_led(row: list[Clause]) -> bool:
    """Whether a bare negator is that of a verb of touching: not `no drums, and the chorus stays`."""
    return not any(one.role == "keep" for clause in row for one in clause.terms) or row[0].has("keep")


def _says_no(clause: Clause) -> bool:
    return any(one.role == "no" and one.value != "nor" for one in clause.terms)


def _is_small(clause: Clause) -> bool:
    small = all(one.role in _SMALL or _is_change(clause.terms, n) for n, one in enumerate(clause.terms))
    return small and not any(one.role == "fill" and one.value in _SAYS_MORE for one in clause.terms)


def _is_change(terms: list[Term], at: int) -> bool:
    """`ändere weder …`, `weder … ändern`: the verb, not what is new."""
    ends = at + 1 == len(terms) or terms[at + 1].role in (*NEGATORS, "nothing", "keep")
    return terms[at].role == "new" and ends


def _touches(term: Term, row: list[Clause]) -> bool:
    if term.role == "touch":
        return True
    clause = next(one for one in row if any(term is other for other in one.terms))
    return term.role == "new" and _is_change(clause.terms, next(n for n, o in enumerate(clause.terms) if o is term))


def _goes_on(clauses: list[Clause], at: int) -> bool:
    clause = clauses[at]
    if not _is_small(clause) or not clause.has(*_NAMES) or _says_no(clause) or clause.asks:
        return False
    if clause.joined in ("and", "or") or _is_nor(clause.terms[0]):
        return True
    more = at + 1 < len(clauses) and clauses[at + 1].joined in ("and", "or")
    return clause.joined == "comma" and not clause.has("keep", "touch") and more and _goes_on(clauses, at + 1)


def _is_nor(term: Term) -> bool:
    return (term.role, term.value) == ("no", "nor")


def _has_nor(row: list[Clause]) -> bool:
    return any(one.role == "no" for clause in row for one in clause.terms)


def _items(row: list[Clause]) -> list[list[Term]]:
    """What is kept, each for itself; nothing where a part stands beside a place of its own."""
    items: list[list[Term]] = []
    for clause in row:
        items.append([])
        for n, one in enumerate(clause.terms):
            if one.role == "no" or (one.role, one.value) == ("fill", CLOSES):
                items.append([])
            elif one.role in _NAMES:
                items[-1].append(one)
            if one.role == "place" and one.data.prep and not _is_object(clause.terms, n, row):
                return []
    items = [one for one in items if one]
    return [] if any(len(one) > 1 or one[0].detail for one in items) else items


def _is_object(terms: list[Term], at: int, row: list[Clause]) -> bool:
    """`touche au refrain`, `am Refrain … ändern`; not `keep the drums, and in the verse`."""
    before = [one for one in terms[:at] if one.role not in ("the", "fill", "in")]
    trails = any(one.role == "keep" for one in terms[at:]) and terms is row[-1].terms  # `und der Refrain bleiben so`
    return (
        terms is row[0].terms
        or (trails and not before)
        or (bool(before) and before[-1].role in ("no", "keep", "touch"))
    )


def _places(items: list[list[Term]]) -> list[Place]:
    return [place for item in items for one in item if one.role == "place" for place in one.data.places]


def _parts(items: list[list[Term]]) -> list[StemType]:
    named = [one for item in items for one in item if one.role != "place"]
    stems = [all_instruments()[one.value].stem if one.role == "instrument" else one.value for one in named]
    return list(dict.fromkeys(StemType(one) for one in stems))
