"""Parts and instruments as a clause names them, and who is excepted."""

from __future__ import annotations

from ripieno.contracts.enums import StemType
from ripieno.contracts.understanding import Kind
from ripieno.music.instruments import all_instruments
from ripieno.music.language.meanings import made
from ripieno.music.language.saying import Heard, Mods, Named, State, bounded
from ripieno.music.language.terms import Term


def part(state: State, term: Term, at: int, mods: Mods, heard: Heard, terms: list[Term]) -> Mods:
    instrument = term.value if term.role == "instrument" else None
    part = StemType(all_instruments()[term.value].stem) if instrument else StemType(term.value)
    is_definite = at > 0 and terms[at - 1].role == "the"
    is_own = is_definite and terms[at - 1].value == "own"
    heard.named.append(Named(at, part, instrument, term, is_definite, is_own))
    coming = has_change(terms[at + 1 :])
    if mods.more or mods.less or mods.too:
        sign = -1.0 if mods.less or mods.too else 1.0
        said = made(state, Kind.PRESENCE, term, *mods.terms, amount=bounded(0.6 * sign * mods.factor))
        said.negated = mods.neg and not mods.too
        heard.preds.append((at, said))
        return Mods()
    if mods.neg:
        is_no = any(one.role == "no" for one in mods.terms)
        turns = any(one.role in ("up", "down") for one in terms)
        if is_no or not (coming or turns):
            heard.negates_parts = True
            return Mods()
        return mods
    only_degree = all(one.role == "degree" for one in mods.terms)
    return mods if mods.terms and (coming or only_degree) else Mods()


def excepted(terms: list[Term], at: int, heard: Heard) -> None:
    if _goes_on_itself(terms, at):
        heard.everything = False
        return
    names = False
    for term in terms[at + 1 :]:
        if term.role in ("part", "instrument"):
            stem = all_instruments()[term.value].stem if term.role == "instrument" else term.value
            heard.excepted.append(StemType(stem))
            term.data, term.used = "excepted", True
            names = True
        elif term.role == "place" and names:
            break  # `all but the voice in the bridge`: where it is said of
        elif term.role == "place":
            heard.but_places += term.data.places
            term.role, term.data, term.used = "fill", "excepted", True
        elif term.role not in ("the", "fill", "a", "in", "everything", "on", "to", "crop"):
            break


def _goes_on_itself(terms: list[Term], at: int) -> bool:
    """`all is well except the drums are too loud` says something of the drums."""
    before = next((one for one in reversed(terms[:at]) if one.role != "fill"), None)
    named = next((n for n, one in enumerate(terms[at:], start=at) if one.role in ("part", "instrument")), None)
    if named is None or named + 1 >= len(terms) or (before is not None and before.role == "everything"):
        return False
    following = terms[named + 1]
    return following.role == "inaudible" or (following.role == "fill" and following.value == "is")


def has_change(terms: list[Term]) -> bool:
    return any(one.role in ("concept", "comparative", "noun", "quantity", "tonality") for one in terms)
