"""Numbers without a unit, which are told by what stands around them: `at 110`."""

from __future__ import annotations

from ripieno.contracts.understanding import Kind
from ripieno.music.language.meanings import made
from ripieno.music.language.saying import Heard, State
from ripieno.music.language.terms import Term

_LEAST_BPM, _MOST_BPM = 30, 300
_SURELY_BPM = (60, 220)


def bare_number(state: State, term: Term, terms: list[Term], at: int, heard: Heard) -> bool:
    """A number beside `tempo` is one in beats a minute; so is one by itself that can be nothing else (`at 110`)."""
    tempo = any(one.role == "noun" and state.words.concepts[one.value].kind == Kind.TEMPO for one in terms)
    turn = next((one.role for one in terms if one.role in ("up", "down", "more", "less")), "")
    if tempo and turn and term.data and term.data < _LEAST_BPM:  # `bump the tempo by 5`
        change = term.data * (1.0 if turn in ("up", "more") else -1.0)
        heard.preds.append((at, made(state, Kind.TEMPO, term, amount=change, unit="bpm")))
        return True
    least, most = (_LEAST_BPM, _MOST_BPM) if tempo else _SURELY_BPM
    if not ((tempo or _is_by_itself(terms, at)) and term.data and least <= term.data <= most):
        return False
    heard.preds.append((at, made(state, Kind.TEMPO, term, amount=term.data, unit="bpm", absolute=True)))
    return True


def _is_by_itself(terms: list[Term], at: int) -> bool:
    """`at 110`, `um die 100`, or nothing but the number."""
    small = ("fill", "the", "degree", "about", "a", "so")
    before = next((one.role for one in reversed(terms[:at]) if one.role not in small), "")
    after = next((one.role for one in terms[at + 1 :] if one.role not in small), "")
    is_rough = at > 0 and terms[at - 1].role == "fill" and terms[at - 1].value == "nearly"
    is_led = is_rough or before in ("in", "on", "to", "want", "since") or not before
    return is_led and after in ("", "in", "on", "to", "want", "tonality", "crop", "place", "instrumental", "no")
