"""Clauses as statements: what is to change, for whom, where, how much, and what is not to be.

A clause that names parts is about those; one that names none is about those named before it in the sentence (`drums
louder and busier`). Parts in a row wait for what is said of them (`drums and bass louder`). A negator is for what
follows it in its clause, and for a row of parts (`no drums or bass`). A place at the beginning of a sentence holds for
all of it, one at the end for what is joined on by `and`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from dataclasses import replace as changed

from ripieno.contracts.enums import StemType
from ripieno.contracts.understanding import About, Kind, Place
from ripieno.music.instruments import all_instruments
from ripieno.music.language.amounts import METERS, Quantity
from ripieno.music.language.clauses import Clause
from ripieno.music.language.lexicon import Concept, Lexicon
from ripieno.music.language.terms import Term

GLOBAL = frozenset(
    (Kind.TEMPO, Kind.KEY, Kind.METER, Kind.STYLE, Kind.LENGTH, Kind.LYRICS, Kind.THEME, Kind.LANGUAGE, Kind.SECTION,
     Kind.MOOD, Kind.RANGE)
)  # fmt: skip
"""Of the whole music, whoever was named before."""
_DIRECTIONS = (Kind.REGISTER, Kind.DYNAMICS, Kind.LOUDNESS, Kind.TEMPO, Kind.LENGTH, Kind.DENSITY)
_NEGATORS = ("not", "no")
_UP = 0.5  # how far `turn up` turns
_LEAST_BPM, _MOST_BPM = 30, 300


@dataclass
class Said:
    """A statement in the making; `first`, `last` are terms' tokens, `follows` whether its parts are its own."""

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
    inherits: bool = False
    clause: int = 0


@dataclass
class _Named:
    """A part, or an instrument of one, where it stands among a clause's terms."""

    at: int
    part: StemType
    instrument: str | None
    term: Term
    is_definite: bool = False


@dataclass
class _Mods:
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
class _Heard:
    """What one clause holds, before it is known whom and where it is about."""

    named: list[_Named] = field(default_factory=list)
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
    everything: bool = False
    renews: bool = False
    first: int = 0
    last: int = 0

    @property
    def parts(self) -> list[StemType]:
        return list(dict.fromkeys(one.part for one in self.named))

    @property
    def where(self) -> list[Place]:
        return [place for term in self.places for place in term.data.places]


class Reader:
    """Reads the sentences of one text, one after the other."""

    def __init__(self, words: Lexicon, about: About):
        self.words, self.about = words, about
        self.said: list[Said] = []

    def sentence(self, clauses: list[Clause]) -> None:
        begins = len(self.said)
        self.pending: list[tuple[_Heard, Clause]] = []
        self.subject: list[StemType] = []
        self.but_subject: list[StemType] = []
        self.sticky: list[Place] = []
        self.lead: Term | None = None  # the place that the sentence begins with
        self.row: Said | None = None  # of parts that are left out, or changed by a word before them
        self.excepts = False
        self.swapping = ""
        self.old: list[_Named] = []
        for number, clause in enumerate(clauses):
            self.number = number
            heard = self._hear(clause)
            if self._swapped(clause, heard):
                continue
            self._say(clause, heard, clauses, begins)
        self._flush()
        taken = [one.places for one in self.said[begins:] if one.kind != Kind.RANGE]
        self.said[begins:] = [one for one in self.said[begins:] if one.kind != Kind.RANGE or one.places not in taken]

    # -- one clause -----------------------------------------------------------------------------------------------

    def _hear(self, clause: Clause) -> _Heard:
        heard, mods = _Heard(first=clause.terms[0].first, last=clause.terms[-1].last), _Mods()
        terms = clause.terms
        directions = [term for term in terms if term.role in ("up", "down")]
        for at, term in enumerate(terms):
            term.used = True
            role = term.role
            if role == "except":
                heard.everything = heard.everything or not heard.named
                self._except(terms, at, heard)
            elif term.data == "excepted" or (role == "enough" and heard.preds and at == heard.preds[-1][0] + 1):
                continue
            elif role in ("more", "less", "too", "so", "enough", "degree", *_NEGATORS):
                self._modify(mods, term)
            elif role in ("concept", "comparative", "noun"):
                said = self._concept(term, role, mods, terms, at)
                if said is not None:
                    heard.preds.append((at, said))
                    mods = _Mods()
            elif role in ("part", "instrument"):
                mods = self._part(term, at, mods, heard, terms)
            elif role == "place":
                if mods.neg:
                    if term.data.prep:
                        heard.place_negated = True
                    else:
                        heard.removes = True
                    mods = _Mods()
                heard.places.append(term)
                if (at and self._before(terms, at).role == "only") or (
                    at + 1 < len(terms) and terms[at + 1].role == "only"
                ):
                    heard.place_only = True
            elif role == "quantity":
                heard.preds.append((at, self._quantity(term, terms, at, directions, heard)))
            elif role == "tonality":
                heard.preds.append((at, self._made(Kind.KEY, term, value=term.value, absolute=True, negated=mods.neg)))
                mods = _Mods()
            elif role == "meter":
                value = term.value if term.value in METERS else None
                if value:
                    heard.preds.append((at, self._made(Kind.METER, term, value=value, absolute=True)))
                else:
                    term.used = False
            elif role == "style":
                term.data = bool(mods.neg or mods.less or heard.removes)
                mods = _Mods()
            elif role == "language":
                heard.preds.append((at, self._made(Kind.LANGUAGE, term, value=term.value)))
            elif role == "remove":
                heard.removes = True
            elif role == "want":
                heard.wants = True
            elif role == "keep":
                heard.keeps = True
            elif role == "everything":
                heard.everything = True
            elif role == "a":
                heard.article = True
            elif role == "new":
                heard.renews = True
            elif role == "again":
                heard.preds.append((at, self._made(Kind.VARIATION, term)))
            elif role == "only":
                heard.only_parts = at + 1 < len(terms) and self._after(terms, at).role in ("part", "instrument")
            elif role == "about":
                if self._theme(terms, at, heard):
                    break
            elif role == "number":
                term.used = self._bare_number(term, terms, at, heard)
            elif role == "bars" and at and terms[at - 1].role == "meter":
                continue
            elif role in ("unknown", "mark", "ordinal", "unit", "meter", "clock", "half", "bars", "section"):
                term.used = False
        self._left_over(mods, directions, heard, terms)
        if heard.place_negated and heard.named and not heard.preds:
            heard.negates_parts, heard.place_negated = True, False
        return heard

    def _modify(self, mods: _Mods, term: Term) -> None:
        mods.terms.append(term)
        match term.role:
            case "more":
                mods.more = True
            case "less":
                mods.less = True
            case "too":
                mods.too = True
            case "so":
                mods.so = True
            case "enough":
                mods.enough = True
            case "degree":
                mods.factor = self.words.degrees[term.value]
            case _:
                mods.neg = True

    def _concept(self, term: Term, role: str, mods: _Mods, terms: list[Term], at: int) -> Said | None:
        """What a word of a concept says with what stands before it."""
        known = self.words.concepts[term.value]
        said = self._made(Kind(known.kind), term, *mods.terms, value=known.value)
        compares = role == "comparative" or mods.more
        mods.enough = mods.enough or (at + 1 < len(terms) and terms[at + 1].role == "enough")
        if role == "noun":
            return self._noun(said, known, mods, terms, at)
        if mods.less or mods.too or (mods.neg and (mods.so or mods.enough)) or (mods.neg and not compares):
            wants_more = mods.neg and mods.enough
            sign = 1.0 if wants_more else -1.0
            gentle = mods.neg and not mods.so and not mods.enough and not mods.less
            if mods.neg and mods.less:  # not less
                said.negated, sign = True, -1.0
            return self._turned(said, known, sign, mods.factor * (0.5 if gentle else 1.0))
        if mods.enough:
            said.negated = True
        said.negated = said.negated or mods.neg
        if known.amount is not None:
            said.amount = _bounded(known.amount * mods.factor)
        elif known.kind == Kind.MOOD:
            said.amount = _bounded(0.6 * mods.factor) if compares else None
        return said

    def _noun(self, said: Said, known: Concept, mods: _Mods, terms: list[Term], at: int) -> Said | None:
        """`more density`, `no reverb`, `raise the tempo`, `lower the volume`; by itself it is only named."""
        around = self._direction(terms, at)
        sign = 1.0
        if mods.less or mods.too or around < 0:
            sign = -1.0
        elif mods.more or around > 0:
            sign = 1.0
        elif mods.neg or any(term.role == "remove" for term in terms):
            if known.amount is None:
                said.negated = True
                return said
            said.amount = -1.0 if known.amount > 0 else 1.0
            return said
        elif said.kind in (Kind.SWING, Kind.EFFECT):
            sign = 1.0
        else:
            said.amount = None
            return said
        if mods.neg and (mods.more or mods.less):
            said.negated = True
        if mods.neg and mods.enough:
            sign = 1.0
        if known.amount is not None:
            said.amount = _bounded(abs(known.amount) * sign * mods.factor)
        return said

    def _turned(self, said: Said, known: Concept, sign: float, factor: float) -> Said:
        if known.amount is not None:
            said.amount = _bounded(sign * known.amount * factor)
        elif known.kind == Kind.MOOD:
            said.amount = sign * 0.6
        elif known.opposite and sign < 0:
            said.value = known.opposite
        elif sign < 0:
            said.negated = True
        return said

    def _part(self, term: Term, at: int, mods: _Mods, heard: _Heard, terms: list[Term]) -> _Mods:
        instrument = term.value if term.role == "instrument" else None
        part = StemType(all_instruments()[term.value].stem) if instrument else StemType(term.value)
        is_definite = at > 0 and terms[at - 1].role == "the"
        heard.named.append(_Named(at, part, instrument, term, is_definite))
        coming = any(one.role in ("concept", "comparative", "noun", "quantity", "tonality") for one in terms[at + 1 :])
        if mods.more or mods.less or mods.too:
            sign = -1.0 if mods.less or mods.too else 1.0
            said = self._made(Kind.PRESENCE, term, *mods.terms, amount=_bounded(0.6 * sign * mods.factor))
            said.negated = mods.neg
            heard.preds.append((at, said))
            return _Mods()
        if mods.neg:
            is_no = any(one.role == "no" for one in mods.terms)
            if is_no or not coming:
                heard.negates_parts = True
                return _Mods()
            return mods
        only_degree = all(one.role == "degree" for one in mods.terms)
        return mods if mods.terms and (coming or only_degree) else _Mods()

    def _except(self, terms: list[Term], at: int, heard: _Heard) -> None:
        for term in terms[at + 1 :]:
            if term.role in ("part", "instrument"):
                stem = all_instruments()[term.value].stem if term.role == "instrument" else term.value
                heard.excepted.append(StemType(stem))
                term.data, term.used = "excepted", True
            elif term.role == "place":
                heard.but_places += term.data.places
                term.role, term.data, term.used = "fill", "excepted", True
            elif term.role not in ("the", "fill", "a", "in"):
                break

    def _quantity(self, term: Term, terms: list[Term], at: int, directions: list[Term], heard: _Heard) -> Said:
        """A number with a unit takes its sign, and what it is about, from the words beside it."""
        given: Quantity = term.data
        sign = self._direction(terms, at)
        near = [one for _, one in heard.preds[-1:]]
        kinds = {
            "dB": Kind.LOUDNESS, "LUFS": Kind.LOUDNESS, "bpm": Kind.TEMPO, "octave": Kind.REGISTER,
            "semitone": Kind.KEY, "bar": Kind.LENGTH, "second": Kind.LENGTH,
        }  # fmt: skip
        said = self._made(kinds.get(given.unit, Kind.LOUDNESS), term, amount=given.number, unit=given.unit)
        if given.unit == "%":
            about = next((one for one in near if one.amount is not None), None)
            said.kind = about.kind if about is not None else Kind.PRESENCE
        if given.unit == "semitone" and heard.named:
            said.kind = Kind.REGISTER
        leads_to = at > 0 and terms[at - 1].role in ("to", "in", "on", "crop")
        said.absolute = given.unit == "LUFS" or (
            given.unit in ("bpm", "second", "bar") and (not sign or leads_to) and not given.is_signed
        )
        if said.absolute:
            return said
        if not given.is_signed and sign:
            said.amount = abs(given.number) * sign
        return said

    def _direction(self, terms: list[Term], at: int) -> float:
        """1 or -1 by what stands around: up, more, louder, faster, higher, longer, or their opposites; 0 for nothing."""
        for _, n in sorted((abs(n - at), n) for n in range(len(terms)) if n != at):
            term, coming = terms[n], terms[n + 1].role if n + 1 < len(terms) else ""
            modifies = coming in ("concept", "comparative")
            if term.role in ("up", "more") and not modifies:
                return 1.0
            if term.role in ("down", "less") and not modifies:
                return -1.0
            known = self.words.concepts[term.value] if term.role in ("concept", "comparative") else None
            if known is not None and known.kind in _DIRECTIONS and known.amount:
                turned = n > 0 and terms[n - 1].role in ("less", "too")
                return (1.0 if known.amount > 0 else -1.0) * (-1.0 if turned else 1.0)
        return 0.0

    def _bare_number(self, term: Term, terms: list[Term], at: int, heard: _Heard) -> bool:
        """A number beside `tempo` is one in beats a minute."""
        tempo = any(one.role == "noun" and self.words.concepts[one.value].kind == Kind.TEMPO for one in terms)
        if not (tempo and term.data and _LEAST_BPM <= term.data <= _MOST_BPM):
            return False
        heard.preds.append((at, self._made(Kind.TEMPO, term, amount=term.data, unit="bpm", absolute=True)))
        return True

    def _theme(self, terms: list[Term], at: int, heard: _Heard) -> bool:
        """`lyrics about the sea`: all that follows in the clause is the theme."""
        rest = terms[at + 1 :]
        known = any(term.role in ("song", "style") or term.value == "lyrics" for term in terms[:at]) or any(
            one.kind in (Kind.LYRICS, Kind.THEME) for one in self.said
        )
        if not rest or not known or rest[0].role == "quantity":
            return False
        stop = next((n for n, term in enumerate(rest) if term.role == "place" and term.data.prep), len(rest))
        if stop == 0:
            return False
        said = Said(Kind.THEME, rest[0].first, rest[stop - 1].last, clause=self.number)
        heard.preds.append((at, said))
        for term in rest:
            term.used = True
        heard.places += [term for term in rest[stop:] if term.role == "place"]
        return True

    def _left_over(self, mods: _Mods, directions: list[Term], heard: _Heard, terms: list[Term]) -> None:
        """What stands behind what it changes: `swing more`, `louder, a lot`, `turn the bass up`."""
        last = heard.preds[-1][1] if heard.preds else None
        if not mods.is_empty and last is not None and last.unit is None and last.amount is not None:
            if mods.less or (mods.neg and mods.more):
                last.amount = -abs(last.amount)
            last.amount = _bounded(last.amount * mods.factor)
            last.last = max(last.last, mods.terms[-1].last)
        elif not mods.is_empty and last is None and mods.neg:
            if (heard.named and not heard.places) or heard.named:
                heard.negates_parts = True
        elif not mods.is_empty and last is None:
            if heard.named and (mods.more or mods.less):
                sign = 1.0 if mods.more else -1.0
                said = self._made(Kind.PRESENCE, heard.named[-1].term, *mods.terms, amount=0.6 * sign * mods.factor)
                heard.preds.append((heard.named[-1].at, said))
            else:
                for term in mods.terms:
                    term.used = term.role not in ("more", "less", "too")
        kinds = {term.role for term in terms}
        if directions and not heard.preds and not kinds & {"quantity", "noun"} and not heard.removes:
            if heard.named or self.subject or heard.everything or heard.places:
                sign = 1.0 if directions[0].role == "up" else -1.0
                said = self._made(Kind.LOUDNESS, directions[0], amount=_bounded(_UP * sign * mods.factor))
                said.negated = mods.neg
                heard.negates_parts = False
                heard.preds.append((terms.index(directions[0]), said))

    def _made(self, kind: Kind, term: Term, *more: Term, **known: object) -> Said:
        places = [term, *more]
        return Said(
            kind, min(one.first for one in places), max(one.last for one in places), clause=self.number, **known  # pyright: ignore
        )  # fmt: skip

    @staticmethod
    def _before(terms: list[Term], at: int) -> Term:
        return next((one for one in reversed(terms[:at]) if one.role not in ("the", "fill", "in")), terms[at])

    @staticmethod
    def _after(terms: list[Term], at: int) -> Term:
        return next((one for one in terms[at + 1 :] if one.role not in ("the", "fill", "a")), terms[at])

    # -- one for another ------------------------------------------------------------------------------------------

    def _swapped(self, clause: Clause, heard: _Heard) -> bool:
        """`swap the piano for a pad`, `a pad instead of the piano`; whether the clause was that."""
        roles = [term.role for term in clause.terms]
        if "instead of" in roles and len(heard.named) >= 1:
            cut = roles.index("instead of")
            new = [one for one in heard.named if one.at < cut]
            old = [one for one in heard.named if one.at > cut]
            if cut < 2 and len(old) > 1 and not new:  # instead of the piano a pad
                old, new = old[:1], old[1:]
            if not new and self.pending:
                new = [one for waiting, _ in self.pending for one in waiting.named]
                self.pending = []
            if old:
                self._exchange(old, new, heard)
                return True
        if "swap" in roles:
            self.swapping, self.old = "old", []
        if not self.swapping:
            return False
        cut = roles.index("for") if "for" in roles else len(roles)
        if self.swapping == "old":
            self.old += [one for one in heard.named if one.at < cut]
        if "for" not in roles:
            return True
        new = [one for one in heard.named if one.at > cut]
        self._exchange(self.old, new, heard)
        self.swapping = ""
        return True

    def _exchange(self, old: list[_Named], new: list[_Named], heard: _Heard) -> None:
        where = [*heard.where, *self.sticky]
        first = min([heard.first, *(one.term.first for one in [*old, *new])])
        stems = {one.part for one in new}
        if len(old) == len(new) == 1 and old[0].part == new[0].part and new[0].instrument:
            said = Said(Kind.INSTRUMENT, first, heard.last, value=new[0].instrument, parts=[old[0].part])
            self.said.append(changed(said, places=where, clause=self.number))
            return
        for one in old:
            if one.part not in stems:
                said = Said(Kind.PART, first, heard.last, negated=True, parts=[one.part], value=one.instrument)
                self.said.append(changed(said, places=list(where), clause=self.number))
        for one in new:
            said = Said(Kind.PART, first, heard.last, parts=[one.part], value=one.instrument)
            self.said.append(changed(said, places=list(where), clause=self.number))
        self.subject = [one.part for one in new] or self.subject

    # -- whom and where -------------------------------------------------------------------------------------------

    def _say(self, clause: Clause, heard: _Heard, clauses: list[Clause], begins: int) -> None:
        """The statements of a clause, with those of the clauses before it that it is joined to."""
        where, row = heard.where, self.row
        bare = (
            bool(heard.named) and not heard.preds and not heard.removes and not heard.keeps and not heard.negates_parts
        )
        if self.excepts and clause.joined in ("and", "or", "comma") and heard.named and not heard.article:
            heard.excepted += heard.parts
            heard.named, bare = [], False
            if not heard.preds:
                for said in self.said[begins:]:
                    said.but_parts += [one for one in heard.excepted if one not in said.but_parts]
                self.but_subject += heard.excepted
                return
        self.excepts = bool(heard.excepted)
        if heard.excepted and not heard.preds and not heard.named and self._except_of_before(heard, begins):
            return
        if bare and not heard.only_parts and self._goes_on(clause, heard, row, clauses):
            self._place_back(heard, begins)
            return
        if heard.removes or heard.negates_parts:
            self._leave_out(clause, heard, begins)
        elif heard.keeps and not any(said.amount is not None for _, said in heard.preds):
            self._keep(heard)
        elif heard.preds:
            self._change(clause, heard, begins)
        elif bare:
            self.pending.append((heard, clause))
            if heard.only_parts or heard.places:
                heard.places = heard.places or ([self.lead] if self.lead is not None else [])
                self._flush(is_open=True)
        elif heard.places or heard.but_places:
            self._place_alone(clause, heard, begins)
        elif heard.everything and heard.excepted:
            self.subject, self.but_subject = [], heard.excepted
        elif heard.everything:
            self.subject, self.but_subject = [], []
        elif heard.keeps:
            self._add(Said(Kind.KEEP, heard.first, heard.last), heard)

    def _except_of_before(self, heard: _Heard, begins: int) -> bool:
        """`louder, but not the drums`: taken from what was said before."""
        before = [said for said in self.said[begins:] if said.kind not in GLOBAL]
        if not before or any(said.parts for said in before):
            return False
        for said in before:
            said.but_parts += heard.excepted
        return True

    def _goes_on(self, clause: Clause, heard: _Heard, row: Said | None, clauses: list[Clause]) -> bool:
        """`no drums or bass`, `louder drums and bass`: the row of parts goes on."""
        if row is None or heard.article or heard.wants or (row.places and heard.where):
            return False
        later = [one.joined for one in clauses[self.number + 1 :]]
        closes = clause.joined in ("and", "or") or (
            clause.joined == "comma"
            and bool(later)
            and later[0] in ("and", "or", "comma")
            and {"and", "or"} & set(later)
        )
        if not closes or (clause.joined == "and" and clause.has("style")):
            return False
        row.parts += [part for part in heard.parts if part not in row.parts]
        row.last = max(row.last, heard.last)
        if heard.where and not row.places:
            row.places = heard.where
        self.subject = row.parts
        return True

    def _leave_out(self, clause: Clause, heard: _Heard, begins: int) -> None:
        quiet = [said for _, said in heard.preds if said.amount is not None or said.negated or said.kind == Kind.LYRICS]
        if heard.removes and quiet and not heard.named:
            for said in quiet:
                self._add(said, heard, clause)
            return
        parts = heard.parts
        before = [said for said in self.said[begins:] if said.kind not in GLOBAL or said.kind == Kind.PART]
        is_exception = (
            heard.negates_parts and not heard.removes and clause.joined in ("but", "comma") and clause.has("not")
        )
        if is_exception and before and before[-1].kind != Kind.PART and not before[-1].negated and not before[-1].parts:
            before[-1].but_parts += parts
            return
        self._flush_or_take(clause, heard)
        parts = heard.parts
        sections = [term for term in heard.places if not term.data.prep and not term.data.is_bars]
        if not parts and sections and not self.pending and (not self.subject or not clause.joined):
            for place in (place for term in sections for place in term.data.places):
                said = Said(Kind.SECTION, heard.first, heard.last, negated=True, value=place.section)
                self.said.append(changed(said, clause=self.number))
            return
        if not parts and not heard.everything and clause.joined:
            parts = list(self.subject)
        if not parts and not heard.places and not heard.everything and not heard.excepted:
            return
        kind_of = next((one.instrument for one in heard.named if one.instrument), None)
        said = Said(Kind.PART, heard.first, heard.last, negated=True, parts=parts, value=kind_of)
        self._add(said, heard, clause)
        self.row = said
        self.subject = parts
        for _, pred in heard.preds:
            if pred.kind in GLOBAL or (pred.amount is not None and not heard.removes and heard.negates_parts):
                pred.parts = []
                self._add(changed(pred, inherits=True) if pred.kind not in GLOBAL else pred, _Heard())
        self._place_back(heard, begins)

    def _flush_or_take(self, clause: Clause, heard: _Heard) -> None:
        """`drums and bass out`: those that wait are left out too, where the negator comes behind."""
        if not self.pending:
            return
        behind = (
            heard.removes
            and heard.named
            and not any(term.role in ("remove", *_NEGATORS) for term in clause.terms[: heard.named[0].at])
        )
        trails = heard.removes and not heard.named and not heard.places
        if clause.joined in ("and", "or", "comma", "but") and (behind or trails):
            for waiting, _ in reversed(self.pending):
                heard.named = [*waiting.named, *heard.named]
                heard.first = min(heard.first, waiting.first)
            self.pending = []
        else:
            self._flush()

    def _keep(self, heard: _Heard) -> None:
        waiting = [one for held, _ in self.pending for one in held.named]
        heard.named = [*waiting, *heard.named]
        self.pending = []
        nouns = [said for _, said in heard.preds]
        if not nouns:
            self._add(Said(Kind.KEEP, heard.first, heard.last, parts=heard.parts), heard)
        for said in nouns:
            value = said.value or str(said.kind)
            self._add(Said(Kind.KEEP, heard.first, heard.last, parts=heard.parts, value=value), heard)
        self.subject = heard.parts or self.subject

    def _change(self, clause: Clause, heard: _Heard, begins: int) -> None:
        """What is to change of the clause's own parts, of those that wait for it, or of those named before."""
        first_pred = min(at for at, _ in heard.preds)
        subject_first = bool(heard.named) and heard.named[0].at < first_pred
        takes = self.pending and clause.joined in ("and", "or", "comma") and subject_first and not heard.article
        takes = takes and not any(waiting.article or waiting.wants for waiting, _ in self.pending)
        waiting_parts: list[StemType] = []
        if takes or (self.pending and not heard.named):
            waiting_parts = [part for waiting, _ in self.pending for part in waiting.parts]
        if takes:
            self.pending = []
        else:
            self._flush()
        inherits = not heard.named and not heard.everything and not heard.excepted
        meaning = [
            (at, said) for at, said in heard.preds
            if said.kind in (Kind.LYRICS, Kind.THEME, Kind.LANGUAGE, Kind.METER) or said.negated or self._says(said, heard)
        ]  # fmt: skip
        meaning = self._measured(meaning)
        meaning = [
            (at, said) for n, (at, said) in enumerate(meaning)
            if not any((one.kind, one.amount, one.value) == (said.kind, said.amount, said.value) for _, one in meaning[:n])
        ]  # fmt: skip
        row = None
        for at, said in meaning:
            about_notes = heard.named or (self.about == "comment" and not heard.places)
            if said.kind == Kind.LENGTH and said.unit is None and about_notes:
                said.kind, said.value = Kind.ARTICULATION, "staccato" if (said.amount or 0) < 0 else "legato"
                said.amount = None
            if inherits and clause.joined and said.kind not in GLOBAL:
                said.parts, said.but_parts, said.inherits = list(self.subject), list(self.but_subject), True
            elif said.kind not in GLOBAL or (said.kind == Kind.MOOD and heard.named):
                said.parts = [*(waiting_parts if takes else []), *self._own(at, heard)]
                said.parts = list(dict.fromkeys(said.parts))
            if said.kind == Kind.PRESENCE and heard.named:
                row = said
            self._add(said, heard, clause)
        if heard.named and not subject_first and meaning and meaning[-1][1].kind not in GLOBAL:
            row = meaning[-1][1]
        self.row = row
        own = [*(waiting_parts if takes else []), *heard.parts]
        if own or heard.everything or heard.excepted:
            self.subject, self.but_subject = list(dict.fromkeys(own)), list(heard.excepted)
        if heard.named and (not meaning or self._is_wanted(heard, meaning, subject_first)):
            self._want(heard, clause)
        elif not heard.named and not meaning and heard.places:
            self._place_alone(clause, heard, begins)
        elif heard.named and any(one.instrument for one in heard.named):
            self._on_instrument(heard, clause)
        self._place_back(heard, begins)

    def _says(self, said: Said, heard: _Heard) -> bool:
        """A noun by itself says nothing: `the tempo`; a new one does."""
        if said.kind == Kind.VARIATION:
            return said.value is None or heard.renews
        if said.kind in (Kind.NOTES, Kind.ONSETS, Kind.PULSE, Kind.ARTICULATION, Kind.VOICE, Kind.MOOD, Kind.EFFECT):
            return True
        return said.amount is not None or (said.kind == Kind.KEY and said.value is not None)

    @staticmethod
    def _measured(preds: list[tuple[int, Said]]) -> list[tuple[int, Said]]:
        """`3 dB louder` is one statement: the number takes the place of the word that gave its direction."""
        measured = [said for _, said in preds if said.unit is not None]
        same = {
            Kind.LOUDNESS: (Kind.DYNAMICS, Kind.LOUDNESS, Kind.REGISTER, Kind.PRESENCE), Kind.TEMPO: (Kind.TEMPO,),
            Kind.REGISTER: (Kind.REGISTER, Kind.PRESENCE), Kind.KEY: (Kind.REGISTER, Kind.KEY, Kind.PRESENCE), Kind.LENGTH: (Kind.LENGTH,),
            Kind.PRESENCE: (Kind.PRESENCE,),
        }  # fmt: skip
        kept: list[tuple[int, Said]] = []
        for at, said in preds:
            taken = next(
                (one for one in measured if said.unit is None and said.kind in (*same.get(one.kind, ()), one.kind)
                 and said.value is None and not (said.kind == Kind.KEY)), None,
            )  # fmt: skip
            if taken is None:
                kept.append((at, said))
                continue
            taken.first, taken.last = min(taken.first, said.first), max(taken.last, said.last)
            taken.negated = taken.negated or said.negated
            if taken.unit == "%":
                taken.kind = said.kind
                taken.amount = abs(taken.amount or 0) * (1 if (said.amount or 0) >= 0 else -1)
                taken.absolute = False
            elif said.amount is not None and taken.amount is not None and not taken.absolute and taken.amount > 0:
                taken.amount *= 1 if said.amount >= 0 else -1
        return kept

    def _own(self, at: int, heard: _Heard) -> list[StemType]:
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

    def _is_wanted(self, heard: _Heard, meaning: list[tuple[int, Said]], subject_first: bool) -> bool:
        """`a darker pad`, `loud drums` ask for the part; `the bass louder`, `louder drums` are about one that is there."""
        if any(said.kind == Kind.PRESENCE or said.negated for _, said in meaning):
            return heard.wants and not any(said.kind == Kind.PRESENCE for _, said in meaning)
        if all(one.is_definite for one in heard.named):
            return False
        if heard.wants or (heard.article and not subject_first):
            return True
        if heard.article:
            return self.about == "request"
        return False

    def _want(self, heard: _Heard, clause: Clause) -> None:
        for one in heard.named:
            said = Said(Kind.PART, one.term.first, one.term.last, parts=[one.part], value=one.instrument)
            self._add(said, heard, clause)
            if said.places:
                said.only = True
        self.subject, self.but_subject = heard.parts, []

    def _on_instrument(self, heard: _Heard, clause: Clause) -> None:
        """`the bass on a slap bass`, or an instrument that a change was said of."""
        for one in heard.named:
            if one.instrument and one.at and clause.terms[one.at - 1].role == "on":
                said = Said(Kind.INSTRUMENT, one.term.first, one.term.last, parts=[one.part], value=one.instrument)
                self._add(said, heard, clause)

    def _flush(self, *, is_open: bool = False) -> None:
        """Parts that nothing was said of are wanted."""
        for heard, clause in self.pending:
            on = heard.named[0]
            leads = clause.terms[on.at - 1].role == "on" if on.at else False
            if (leads and on.instrument and self.about != "request") or (heard.renews and self.about != "request"):
                kind = Kind.INSTRUMENT if leads and on.instrument else Kind.VARIATION
                said = Said(kind, heard.first, heard.last, parts=heard.parts, value=on.instrument)
                self._add(said, heard, clause)
                continue
            self._want(heard, clause)
            if heard.only_parts and heard.places:
                rest = Said(Kind.PART, heard.first, heard.last, negated=True, but_parts=heard.parts)
                self._add(rest, heard, clause)
                for said in self.said[-1 - len(heard.named) :]:
                    said.only = False
        if self.pending:
            self.subject = [part for heard, _ in self.pending for part in heard.parts]
        self.pending = []

    def _add(self, said: Said, heard: _Heard, clause: Clause | None = None) -> None:
        said.clause = self.number
        said.places = said.places or heard.where or list(self.sticky)
        said.but_places = [*said.but_places, *heard.but_places]
        if not said.parts:
            said.but_parts = said.but_parts or list(heard.excepted)
        if heard.place_negated and heard.places and not said.negated:
            said.but_places, said.places = [*said.but_places, *said.places], []
        said.only = said.only or heard.place_only
        self.said.append(said)

    def _place_back(self, heard: _Heard, begins: int) -> None:
        """A place at the end of a clause is also that of what it is joined to by `and`; one at its beginning holds on."""
        if not heard.places or heard.place_negated:
            return
        firsts = [one.term.first for one in heard.named] + [said.first for _, said in heard.preds]
        if firsts and heard.places[0].first < min(firsts):
            self.sticky, self.lead = heard.where, heard.places[0]
            return
        mine = [said for said in self.said[begins:] if said.clause == self.number]
        for said in reversed(self.said[begins:]):
            if said.clause == self.number:
                continue
            alike = [one for one in mine if one.inherits or (one.kind, one.negated) == (said.kind, said.negated)]
            if said.places or said.but_places or not alike or said.kind in (Kind.KEY, Kind.METER, Kind.STYLE):
                break
            said.places = heard.where
            said.only = said.only or (said.kind == Kind.PART and not said.negated) or heard.place_only

    def _place_alone(self, clause: Clause, heard: _Heard, begins: int) -> None:
        """A place by itself: of what was said before in the sentence, else of what comes, else what it is all about."""
        self._flush()
        where = heard.where
        before = self.said[begins:]
        if heard.place_only and not before and begins:
            before = [said for said in self.said if not said.places][-1:]
        negated = heard.place_negated
        if negated and not before:
            self._add(
                Said(Kind.PART, heard.first, heard.last, negated=True, parts=list(self.subject)),
                _Heard(places=heard.places),
            )
            return
        if before and (negated or heard.but_places):
            self._not_there(before[-1], where if negated else heard.but_places, heard)
            return
        last = before[-1] if before else None
        if last is not None and last.negated and last.places and last.kind == Kind.PART and clause.joined == "but":
            said = Said(Kind.PART, heard.first, heard.last, parts=last.parts, places=where)
            self.said.append(changed(said, clause=self.number, only=heard.place_only))
            return
        if last is not None and last.but_places and not last.places and clause.joined == "but":
            last.places = where
            return
        free = [said for said in before if not said.places and said.kind not in (Kind.KEY, Kind.METER, Kind.STYLE)]
        if clause.joined in ("and", "or") and not free and last is not None:
            for said in before:
                if said.clause == last.clause:
                    said.places += [place for place in where if place not in said.places]
            return
        for said in free:
            said.places, said.last = where, max(said.last, said.last)
            said.only = said.only or heard.place_only or (said.kind == Kind.PART and not said.negated)
        if free:
            return
        if heard.wants or (heard.article and not heard.places[0].data.prep) or self._is_new_section(heard):
            self._section(heard)
            return
        if not negated and where:
            rest = Said(Kind.RANGE, heard.first, heard.last, places=where, only=heard.place_only)
            self.said.append(changed(rest, clause=self.number))
            self.sticky, self.lead = where, heard.places[0]

    @staticmethod
    def _is_new_section(heard: _Heard) -> bool:
        return bool(heard.places) and heard.places[0].data.article == "a" and not heard.places[0].data.is_bars

    def _section(self, heard: _Heard) -> None:
        named, *others = heard.places
        where = [place for term in others for place in term.data.places]
        for place in named.data.places:
            said = Said(Kind.SECTION, heard.first, heard.last, value=place.section, places=where, clause=self.number)
            self.said.append(said)

    def _not_there(self, said: Said, places: list[Place], heard: _Heard) -> None:
        if said.kind == Kind.PART and not said.negated:
            out = Said(Kind.PART, heard.first, heard.last, negated=True, parts=said.parts, places=places)
            self.said.append(changed(out, clause=self.number))
        else:
            said.but_places += places


def _bounded(amount: float) -> float:
    return round(min(1.0, max(-1.0, amount)), 3)
