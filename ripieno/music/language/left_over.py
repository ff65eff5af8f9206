"""Words that change something, where it is not what follows them: `swing more`, `louder, a lot`, `turn the bass up`."""

from __future__ import annotations

from ripieno.contracts.understanding import Kind
from ripieno.music.language.meanings import made
from ripieno.music.language.saying import Heard, Mods, State, bounded
from ripieno.music.language.terms import Term

_UP = 0.5  # how far `turn up` turns


def left_over(state: State, mods: Mods, directions: list[Term], heard: Heard, terms: list[Term]) -> None:
    """What stands behind what it changes: `swing more`, `louder, a lot`, `turn the bass up`."""
    last = heard.preds[-1][1] if heard.preds else None
    if not mods.is_empty and last is not None and last.unit is None and last.amount is not None:
        if (mods.less and not last.turned) or (mods.neg and mods.more):
            last.amount = -last.amount
        last.negated = last.negated or (mods.neg and last.turned and not (mods.more or mods.less))
        last.amount = bounded(last.amount * mods.factor)
        last.last = max(last.last, mods.terms[-1].last)
    elif not mods.is_empty and last is None and mods.neg:
        heard.negates_parts, heard.place_negated = bool(heard.named), bool(heard.places) and not heard.named
    elif not mods.is_empty and last is None:
        at = terms.index(mods.terms[-1])
        plays = any(one.role == "fill" and one.value == "plays" for one in terms)
        if at + 1 < len(terms) and terms[at + 1].role == "unknown":
            mods.terms[-1].used = False  # `a bass with lots of groove`
        elif (mods.more or mods.less) and (heard.named or plays):
            sign = 1.0 if mods.more else -1.0
            term, where = (heard.named[-1].term, heard.named[-1].at) if heard.named else (mods.terms[-1], at)
            kind = Kind.DENSITY if plays else Kind.PRESENCE
            heard.preds.append((where, made(state, kind, term, *mods.terms, amount=0.6 * sign * mods.factor)))
        elif (
            (mods.less or mods.too) and state.pending and all(one.role == "fill" or one in mods.terms for one in terms)
        ):
            heard.preds.append((at, made(state, Kind.PRESENCE, mods.terms[-1], amount=-0.6)))  # `the brass, too much`
        else:
            for term in mods.terms:
                term.used = term.role not in ("more", "less", "too")
    kinds = {term.role for term in terms}
    is_turned = directions and not heard.preds and not kinds & {"quantity", "noun"} and not heard.removes
    spoken_of = state.subject or state.before.subject
    goes_on = mods.neg and bool(state.said)  # `more energy in the chorus, but without turning it up`
    if is_turned and not (heard.named or spoken_of or heard.everything or heard.places or goes_on):
        directions[0].used = False
    elif is_turned:
        heard.of_them = heard.of_them or not (heard.named or state.subject or heard.everything or heard.places)
        sign = 1.0 if directions[0].role == "up" else -1.0
        if mods.too:  # `too far back`
            sign, mods.terms[0].used = -sign, True
        said = made(state, Kind.LOUDNESS, directions[0], amount=bounded(_UP * sign * mods.factor), negated=mods.neg)
        heard.negates_parts = False
        heard.preds.append((terms.index(directions[0]), said))
