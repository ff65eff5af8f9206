"""Tokens as terms: what each word or phrase may do in the sentence it stands in.

The longest phrase counts. Where words have several readings (`drop`: leave out, or a section), their neighbours decide.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from ripieno.music.language.lexicon import Entry, Lexicon
from ripieno.music.language.tokens import Token

_CLOSES = "closes"  # the second half of a phrase
_FARTHEST = 9  # words between the two halves of `leave … out`
HARD = frozenset(".;!?\n…")
_ORDER = (
    "meter", "instrumental", "section", "part", "instrument", "absent", "style", "doubt", "silence", "inaudible",
    "nowhere", "others", "nothing", "rather", "except", "dislike", "comparative", "concept", "noun", "remove", "no",
    "not", "only", "more", "less", "too", "enough", "swap", "for", "instead of", "up", "down", "keep", "again", "want",
    "language", "bars", "mode", "unit", "ordinal", "number", "half", "before", "after", "since", "from", "to", "end",
    "crop", "in", "on", "about", "new", "everything", "but", "and", "or", "asked", "degree", "so", "a", "the", "song", "key",
    "fill", "unknown",
)  # fmt: skip
_MODIFIES = ("more", "less", "too", "so", "degree")
_ALSO_LOW = ("bajo", "basse")
_MUCH = ("mucho", "mucha", "muchos", "viel", "much", "beaucoup", "bastante")  # before a noun
_OF = ("de", "d'")  # of the Romance languages: what follows is a noun
_BEFORE_A_NOUN = ("the", "a", "in", "crop", "before", "after", "from", "since", "to", "ordinal", "number", "no")


@dataclass
class Term:
    """`first`..`last` are its tokens (`last` behind them), `also` those after a gap; `data` what a reading found;
    `detail` is the piece of the drum kit that a part is, or `bad` where a concept's word complains."""

    role: str
    value: str = ""
    first: int = 0
    last: int = 0
    also: tuple[int, ...] = ()
    data: Any = None
    detail: str = ""
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
        taken[start] = Term(role, _CLOSES if role == "fill" else "", start, end)
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
        if also is not None and not _opens_later(said[end : min(also, default=end)], entry, words):
            found.append((entry, also))
    return sorted(found, key=lambda pair: (-pair[0].weight, pair[1][:1]))


def _turns_what_follows(said: list[Token], end: int, words: Lexicon) -> bool:
    """Whether a phrase ends with `more` or `less`, and a word comes that this is for."""
    turns = any(one.role in ("more", "less") and len(one.words) == 1 for one in words.by_word.get(said[end - 1].word, ()))
    coming = words.by_word.get(said[end].word, ()) if end < len(said) else ()
    return turns and any(one.role == "concept" and len(one.words) == 1 for one in coming)


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
        _rule_out(readings, role_before, after, number, found, said, of=of)
    return min(readings.values(), key=lambda entry: _ORDER.index(entry.role))


def _rule_out(
    readings: dict[str, Entry],
    before: str,
    after: list[set[str]],
    number: int,
    found: list[Term],
    said: list[Token],
    *,
    of: bool,
) -> None:
    """Take away what a reading cannot be here, as long as one is left."""
    coming = after[0] if after else set()
    noun_after = next((roles for roles in after if not roles <= {"the", "a", "fill", "degree"}), set())

    def drop(*roles: str) -> None:
        for role in roles:
            if len(readings) > 1:
                readings.pop(role, None)

    is_named = {"part", "instrument", "absent", "concept", "noun", "comparative"} & noun_after
    if "swap" in readings:
        ahead = after[: next((n for n, roles in enumerate(after) if "hard" in roles), len(after))]
        exchanged = [n for n, roles in enumerate(ahead) if "for" in roles and n > 0]
        named = [n for n, roles in enumerate(ahead) if roles & {"part", "instrument"}]
        if not any(n < cut for n in named for cut in exchanged) or not any(n > cut for n in named for cut in exchanged):
            drop("swap")
    if "for" in readings:
        swaps = [one for one in found[:number] if one.role in ("swap", "mark")]
        goes_before = _is_between(found, number, after)  # `Klavier durch Rhodes ersetzen`
        is_for = any(one.role == "swap" for one in swaps) or goes_before
        if not is_for or any(one.role == "for" for one in found[:number]):
            drop("for")
    if "except" in readings and {"but", "less"} & set(readings):
        everything = _is_of_all(found, number, after)
        drop(*({"but", "less"} if everything else {"except"}))
    if "section" in readings and "instrument" in readings:  # `coro`
        drop("section" if before in ("a", "want", "no", "number") else "instrument")
    if "section" in readings and {"remove", "only", "up", "comparative", "part"} & set(readings):
        if before in _BEFORE_A_NOUN or before == "want":
            drop("remove", "only", "comparative", "up")
        else:
            drop("section")
    if "part" in readings and {"concept", "comparative", "down"} & set(readings):
        counts = before in _MODIFIES and _is_much(number, found, said)
        modified = before in _MODIFIES and before != "less" and not of and not counts
        drop(*({"part"} if modified else {"concept", "comparative", "down"}))
    if "down" in readings and "comparative" in readings:  # `lower the drums`, but `an octave lower`
        drop(*({"comparative"} if coming & {"the", "noun"} else {"down"}))
    counted = any(one.role in ("more", "less") for one in found[max(0, number - 2) : number])
    if of and {"noun", "concept"} <= set(readings) and counted:  # `moins d'aigus`
        drop("concept")
    if {"up", "down"} & set(readings) and "concept" in readings:
        is_verb = before not in _MODIFIES and bool(coming & {"the", "degree", "part", "noun"})
        is_verb = is_verb or (not before and "to" in coming)  # `baja a 100`
        drop(*({"concept"} if is_verb else {"up", "down"}))
    if {"up", "down"} & set(readings) and {"part", "instrument", "absent"} & noun_after:
        drop("more", "less")
    if "about" in readings:
        sings = any(one.role in ("song", "style") or one.value == "lyrics" for one in found[:number])
        is_unknown = noun_after == {"unknown"} or (noun_after == {"ordinal"} and _names_nothing(after))
        ends = next((n for n, roles in enumerate(after) if roles & {"mark", "hard", "and"}), len(after))
        near = {role for roles in after[: min(4, ends)] for role in roles}
        is_other = bool({"part", "instrument", "absent"} & noun_after) or bool({"section", "bars", "half"} & near)
        drop(*({"crop", "in", "fill", "on"} if (sings or is_unknown) and not is_other else {"about"}))
    if "ordinal" in readings and "unit" in readings:
        drop("ordinal" if before in ("number", "half", "a") and not coming & {"section", "bars"} else "unit")
    if "unit" in readings and "concept" in readings:  # `140 à la noire`
        drop("concept" if before == "number" else "unit")
    if "mode" in readings and "unit" in readings:  # `6 min`
        drop("mode" if before in ("number", "half") else "unit")
    if {"number", "a"} <= set(readings) and "section" in coming and before not in ("section", "from", "since", "to"):
        drop("number")  # `une outro`
    if "number" in readings:
        if {"bars", "unit", "section"} & coming or before in ("section", "from", "since", "to", "bars"):
            drop("fill", "a", "the")
        else:
            drop("number")
    if "in" in readings and "on" in readings:
        drop("in" if {"instrument", "part"} & noun_after else "on")
    if "a" in readings and {"in", "to"} & set(readings):
        drop("a")
    if "more" in readings and {"and", "want", "up"} & set(readings):
        if before in ("", "a", "the", "in") and not is_named and "up" in readings:
            drop("more")
        elif "more" not in readings:
            pass
        elif is_named or not coming:
            drop("and", "want", "up")
        else:
            drop("more")
    if {"less", "too"} <= set(readings):  # `demasiado alto`, but `la reverb es demasiado`
        ends = coming <= {"mark", "hard", "and", "or", "but", "in", "crop"}
        drop(*({"too", "so"} if ends else {"less"}))
    if "keep" in readings and "the" in readings:
        drop("the")
    if "fill" in readings and "concept" in readings:  # `einfach durchlaufend`
        describes = before in _MODIFIES or not coming or bool(coming & {"hard", "mark", "and", "or", "but", "part"})
        drop(*({"fill"} if describes else {"concept"}))
    if "new" in readings and {"fill", "a", "swap"} & set(readings):
        drop(*({"fill", "a", "swap"} if {"noun", "song"} & noun_after else {"new"}))
    if "to" in readings and "in" in readings:
        leads = "number" in coming or ("bars" in coming and before == "number")  # `de la mesure 9 à la mesure 16`
        drop("in" if leads else "to")
    if "end" in readings and len(readings) > 1:
        drop(*({"section", "ordinal"} if before == "to" else {"end"}))
    if "so" in readings and len(readings) > 1:
        drop("so" if not {"concept"} & coming else "the")


def _is_much(number: int, found: list[Term], said: list[Token]) -> bool:
    """`con mucho bajo` is the bass, `muy bajo` low."""
    return number > 0 and said[found[number - 1].last - 1].word in _MUCH and said[found[number].first].word in _ALSO_LOW


def _names_nothing(after: list[set[str]]) -> bool:
    """`über den letzten Bus`: a word that is neither part nor place."""
    behind = [roles for roles in after if not roles <= {"the", "a", "fill", "degree"}]
    return len(behind) > 1 and behind[1] == {"unknown"}


def _is_between(found: list[Term], number: int, after: list[set[str]]) -> bool:
    """Whether it stands between two parts, and what exchanges them comes behind."""
    start = next((n for n in range(number - 1, -1, -1) if found[n].role in ("mark", "swap")), -1)
    ahead = after[: next((n for n, roles in enumerate(after) if roles & {"hard", "mark"}), len(after))]
    swap = next((n for n, roles in enumerate(ahead) if "swap" in roles), None)
    is_named = any(one.role in ("part", "instrument") for one in found[start + 1 : number])
    return bool(swap) and is_named and any(roles & {"part", "instrument"} for roles in ahead[:swap])


def _is_of_all(found: list[Term], number: int, after: list[set[str]]) -> bool:
    """`everything but the drums`, `all of it louder but the drums`: what comes is taken from what was said of all."""
    if any(one.role == "everything" for one in found[max(0, number - 2) : number]):
        return True
    start = next((n for n in range(number - 1, -1, -1) if found[n].role == "mark"), -1)
    named = [n for n, roles in enumerate(after) if roles & {"part", "instrument", "section"}]
    small = {"the", "fill", "a", "in", "ordinal"}
    if not named or any(not roles & small for roles in after[: named[0]]):
        return False
    ends = len(after) == named[0] + 1 or bool(after[named[0] + 1] & {"mark", "hard"})
    return ends and any(one.role == "everything" for one in found[start + 1 : number])


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
