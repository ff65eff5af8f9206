"""Bars: `bars 9 to 16`, `bar 4`, `from bar 9 on`, `up to bar 8`, `between bars 5 and 12`, `the first 8 bars`; and the
halves of a piece."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from ripieno.contracts.understanding import MOST_BARS, Place
from ripieno.music.language.lexicon import Lexicon
from ripieno.music.language.terms import Term

LAST = -1
_MOST_LIKELY_BAR = 64


@dataclass
class Where:
    """`is_beside` where it is before or after the place that was named last, `is_until` where it goes up to a bar,
    `is_from` where it begins."""

    places: list[Place] = field(default_factory=list)
    prep: str = ""
    is_bars: bool = False
    article: str = ""
    is_beside: bool = False
    is_until: bool = False
    is_from: bool = False


def bars(found: list[Term], at: int, words: Lexicon) -> tuple[Term, int] | None:
    """`bars 9 to 16`, `bar 4`, `from bar 9 on`, `up to bar 8`, `first 8 bars`, `8 last bars`."""
    counted = _counted(found, at, words)
    if counted is not None:
        return counted
    here, opens = at, ""
    if found[here].role == "fill" and found[here].value == "between":
        return _between(found, at, words)
    if found[here].role in ("from", "since", "to"):
        opens = "to" if found[here].role == "to" else "from"
        here = _after_articles(found, here + 1)
    ranges = opens == "from" and _is_a_range(found, here)
    goes_on = opens and here > at and here < len(found) and found[here].role == "number" and _counts_bars(found, here)
    goes_on = goes_on or ranges
    if not goes_on and (here >= len(found) or found[here].role != "bars"):
        return None
    here += not goes_on
    first, here = _number(found, here)
    if first is None:
        return None
    second, after = None, here
    if here < len(found) and (found[here].role in ("to", "and") or found[here].value in ("-", "–", "—")):
        next_one = _after_articles(found, here + 1)
        if next_one < len(found) and found[next_one].role == "bars":
            next_one += 1
        second, after = _number(found, next_one)
    if second is None:
        after = here
        if opens == "from":
            second = MOST_BARS
            after = here + 1 if here < len(found) and found[here].role in ("end", "on", "in") else here
        elif opens == "to":
            first, second = 1, first
        elif here + 1 < len(found) and found[here].role in ("to",) and found[here + 1].role in ("end",):
            second, after = MOST_BARS, here + 2
        else:
            second = first
    if not 1 <= first <= second <= MOST_BARS:
        return None
    where = Where([Place(bars=(first, second))], is_bars=True, is_until=opens == "to")
    return Term("place", "bars", found[at].first, found[after - 1].last, data=where), after


def _between(found: list[Term], at: int, words: Lexicon) -> tuple[Term, int] | None:
    """`between bars 5 and 12`."""
    here = _after_articles(found, at + 1)
    taken = bars(found, here, words) if here < len(found) and found[here].role == "bars" else None
    if taken is None or len({bar for place in taken[0].data.places for bar in place.bars or ()}) < 2:
        return None
    return replace(taken[0], first=found[at].first), taken[1]


def _is_a_range(found: list[Term], at: int) -> bool:
    """`from 17 to 24` can only be bars, where no unit follows."""
    end = _after_articles(found, at + 2)
    numbers = [found[n].data if n < len(found) and found[n].role == "number" else None for n in (at, end)]
    leads = at + 1 < len(found) and found[at + 1].role in ("to", "in")
    follows = found[end + 1].role if end + 1 < len(found) else ""
    first, last = numbers
    if first is None or last is None or not leads or follows in ("unit", "bars", "section"):
        return False
    return 0 < first < last <= _MOST_LIKELY_BAR


def _counts_bars(found: list[Term], at: int) -> bool:
    """`bars 9 to 16 ..., from 17 on`: a number alone is that of a bar where bars were spoken of."""
    following = found[at + 1].role if at + 1 < len(found) else ""
    return (
        following not in ("unit", "section", "bars")
        and any(one.role == "bars" or (one.role == "place" and one.data.is_bars) for one in found[:at])
        and found[at - 1].role == "since"
    )


def _counted(found: list[Term], at: int, words: Lexicon) -> tuple[Term, int] | None:
    """The first or last so many."""
    which, count, here = None, None, at
    for _ in range(2):
        if here >= len(found):
            return None
        one = found[here]
        if which is None and one.role == "ordinal" and (ordinal(one, words) in (1, LAST)):
            which = ordinal(one, words)
        elif count is None and one.role == "number" and one.data and one.data >= 1:
            count = int(one.data)
        else:
            break
        here += 1
    if which is None and count is None and here + 1 < len(found) and found[here + 1].role == "bars":
        which = ordinal(found[here], words) if found[here].role == "ordinal" else None  # `the second bar`
        if which is None:
            return None
        where = Where([Place(bars=(which, which))], is_bars=True)
        return Term("place", "bars", found[at].first, found[here + 1].last, data=where), here + 2
    if which is None or here >= len(found) or found[here].role != "bars":
        return None
    number = count or 1
    bars = (1, number) if which == 1 else (-number, -1)
    return Term(
        "place", "bars", found[at].first, found[here].last, data=Where([Place(bars=bars)], is_bars=True)
    ), here + 1


def half(found: list[Term], at: int, words: Lexicon) -> tuple[Term, int] | None:
    """`the second half`, of it all or of a section."""
    which = ordinal(found[at], words)
    if which not in (1, 2, LAST) or at + 1 >= len(found) or found[at + 1].role != "half":
        return None
    where = Where([Place(half=1 if which == 1 else 2)], is_bars=True)
    return Term("place", "half", found[at].first, found[at + 1].last, data=where), at + 2


def _number(found: list[Term], at: int) -> tuple[int | None, int]:
    if at < len(found) and found[at].role == "number" and found[at].data is not None:
        return int(abs(found[at].data)), at + 1
    return None, at


def _after_articles(found: list[Term], at: int) -> int:
    while at < len(found) and found[at].role in ("the", "fill"):
        at += 1
    return at


def ordinal(term: Term, words: Lexicon) -> int | None:
    if term.role == "ordinal":
        return int(term.data) if term.data is not None else words.ordinals[term.value]
    if term.role == "number" and term.data and term.data == int(term.data) and term.value.lstrip("#").isdigit():
        return int(term.data)
    return None
