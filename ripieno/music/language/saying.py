"""Statements in the making, what one clause holds, and how far the reading of a text has come."""

from __future__ import annotations

from dataclasses import dataclass, field

from ripieno.contracts.enums import StemType
from ripieno.contracts.understanding import About, Kind, Place
from ripieno.music.language.clauses import Clause
from ripieno.music.language.lexicon import Lexicon
from ripieno.music.language.terms import Term

GLOBAL = frozenset(
    (Kind.TEMPO, Kind.KEY, Kind.METER, Kind.STYLE, Kind.LENGTH, Kind.LYRICS, Kind.THEME, Kind.LANGUAGE, Kind.SECTION,
     Kind.MOOD, Kind.RANGE)
)  # fmt: skip
"""Of the whole music, whoever was named before."""
NEGATORS = ("not", "no")


@dataclass
class Said:
    """A statement in the making; `first`, `last` are terms' tokens, `follows` whether its parts are its own,
    `explains` whether it comes behind a colon, `joined` by what to what was before it."""

    kind: Kind
    first: int
    last: int
    amount: float | None = None
    unit: str | None = None
    absolute: bool = False
    value: str | None = None
    negated: bool = False
    parts: list[StemType] = field(default_factory=list)
    but_parts: list[StemType] = field(default_factory=list)
    places: list[Place] = field(default_factory=list)
    but_places: list[Place] = field(default_factory=list)
    only: bool = False
    only_implied: bool = False
    inherits: bool = False
    compares: bool = False
    is_named: bool = False
    too: bool = False
    complains: bool = False
    turned: bool = False
    throughout: bool = False
    explains: bool = False
    joined: str = ""
    clause: int = 0


@dataclass
class Named:
    """A part, or an instrument of one, where it stands among a clause's terms."""

    at: int
    part: StemType
    instrument: str | None
    term: Term
    is_definite: bool = False
    is_own: bool = False


@dataclass
class Mods:
    """What stands before a word and changes it."""

    factor: float = 1.0
    more: bool = False
    less: bool = False
    too: bool = False
    so: bool = False
    enough: bool = False
    neg: bool = False
    terms: list[Term] = field(default_factory=list)

    @property
    def is_empty(self) -> bool:
        return not self.terms


@dataclass
class Heard:
    """What one clause holds, before it is known whom and where it is about."""

    named: list[Named] = field(default_factory=list)
    excepted: list[StemType] = field(default_factory=list)
    preds: list[tuple[int, Said]] = field(default_factory=list)
    places: list[Term] = field(default_factory=list)
    but_places: list[Place] = field(default_factory=list)
    place_only: bool = False
    place_negated: bool = False
    only_parts: bool = False
    negates_parts: bool = False
    removes: bool = False
    wants: bool = False
    article: bool = False
    keeps: bool = False
    dislikes: bool = False
    everything: bool = False
    renews: bool = False
    enters: bool = False
    returns: bool = False
    inaudible: bool = False
    nowhere: bool = False
    rests: bool = False
    others: bool = False
    elsewhere: bool = False
    absent: bool = False
    doubtful: bool = False
    kept: list[StemType] = field(default_factory=list)
    remark: bool = False
    of_them: bool = False
    spares: bool = False
    leaves: bool = False
    sings_not: bool = False
    throughout: bool = False
    adds: bool = False
    number: int = -1
    first: int = 0
    last: int = 0

    @property
    def is_of_a_piece(self) -> bool:
        """Whether all that is named are pieces of the drum kit, which cannot be had or left out by themselves."""
        return bool(self.named) and all(one.term.detail for one in self.named)

    @property
    def parts(self) -> list[StemType]:
        return list(dict.fromkeys(one.part for one in self.named))

    @property
    def where(self) -> list[Place]:
        return [place for term in self.places for place in term.data.places]


@dataclass
class Carried:
    """What a sentence leaves to the next: whom it was about, and where if it said nothing but that or all of it was;
    `is_name` where it only named them, `is_place` where it was only a place; `where` is where they were asked for."""

    subject: list[StemType] = field(default_factory=list)
    sticky: list[Place] = field(default_factory=list)
    lead: Term | None = None
    is_name: bool = False
    is_place: bool = False
    where: list[Place] = field(default_factory=list)


@dataclass
class State:
    """How far a text is read: what was said so far, and what of the sentence still waits.

    `subject` are the parts that were spoken of last, `pending` those that nothing was said of yet; `sticky` is the
    place that holds for the rest of the sentence, `sticky_but` that which does not, `lead` the term that named it;
    `row` is the statement whose parts may go on from the clause `row_clause`. `last_place` is the one named last
    (`there`), `before` what the sentence before leaves, `carries` whether `sticky` is its place; `doubted` is whether
    the clause before was not understood for a negator in doubt, `hangs` whether it named nothing that this was for (`no
    reason, to ...`), `absent` whether it was about an instrument that cannot be had, `spares` whether it was about who
    is not to be left out, `explains` whether the clause comes behind a colon, `is_alone` whether it is all that its
    sentence says.
    """

    words: Lexicon
    about: About
    said: list[Said] = field(default_factory=list)
    number: int = 0
    joined: str = ""
    pending: list[tuple[Heard, Clause]] = field(default_factory=list)
    subject: list[StemType] = field(default_factory=list)
    but_subject: list[StemType] = field(default_factory=list)
    sticky: list[Place] = field(default_factory=list)
    sticky_but: list[Place] = field(default_factory=list)
    lead: Term | None = None
    row: Said | None = None
    row_clause: int = -1
    last_place: Term | None = None
    before: Carried = field(default_factory=Carried)
    doubted: bool = False
    hangs: bool = False
    carries: bool = False
    explains: bool = False
    is_alone: bool = False
    absent: bool = False
    excepts: bool = False
    spares: bool = False
    swapping: str = ""
    old: list[Named] = field(default_factory=list)

    def begin_sentence(self) -> None:
        self.pending, self.subject, self.but_subject, self.sticky = [], [], [], []
        self.lead, self.row, self.excepts, self.swapping, self.old = None, None, False, "", []
        self.carries, self.spares, self.sticky_but = False, False, []
        self.row_clause, self.doubted, self.hangs, self.absent = -1, False, False, False


def bounded(amount: float) -> float:
    return round(min(1.0, max(-1.0, amount)), 3)
