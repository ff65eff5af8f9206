"""What lyrics are about, and what not: `a song about the sea`, `something about the sea rather than cars`."""

from __future__ import annotations

from dataclasses import replace

from ripieno.contracts.understanding import Kind
from ripieno.music.language.clauses import Clause
from ripieno.music.language.lexicon import Lexicon
from ripieno.music.language.saying import NEGATORS, Heard, Said, State
from ripieno.music.language.terms import Term
from ripieno.music.language.tokens import Token

_ENDS = ("language", "quantity", "want", "no", "tonality", "meter")
_SURELY = 2  # words of `that talks about`
_SMALL = ("fill", "the", "a", "in", "on", "crop", "again", "for", "to", "so", "degree", "about", "unknown", "from")
_TOPIC = "topic"
_OF_LYRICS = (Kind.LYRICS, Kind.THEME)


def labelled(found: list[Term], said: list[Token], words: Lexicon) -> list[Term]:
    """`theme: the sea`, `..., theme summer at the lake`: the word brings the theme in as `about` does."""
    read: list[Term] = []
    for at, term in enumerate(found):
        if term.role == "mark" and term.value == ":" and read and read[-1].role == "about" and read[-1].value == _TOPIC:
            term.used = True
            continue
        is_topic = term.last - term.first == 1 and any(
            one.role == "topic" and len(one.words) == 1 for one in words.by_word.get(said[term.first].word, ())
        )
        if is_topic and _brings_in(found, at):
            read.append(replace(term, role="about", value=_TOPIC))
            continue
        if term.role == "topic":
            term.role = "unknown"
        read.append(term)
    return read


def _brings_in(found: list[Term], at: int) -> bool:
    before = next((one for one in reversed(found[:at]) if one.role not in ("the", "fill")), None)
    if before is not None and before.role not in ("mark", "and"):
        return False
    if at + 1 < len(found) and found[at + 1].role == "mark" and found[at + 1].value == ":":
        return True
    end = next((n for n, one in enumerate(found[at:], start=at) if one.role == "mark"), len(found))
    rest = [one.role for one in found[at + 1 : end]]
    return before is not None and "unknown" in rest and not {"part", "instrument", "style", "song"} & set(rest)


def theme(state: State, terms: list[Term], at: int, heard: Heard, *, negated: bool) -> None:
    """What follows in the clause is the theme, up to where or in which language."""
    rest = terms[at + 1 :]
    known = any(term.role in ("song", "style") or term.value == "lyrics" for term in terms[:at])
    known = known or terms[at].last - terms[at].first >= _SURELY or any(one.kind in _OF_LYRICS for one in state.said)
    known = known or state.about == "request"
    if not rest or not known or rest[0].role in ("quantity", "number", "tonality"):
        return
    stop = next((n for n, term in enumerate(rest) if term.role in _ENDS or _is_voice(term) or _leads(term)), len(rest))
    instead = next((n for n, term in enumerate(rest[:stop]) if term.role == "instead of"), stop)
    named = _told(rest[:instead])
    if not named:
        return
    _say(state, heard, at, named, negated=negated)
    if other := _told(rest[instead + 1 : stop]):
        _say(state, heard, at, other, negated=not negated)
    for term in rest[:stop]:
        term.used, term.role = True, "fill"


def is_another_theme(state: State, clause: Clause, heard: Heard, begins: int) -> bool:
    """`..., and not about cars again` behind what lyrics are to be about, or that they are to be new."""
    last = state.said[-1] if state.said[begins:] else None
    negator = next((n for n, one in enumerate(clause.terms) if one.role in NEGATORS), None)
    if last is None or last.kind not in _OF_LYRICS or negator is None or heard.preds or heard.named or heard.places:
        return False
    rest = clause.terms[negator + 1 :]
    if not clause.has("unknown") or any(one.role not in (*_SMALL, *NEGATORS) for one in clause.terms):
        return False
    named = _told(rest)
    if not named:
        return False
    for one in clause.terms:
        one.used = True
    said = Said(Kind.THEME, named[0].first, named[-1].last, negated=True, places=list(last.places))
    said.clause = state.number
    state.said.append(said)
    return True


def _say(state: State, heard: Heard, at: int, named: list[Term], *, negated: bool) -> None:
    said = Said(Kind.THEME, named[0].first, named[-1].last, clause=state.number, negated=negated)
    before = next((one for one in reversed(state.said) if one.kind in _OF_LYRICS), None)
    of_lyrics = before is not None and state.said[-1].kind in _OF_LYRICS
    here = next((one for _, one in heard.preds if one.kind == Kind.LYRICS), None)
    if before is not None and of_lyrics and here is None and not heard.places:
        said.places = list(before.places)
    heard.preds.append((at, said))


def _told(terms: list[Term]) -> list[Term]:
    """Without the small words around."""
    while terms and terms[-1].role == "fill" and not terms[-1].value:
        terms = terms[:-1]
    while terms and (
        terms[0].role in ("about", "again", "in", "on", "crop", "from", "to", "for")
        or (terms[0].role == "fill" and terms[0].value in ("is", "ought"))
    ):
        terms = terms[1:]
    return terms


def _is_voice(term: Term) -> bool:
    return term.role == "concept" and term.value in ("female", "male")


def _leads(term: Term) -> bool:
    return term.role == "place" and bool(term.data.prep)
