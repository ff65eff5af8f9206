"""What single words say, with what stands before them: concepts, nouns, numbers with units."""

from __future__ import annotations

from ripieno.contracts.understanding import Kind
from ripieno.music.language.amounts import Quantity
from ripieno.music.language.lexicon import BAD, Concept
from ripieno.music.language.saying import Heard, Mods, Said, State, bounded
from ripieno.music.language.terms import Term

_LEAST_TEMPO = 40
_NEVER_OUT = (Kind.TEMPO, Kind.LENGTH, Kind.LOUDNESS, Kind.REGISTER)  # there is always some
_DIRECTIONS = (Kind.REGISTER, Kind.DYNAMICS, Kind.LOUDNESS, Kind.TEMPO, Kind.LENGTH, Kind.DENSITY)


def concept(state: State, term: Term, role: str, mods: Mods, terms: list[Term], at: int) -> Said | None:
    """What a word of a concept says with what stands before it."""
    known = state.words.concepts[term.value]
    said = made(state, Kind(known.kind), term, *mods.terms, value=known.value)
    compares = role == "comparative" or mods.more
    said.compares = compares or mods.less or mods.too
    mods.too = mods.too or (not mods.more and _complains(state, term, mods, terms, at))
    said.too = mods.too
    mods.less = mods.less and role != "comparative"
    mods.enough = mods.enough or (at + 1 < len(terms) and terms[at + 1].role == "enough")
    if role == "noun":
        return _noun(state, said, known, mods, terms, at)
    if mods.neg and mods.too and state.about == "comment" and _is_of_a_part(terms[:at]):
        return None  # `the piano isn't too loud`
    if mods.less or mods.too or (mods.neg and (mods.so or mods.enough)) or (mods.neg and not compares):
        wants_more = mods.neg and mods.enough
        sign = 1.0 if wants_more else -1.0
        gentle = mods.neg and not mods.so and not mods.enough and not mods.less
        if mods.neg and mods.less:  # not less
            said.negated, sign = True, -1.0
        return _turned(said, known, sign, mods.factor * (0.5 if gentle else 1.0))
    if mods.enough:
        said.negated = True
    said.negated = said.negated or mods.neg
    if known.amount is not None:
        said.amount = bounded(known.amount * mods.factor)
    elif known.kind == Kind.MOOD:
        said.amount = bounded(0.6 * mods.factor) if compares else None
    return said


def _is_of_a_part(terms: list[Term]) -> bool:
    return any(one.role in ("part", "instrument") for one in terms)


def _complains(state: State, term: Term, mods: Mods, terms: list[Term], at: int) -> bool:
    """`it sounds muddy`, `it is a bit loud` are complaints, `a muddy bass` a wish."""
    is_so = any(one.role == "fill" and one.value == "is" for one in terms[:at]) or _goes_on(state, terms[:at])
    is_wished = any(one.role == "fill" and one.value in ("ought", "modal", "makes") for one in terms[:at])
    if term.detail == BAD:
        return (is_so or state.about != "request") and not (is_wished and not mods.too)
    measured = any(one.role == "degree" for one in mods.terms)
    return is_so and measured and state.about != "request" and term.role == "concept" and not mods.neg


def _goes_on(state: State, before: list[Term]) -> bool:
    """`is too busy, and a bit loud`."""
    last = state.said[-1] if state.said and state.joined == "and" else None
    wished = any(one.role in ("want", "more", "less", "part", "instrument") for one in before)
    return last is not None and last.too and last.clause == state.number - 1 and not wished


def _says_what_is(state: State, terms: list[Term]) -> bool:
    wished = any(one.role == "want" or (one.role == "fill" and one.value == "ought") for one in terms)
    return state.about == "comment" and not wished


def _noun(state: State, said: Said, known: Concept, mods: Mods, terms: list[Term], at: int) -> Said | None:
    """`more density`, `no reverb`, `raise the tempo`, `lower the volume`; by itself it is only named."""
    around = _direction(state, terms, at)
    sign = 1.0
    if mods.less or mods.too or around < 0:
        sign, said.turned = -1.0, around < 0
    elif mods.more or around > 0:
        sign = 1.0
    elif mods.neg and said.kind in _NEVER_OUT and not any(term.role == "remove" for term in terms):
        return None  # `the problem is not the tempo`
    elif mods.neg and said.kind in (Kind.ENERGY, Kind.DYNAMICS) and _says_what_is(state, terms):
        said.too = True  # `the outro has no energy`
    elif mods.neg or any(term.role == "remove" for term in terms):
        if known.amount is None:
            said.negated = True
            return said
        said.amount = -1.0 if known.amount > 0 else 1.0
        return said
    elif said.kind in (Kind.SWING, Kind.EFFECT):
        sign, said.is_named = 1.0, True
    else:
        said.amount = None
        return said
    if mods.neg and (mods.more or mods.less or around) and not mods.too:
        said.negated = True
    if mods.neg and mods.enough:
        sign = 1.0
    if known.amount is not None:
        said.amount = bounded(abs(known.amount) * sign * mods.factor)
    elif said.kind == Kind.MOOD:
        said.negated = said.negated or sign < 0
    elif said.kind == Kind.VARIATION and (mods.less or mods.too):  # fewer chords: nobody can say so
        for one in (terms[at], *mods.terms):
            one.used = False
        return None
    return said


def _turned(said: Said, known: Concept, sign: float, factor: float) -> Said:
    if known.amount is not None:
        said.amount = bounded(sign * known.amount * factor)
    elif known.kind == Kind.MOOD:
        said.amount, said.negated = (0.6, said.negated) if sign > 0 else (None, True)
    elif known.opposite and sign < 0:
        said.value = known.opposite
    elif sign < 0:
        said.negated = True
    return said


def quantity(state: State, term: Term, terms: list[Term], at: int, heard: Heard) -> Said:
    """A number with a unit takes its sign, and what it is about, from the words beside it."""
    given: Quantity = term.data
    sign = _direction(state, terms, at)
    near = [one for _, one in heard.preds[-1:]]
    kinds = {
        "dB": Kind.LOUDNESS, "LUFS": Kind.LOUDNESS, "bpm": Kind.TEMPO, "octave": Kind.REGISTER,
        "semitone": Kind.KEY, "bar": Kind.LENGTH, "second": Kind.LENGTH,
    }  # fmt: skip
    said = made(state, kinds.get(given.unit, Kind.LOUDNESS), term, amount=given.number, unit=given.unit)
    if given.unit == "%":
        about = next((one for one in near if one.amount is not None), None)
        said.kind = about.kind if about is not None else Kind.PRESENCE
    if given.unit == "semitone" and heard.named:
        said.kind = Kind.REGISTER
    leads_to = at > 0 and terms[at - 1].role in ("to", "in", "on", "crop")
    is_tempo = given.unit == "bpm" and given.number >= _LEAST_TEMPO  # `no more than 100 bpm`
    too_long = heard.preds and heard.preds[-1][1].kind == Kind.LENGTH and heard.preds[-1][1].too
    if given.unit in ("bar", "second") and too_long:  # `a minute too long`
        said.amount = abs(given.number) * (1.0 if (heard.preds[-1][1].amount or 0) > 0 else -1.0)
        return said
    is_new = bool(heard.places) and heard.places[0].data.article == "a"  # `add an outro of 8 bars`
    if given.unit in ("bar", "second") and is_new:
        sign, leads_to = 0.0, True
    elif given.unit in ("bar", "second") and not sign and heard.adds and not heard.article and not heard.named:
        sign, leads_to = 1.0, False  # `add four bars to the outro`
    if given.unit == "bpm" and not is_tempo and not sign:  # `slower, maybe 5 bpm`
        before = next((one.amount for one in reversed(state.said) if one.kind == Kind.TEMPO and not one.absolute), 0)
        sign = 0.0 if not before else 1.0 if before > 0 else -1.0
    said.absolute = (
        given.unit == "LUFS"
        or (is_tempo and not given.is_signed)
        or (given.unit in ("bpm", "second", "bar") and (not sign or leads_to) and not given.is_signed)
    )
    if said.absolute:
        return said
    if not given.is_signed and sign:
        said.amount = abs(given.number) * sign
    return said


def _direction(state: State, terms: list[Term], at: int) -> float:
    """1 or -1 by what stands around: up, more, louder, faster, higher, longer, or their opposites; 0 for nothing."""
    for _, n in sorted((abs(n - at), n) for n in range(len(terms)) if n != at):
        term, coming = terms[n], terms[n + 1].role if n + 1 < len(terms) else ""
        modifies = coming in ("concept", "comparative")
        if term.role in ("up", "more") and not modifies:
            return 1.0
        if term.role in ("down", "less") and not modifies:
            return -1.0
        known = state.words.concepts[term.value] if term.role in ("concept", "comparative") else None
        is_of_it = known is not None and (known.kind != Kind.LENGTH or _compares(terms, n))  # `6 minutes long`
        if known is not None and known.kind in _DIRECTIONS and known.amount and is_of_it:
            turned = n > 0 and terms[n - 1].role in ("less", "too")
            return (1.0 if known.amount > 0 else -1.0) * (-1.0 if turned else 1.0)
    return 0.0


def _compares(terms: list[Term], at: int) -> bool:
    return terms[at].role == "comparative" or (at > 0 and terms[at - 1].role in ("more", "less", "too"))


def made(state: State, kind: Kind, term: Term, *more: Term, **known: object) -> Said:
    places = [term, *more]
    return Said(
        kind,
        min(one.first for one in places),
        max(one.last for one in places),
        clause=state.number,
        **known,  # pyright: ignore
    )


def measured(preds: list[tuple[int, Said]]) -> list[tuple[int, Said]]:
    """`3 dB louder` is one statement: the number takes the place of the word that gave its direction."""
    numbers = [said for _, said in preds if said.unit is not None]
    same = {
        Kind.LOUDNESS: (Kind.DYNAMICS, Kind.LOUDNESS, Kind.REGISTER, Kind.PRESENCE),
        Kind.REGISTER: (Kind.REGISTER, Kind.PRESENCE, Kind.DYNAMICS),
        Kind.KEY: (Kind.REGISTER, Kind.PRESENCE, Kind.DYNAMICS),
    }
    kept: list[tuple[int, Said]] = []
    for at, said in preds:
        taken = next(
            (
                one
                for one in numbers
                if said.unit is None
                and (one.unit == "%" or said.kind in (*same.get(one.kind, ()), one.kind))
                and said.value is None
                and said.kind != Kind.KEY
            ),
            None,
        )
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
