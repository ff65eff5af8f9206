"""Tokens as terms: what each word or phrase may do in the sentence it stands in.

The longest phrase counts. Where words have several readings (`drop`: leave out, or a section), their neighbours decide.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from ripieno.music.language.lexicon import Entry, Lexicon
from ripieno.music.language.readings import rule_out
from ripieno.music.language.tokens import Token

CLOSES = "closes"  # the second half of a phrase
_FARTHEST = 9  # words between the two halves of `leave … out`
HARD = frozenset(".;!?\n…")
_ORDER = (
    "meter", "instrumental", "section", "part", "instrument", "absent", "style", "doubt", "silence", "inaudible",
    "nowhere", "others", "nothing", "rather", "except", "dislike", "comparative", "concept", "noun", "remove", "no",
    "not", "only", "more", "less", "too", "enough", "swap", "for", "instead of", "up", "down", "keep", "again", "want",
    "language", "bars", "mode", "unit", "ordinal", "number", "half", "before", "after", "since", "from", "to", "end",
    "crop", "in", "on", "about", "new", "everything", "but", "and", "or", "asked", "degree", "so", "a", "the", "song",
    "key", "touch", "fill", "topic", "unknown",
)  # fmt: skip
_OF = ("de", "d'")  # of the Romance languages: what follows is a noun


@dataclass
class Term:
    """`first`..`last` are its tokens (`last` behind them), `also` those after a gap; `data` what a reading found;
    `detail` is the piece of the drum kit that a part is, or `bad` where a concept's word complains; `sung` what is sung
    where an instrument stands for voices behind a lead."""

    role: str
    value: str = ""
    first: int = 0
    last: int = 0
    also: tuple[int, ...] = ()
    data: Any = None
    detail: str = ""
    sung: str = ""
    used: bool = field(default=False, compare=False)


def read(said: list[Token], words: Lexicon, keys: dict[int, Term] | None = None) -> list[Term]:
    """The terms of a text, in order, `keys` among them. Tokens that no phrase begins with have the role `unknown`."""
    found: list[Term] = []
    taken = dict(keys or {})
    covered = {place for term in taken.values() for place in range(term.first, term.last)}
    at = 0
    while at < len(said):
        if at in taken:
            found.append(taken[at])
            at = taken[at].last
            continue
        token = said[at]
        if token.kind != "word":
            known = _entries_at(said, at, words, covered)
            if known and (known[0][0].weight > 1 or token.kind == "mark" or known[0][0].role == "instrument"):
                at = _take(at, known, found, taken, covered)
                continue
            role = "number" if token.kind == "number" else token.kind
            found.append(Term(role, token.word, at, at + 1, data=token.number))
            at += 1
            continue
        known = _entries_at(said, at, words, covered)
        if not known:
            found.append(Term("unknown", token.word, at, at + 1))
            at += 1
            continue
        at = _take(at, known, found, taken, covered)
    return _decided(found, said, words)


def _take(
    at: int, known: list[tuple[Entry, tuple[int, ...]]], found: list[Term], taken: dict[int, Term], covered: set[int]
) -> int:
    """All readings of the longest phrase as one term; they are decided when its neighbours are known."""
    best, also = known[0]
    same = [one for one, where in known if one.words == best.words and one.after == best.after and where == also]
    shorter = [one for one, where in known if not where and len(one.words) == len(best.words)] if also else []
    term = Term("?", "", at, at + len(best.words), also, data=same or shorter)
    if also and best.role == "only":  # `ne ... que`: what comes behind is the only one
        found.append(Term("fill", "", at, at + len(best.words)))
        taken[min(also)] = Term("only", "", min(also), max(also) + 1)
        covered.update(also)
        return at + len(best.words)
    found.append(term)
    for start, end in ((min(also), max(also) + 1),) if also else ():
        role = "instead of" if same and same[0].role == "rather" else "in" if len(also) > 1 else "fill"
        taken[start] = Term(role, CLOSES if role == "fill" else "", start, end)
        covered.update(also)
    return at + len(best.words)


def _entries_at(said: list[Token], at: int, words: Lexicon, covered: set[int]) -> list[tuple[Entry, tuple[int, ...]]]:
    """The phrases that stand here, the longest first, of those with a gap the narrowest."""
    found = []
    for entry in words.by_word.get(said[at].word, ()):
        end = at + len(entry.words)
        here = said[at:end]
        if tuple(one.word for one in here) != entry.words or not covered.isdisjoint(range(at, end)):
            continue
        also = _after_gap(said, end, entry.after, covered)
        if also is not None and len(entry.words) > 1 and _turns_what_follows(said, end, words):
            continue  # `joue moins fort`: not to play less
        if also is not None and entry.role == "in" and _counts_bars(said, end, entry, words):
            continue  # `dans les deux dernières mesures`
        if also is not None and not _opens_later(said[end : min(also, default=end)], entry, words):
            found.append((entry, also))
    return sorted(found, key=lambda pair: (-pair[0].weight, pair[1][:1]))


def _turns_what_follows(said: list[Token], end: int, words: Lexicon) -> bool:
    """Whether a phrase ends with `more` or `less`, and a word comes that this is for."""
    turns = any(
        one.role in ("more", "less") and len(one.words) == 1 for one in words.by_word.get(said[end - 1].word, ())
    )
    coming = words.by_word.get(said[end].word, ()) if end < len(said) else ()
    return turns and any(one.role == "concept" and len(one.words) == 1 for one in coming)


def _counts_bars(said: list[Token], end: int, entry: Entry, words: Lexicon) -> bool:
    roles = [{one.role for one in words.by_word.get(token.word, ())} for token in said[end : end + 2]]
    is_number = len(entry.words) > 1 and any(one.role == "number" for one in words.by_word.get(entry.words[-1], ()))
    return is_number and len(roles) == 2 and "ordinal" in roles[0] and "bars" in roles[1]


def _opens_later(between: list[Token], entry: Entry, words: Lexicon) -> bool:
    """`mach es leiser und nimm den Bass raus`: what closes the gap is that of the word that comes later."""
    return any(
        other.after == entry.after and other.role == entry.role
        for one in between
        for other in words.by_word.get(one.word, ())
    )


def _after_gap(said: list[Token], start: int, after: tuple[str, ...], covered: set[int]) -> tuple[int, ...] | None:
    if not after:
        return ()
    for at in range(start + 1, min(len(said), start + _FARTHEST + 1)):
        if said[at - 1].word in HARD or said[at - 1].word == ",":  # `I like it, but not so loud`
            return None
        if at not in covered and tuple(one.word for one in said[at : at + len(after)]) == after:
            return tuple(range(at, at + len(after)))
    return None


# -- which reading ------------------------------------------------------------------------------------------------


def _decided(found: list[Term], said: list[Token], words: Lexicon) -> list[Term]:
    for number, term in enumerate(found):
        if term.role == "?":
            entry = _choice(number, term, found, said)
            term.role, term.value, term.data = entry.role, entry.value, None
            if term.role in ("part", "concept"):
                term.value, _, term.detail = term.value.partition("/")
            if term.role == "instrument":
                term.value, _, term.sung = term.value.partition("/")
            if term.role == "number":
                term.data = words.numbers[term.value]
    return found


def _choice(number: int, term: Term, found: list[Term], said: list[Token]) -> Entry:
    readings: dict[str, Entry] = {}
    for entry in term.data:
        readings.setdefault(entry.role, entry)
    before = next((one for one in reversed(found[:number]) if one.role != "fill"), None)
    role_before = before.role if before is not None else ""
    if role_before in ("comma", "mark") and before is not None and said[before.first].word in HARD | {","}:
        role_before = ""
    after = _roles(found, number + 1)
    if len(readings) > 1:
        of = before is not None and (said[before.last - 1].word in _OF or before.value == "lacks")
        rule_out(readings, role_before, after, number, found, said, of=of)
    return min(readings.values(), key=lambda entry: _ORDER.index(entry.role))


def _roles(found: list[Term], start: int) -> list[set[str]]:
    """What the terms from here on may be, up to the sentence's end."""
    roles = []
    for one in found[start : start + 16]:
        if one.role == "?":
            roles.append({entry.role for entry in one.data})
        elif one.role == "mark" and one.value in HARD:
            roles.append({"hard"})
        else:
            roles.append({one.role})
    return roles
