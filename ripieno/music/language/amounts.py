"""How much: numbers with their units (`3 dB`, `an octave`, `120 bpm`, `two and a half minutes`), keys and meters.

A number with a unit becomes one term of the role `quantity`, a key one of the role `tonality`, `6/8` one of `meter`.
"""

from __future__ import annotations

from dataclasses import dataclass

from ripieno.contracts.understanding import Unit
from ripieno.music.language.lexicon import Lexicon
from ripieno.music.language.terms import Term
from ripieno.music.language.tokens import Token, fold

METERS = ("2/4", "3/4", "4/4", "5/4", "6/8", "9/8", "12/8")
_LETTERS = "ABCDEFG"
_SEMITONES = {"semitone": 1.0, "tone": 2.0, "minor third": 3.0, "major third": 4.0, "fourth": 5.0, "fifth": 7.0}


@dataclass
class Quantity:
    """`is_signed` where `+` or `-` was written."""

    number: float
    unit: Unit
    is_signed: bool = False


def read(found: list[Term], said: list[Token]) -> list[Term]:
    """The terms, with quantities and meters put together."""
    read: list[Term] = []
    at = 0
    while at < len(found):
        taken = _instead(found, at, said) or _quantity(found, at, said)
        if taken is None:
            read.append(found[at])
            at += 1
            continue
        term, at = taken
        read.append(term)
    return read


# -- quantities ---------------------------------------------------------------------------------------------------


def _quantity(found: list[Term], at: int, said: list[Token]) -> tuple[Term, int] | None:
    term = found[at]
    if term.role == "meter":
        return Term("meter", term.value, term.first, term.last), at + 1
    if term.role == "clock":
        minutes, _, seconds = term.value.partition(":")
        return _made(Quantity(60.0 * int(minutes) + int(seconds), "second"), found, at, at + 1)
    number, here, signed = _amount(found, at, said)
    if number is None or here >= len(found):
        return None
    unit = _unit(found[here])
    if unit is None or (unit == "bar" and at > 0 and found[at - 1].role == "ordinal"):
        return None
    here += 1
    half = here < len(found) and found[here].role == "half"
    if half:
        number, here = number + 0.5, here + 1
    number *= 60.0 if unit == "minute" else _SEMITONES.get(unit, 1.0)
    if unit == "minute":
        more, after, _ = _amount(found, here + (here < len(found) and found[here].role == "and"), said)
        if more is not None and more < 60:
            named = after < len(found) and found[after].role == "unit" and found[after].value == "second"
            number, here = number + more, after + named
    kind: Unit = "second" if unit == "minute" else "semitone" if unit in _SEMITONES else unit  # pyright: ignore
    return _made(Quantity(number, kind, signed), found, at, here)


def _instead(found: list[Term], at: int, said: list[Token]) -> tuple[Term, int] | None:
    """`104 instead of 98 bpm`: the unit of the second number is that of the first, which alone counts."""
    if found[at].role != "number" or at + 1 >= len(found) or found[at + 1].role != "instead of":
        return None
    old = _quantity(found, at + 2, said) if at + 2 < len(found) else None
    if old is None or old[0].role != "quantity" or found[at].data is None:
        return None
    return _made(Quantity(float(found[at].data), old[0].data.unit), found, at, old[1])


def _amount(found: list[Term], at: int, said: list[Token]) -> tuple[float | None, int, bool]:
    """A number, or an article that counts one: `an octave`."""
    if at >= len(found):
        return None, at, False
    term = found[at]
    if term.role == "number" and term.data is not None:
        signed = said[term.first].word[:1] in "+-−"
        here = at + 1
        if here < len(found) and found[here].role == "half":
            return term.data + 0.5, here + 1, signed
        return float(term.data), here, signed
    if term.role == "half":
        here = at + 1
        while here < len(found) and found[here].role in ("a", "fill"):
            here += 1
        return 0.5, here, False
    if term.role == "a" or (term.role == "number" and term.data is None):
        return 1.0, at + 1, False
    if term.role == "unit" and term.value == "minute" and at + 1 < len(found) and found[at + 1].role == "half":
        return 1.0, at, False  # `de minuto y medio`
    if term.role == "unit" and (term.value == "octave" or term.value in _SEMITONES):
        return 1.0, at, False
    return None, at, False


def _unit(term: Term) -> str | None:
    if term.role == "unit":
        return term.value
    return "bar" if term.role == "bars" else None


def _made(quantity: Quantity, found: list[Term], start: int, end: int) -> tuple[Term, int]:
    first, last = found[start], found[end - 1]
    return Term("quantity", quantity.unit, first.first, last.last, data=quantity), end


# -- keys ---------------------------------------------------------------------------------------------------------


def keys(said: list[Token], words: Lexicon, text: str) -> dict[int, Term]:
    """Every key by its first token: `A minor`, `F# major`, `a-Moll`, `la menor`, `in C`; a mode alone is one too."""
    found: dict[int, Term] = {}
    at = 0
    while at < len(said):
        taken = _key(said, at, words, text)
        if taken is not None:
            found[at] = taken
            at = taken.last
        else:
            at += 1
    return found


def _key(said: list[Token], at: int, words: Lexicon, text: str) -> Term | None:
    token, tonics = said[at], words.keys.tonics
    if token.kind != "word":
        return None
    is_counted = at > 0 and said[at - 1].kind == "number"  # `6 min`
    if (mode := _mode(token.word, words)) is not None and not (is_counted or _is_interval(said, at, words)):
        return Term("tonality", mode, at, at + 1)
    tonic = tonics.get(token.word)
    if tonic is None or "à" in text[token.start : token.end].lower():  # `à partir de là`
        return None
    after = at + 1
    for names, sign in ((words.keys.sharp, "#"), (words.keys.flat, "b")):
        if after < len(said) and said[after].word in map(fold, names) and len(tonic) == 1:
            tonic, after = tonic + sign, after + 1
            break
    mode = _mode(said[after].word, words) if after < len(said) else None
    if mode is not None and not _is_interval(said, after, words):
        return Term("tonality", f"{tonic} {mode}", at, after + 1)
    before = words.by_word.get(said[at - 1].word, ()) if at else ()
    is_in = any(entry.role in ("in", "to", "key", "for") for entry in before if len(entry.words) == 1)
    ends = after >= len(said) or said[after].kind == "mark" or after > at + 1
    is_name = text[token.start] in _LETTERS or (len(token.word) > 1 and len(tonic) == 1)  # `en sol`
    if is_name and is_in and ends:
        return Term("tonality", tonic, at, after)
    return None


def _is_interval(said: list[Token], at: int, words: Lexicon) -> bool:
    """`up a minor third`."""
    longer = [entry for entry in words.by_word.get(said[at].word, ()) if entry.role == "unit" and len(entry.words) > 1]
    return any(tuple(one.word for one in said[at : at + len(entry.words)]) == entry.words for entry in longer)


def _mode(word: str, words: Lexicon) -> str | None:
    if word in map(fold, words.keys.major):
        return "major"
    return "minor" if word in map(fold, words.keys.minor) else None
