"""Terms as sentences of clauses: what stands between commas, `and`, `but` and full stops, and how it is joined on."""

from __future__ import annotations

from dataclasses import dataclass, field

from ripieno.music.language.terms import HARD, Term
from ripieno.music.language.tokens import Token

_SOFT = frozenset(",:()[]–—-/")
_JOINS = ("and", "or", "but")
_BEHIND = frozenset(("aber", "jedoch", "allerdings", "dagegen", "hingegen", "dafur", "dafuer"))
"""German has its `but` also behind the place that it sets against: `ein Bass, im Intro aber noch nicht`."""
_SAYS = (
    "concept",
    "comparative",
    "noun",
    "keep",
    "quantity",
    "meter",
    "tonality",
    "style",
    "no",
    "not",
    "more",
    "less",
)
_PARTICLES = _BEHIND | {"doch", "en", "sin", "par", "however", "though", "instead"}
"""What may stand in the middle of a clause (`el bajo en cambio`, `la basse par contre`)."""
_AND = frozenset(("and", "und", "y", "et"))
_WITHOUT = frozenset(("without", "ohne", "sin", "sans"))
"""What a clause that keeps something begins with (`sans toucher au refrain`)."""
_OF_A_PLACE = ("place", "in", "on", "the", "fill")


@dataclass
class Clause:
    """`joined` is what stands before it: nothing at the beginning of a sentence, `comma`, `and`, `or` or `but`. `asks`
    where its sentence is a question, `explains` where a colon stands before it."""

    joined: str
    terms: list[Term] = field(default_factory=list)
    asks: bool = False
    explains: bool = False

    def has(self, *roles: str) -> bool:
        return any(term.role in roles for term in self.terms)


def sentences(found: list[Term], said: list[Token], text: str) -> list[list[Clause]]:
    """Every sentence as its clauses; empty ones are left out."""
    read: list[list[Clause]] = [[]]
    clause = Clause("")
    before: Term | None = None
    for number, term in enumerate(found):
        new_line = before is not None and "\n" in text[said[before.last - 1].end : said[term.first].start]
        is_mark = term.role == "mark"
        if new_line or (is_mark and term.value in HARD):
            _close(read, clause)
            for one in read[-1] if term.value == "?" else ():
                one.asks = True
            read.append([])
            clause = Clause("")
        ends = number + 1 == len(found) or found[number + 1].role in ("mark", *_JOINS)
        sets_apart = (term.role == "no" and not ends) or (term.role == "not" and _is_of_a_part(found, number))
        sets_apart = sets_apart or (term.role == "keep" and said[term.first].word in _WITHOUT)
        joins = term.role == "no" and said[term.first].word in _AND and clause.has("concept", "place")  # `y nada de`
        names = joins or clause.has("part", "instrument") or _is_of_another_section(found, number, clause)
        if sets_apart and names and not clause.has("remove", "not"):
            _close(read, clause)
            clause = Clause("comma")
        gives_a_reason = term.role == "fill" and term.value == "because"
        is_a_particle = said[term.first].word in _PARTICLES and _is_a_particle(found, number, clause)
        if term.role == "but" and (is_a_particle or _is_not_yet(said[term.first].word, clause)):
            clause.terms.append(Term("fill", "", term.first, term.last))
            before = term
            continue
        if term.role in _JOINS or gives_a_reason or (is_mark and term.value in _SOFT):
            joined = term.role if term.role in _JOINS and term.value != "then" else "comma"  # `then` is no row
            if said[term.first].word in _BEHIND and all(one.role in _OF_A_PLACE for one in clause.terms):
                clause.joined = joined if clause.joined == "comma" else clause.joined
            elif clause.terms:
                _close(read, clause)
                clause = Clause(joined, explains=term.value == ":")
            elif clause.joined in ("", "comma"):
                clause.joined = joined if read[-1] else ""
            term.used = True
        elif is_mark:
            term.used = True
        else:
            clause.terms.append(term)
        before = term
    _close(read, clause)
    return [sentence for sentence in read if sentence]


def _is_a_particle(found: list[Term], at: int, clause: Clause) -> bool:
    """`die Gitarre kann dagegen mehr spielen`, `streicht doch das Solo`: no clause begins with it."""
    is_set_off = at > 0 and found[at - 1].role == "mark"
    says = any(one.role in _SAYS for one in clause.terms)
    follows = found[at + 1].role if at + 1 < len(found) else "mark"
    return bool(clause.terms) and not is_set_off and not says and follows not in ("mark", "not", "no", "only", "except")


def _is_not_yet(word: str, clause: Clause) -> bool:
    """`no drums yet in the intro`."""
    return word == "yet" and clause.has("no", "not")


def _is_of_another_section(found: list[Term], at: int, clause: Clause) -> bool:
    """`with a bridge and no intro`."""
    last = clause.terms[-1] if clause.terms else None
    following = next((one for one in found[at + 1 :] if one.role not in ("the", "a")), None)
    both = [one for one in (last, following) if one is not None and one.role == "place" and not one.data.prep]
    return found[at].role == "no" and len(both) == 2


def _is_of_a_part(found: list[Term], at: int) -> bool:
    """`on the trumpet not the sax`: right behind it comes a part."""
    following = next((one for one in found[at + 1 : at + 3] if one.role not in ("the", "a")), None)
    return following is not None and following.role in ("part", "instrument")


def _close(read: list[list[Clause]], clause: Clause) -> None:
    if clause.terms:
        read[-1].append(clause)
