"""Numbers and themes, which are told by what stands around them: `at 110`, `lyrics about the sea`."""

from __future__ import annotations

from ripieno.contracts.understanding import Kind
from ripieno.music.language.meanings import made
from ripieno.music.language.saying import Heard, Said, State
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


def theme(state: State, terms: list[Term], at: int, heard: Heard) -> None:
    """`lyrics about the sea`: what follows in the clause is the theme, up to where or in which language."""
    rest = terms[at + 1 :]
    known = any(term.role in ("song", "style") or term.value == "lyrics" for term in terms[:at]) or any(
        one.kind in (Kind.LYRICS, Kind.THEME) for one in state.said
    )
    if not rest or not known or rest[0].role == "quantity":
        return
    ends = ("language", "quantity", "want", "no", "tonality", "meter")
    stop = next((n for n, term in enumerate(rest) if term.role in ends or _is_voice(term) or _leads(term)), len(rest))
    if stop == 0:
        return
    said = Said(Kind.THEME, rest[0].first, rest[stop - 1].last, clause=state.number)
    heard.preds.append((at, said))
    for term in rest[:stop]:
        term.used, term.role = True, "fill"


def _is_voice(term: Term) -> bool:
    return term.role == "concept" and term.value in ("female", "male")


def _leads(term: Term) -> bool:
    return term.role == "place" and bool(term.data.prep)
