"""Where something is: `the second chorus`, `verse 2`, `bars 9 to 16`, `the last four bars of the bridge`.

A place becomes one term of the role `place`, with a list of `contracts.understanding.Place`; `prep` says by which word
it is brought in: `in`, `crop` (for, under) or nothing.
"""

from __future__ import annotations

from ripieno.contracts.understanding import Place
from ripieno.music.language.bars import LAST, Where, bars, half, ordinal
from ripieno.music.language.lexicon import Lexicon
from ripieno.music.language.terms import Term

_LEADS = ("the", "fill", "in", "crop", "a", "from", "since", "to", "everything", "before", "after")
_SAY_OF_IT = ("want", "no")
_ONWARDS = ("end", "on")  # `from the second verse on`


def read(found: list[Term], words: Lexicon) -> list[Term]:
    """The terms, with those of a place put together."""
    read: list[Term] = []
    at = 0
    while at < len(found):
        taken = (
            bars(found, at, words)
            or half(found, at, words)
            or _section(found, at, words)
            or _the_first_one(found, at, words, read)
        )
        if taken is None:
            read.append(found[at])
            at += 1
            continue
        term, at = taken
        read.append(term)
    return _to_the_end(_brought_in(_joined(read)))


def _to_the_end(found: list[Term]) -> list[Term]:
    """`from the bridge to the end`."""
    read: list[Term] = []
    for term in found:
        last = read[-1] if read else None
        is_end = term.role == "place" and [place.section for place in term.data.places] in (["outro"], [None])
        until = term.role == "place" and all(place.side == "before" for place in term.data.places)
        if last is not None and last.role == "place" and is_end and until and last.data.is_from:
            last.data.places = [one.model_copy(update={"side": "from"}) for one in last.data.places]
            last.last = term.last
            continue
        leads = last is not None and last.role == "to" and len(read) > 1 and read[-2].role == "place"
        if term.role == "end" and leads and read[-2].data.is_from:
            read.pop()
            read[-1].data.places = [one.model_copy(update={"side": "from"}) for one in read[-1].data.places]
            read[-1].last = term.last
            continue
        read.append(term)
    return read


# -- sections -----------------------------------------------------------------------------------------------------


def _section(found: list[Term], at: int, words: Lexicon) -> tuple[Term, int] | None:
    """`second chorus`, `chorus 2`, `2nd and last chorus`, from the term on."""
    start, numbers, here = at, [], at
    while here < len(found) and (which := ordinal(found[here], words)) is not None:
        numbers.append(which)
        here += 1
        if here < len(found) and found[here].role == "mark" and found[here].value == "." and numbers:
            here += 1  # the German `2. Strophe`
        joined = here + 1 < len(found) and found[here].role in ("and", "or")
        if joined and ordinal(found[here + 1], words) is not None:
            here += 1
    if here >= len(found) or found[here].role != "section":
        return None
    label = found[here].value
    if label == "solo" and at > 0 and found[at - 1].role in ("part", "instrument"):
        found[here].role, found[here].detail = "fill", "solo"  # `a saxophone solo` is what is played, not where
        return None
    here += 1
    if label == "solo" and not numbers and here < len(found) and found[here].role in ("part", "instrument", "absent"):
        found[here - 1].role = "fill"  # `a solo cello`
        return None
    if (
        label == "solo"
        and not numbers
        and at > 0
        and found[at - 1].role in ("a", "want", "number", "on")
        and _is_of(found, here)
    ):
        found[here - 1].role, found[here - 1].detail = "fill", "solo"
        return None
    if not numbers:
        numbers, here = _numbers_after(found, here, words)
    places = [Place(section=label if n is None else f"{label} {'last' if n == LAST else n}") for n in numbers or [None]]
    return Term("place", label, found[start].first, found[here - 1].last, data=Where(places)), here


def _is_of(found: list[Term], here: int) -> bool:
    """`un solo de saxo`."""
    following = [one.role for one in found[here : here + 2]]
    return (
        len(following) == 2 and following[0] in ("in", "fill", "from", "on") and following[1] in ("part", "instrument")
    )


def _the_first_one(found: list[Term], at: int, words: Lexicon, read: list[Term]) -> tuple[Term, int] | None:
    """`but not in the first one`: a section of the kind that was named before."""
    which = ordinal(found[at], words) if found[at].role == "ordinal" else None
    before = next((one for one in reversed(read) if one.role == "place" and _is_one_of_a_kind(one)), None)
    is_one = at + 1 < len(found) and found[at + 1].role == "fill" and not found[at + 1].value  # `second one`
    leads = ("the", "in", "since", "from", "before", "after", "to")
    leads = (*leads, "mark", "and", "but", "or") if is_one else (*leads, "except", "less")
    if which is None or before is None or not read or read[-1].role not in leads:
        return None
    following = next((one for one in found[at + 1 :] if one.role != "fill"), None)
    lead = next((one for one in reversed(read) if one.role not in ("the", "in")), None)
    excepts = lead is not None and lead.role in ("except", "less")
    if excepts and lead is not None:  # `en todos los estribillos menos el último`
        lead.role = "except"
    if (
        not excepts
        and following is not None
        and not is_one
        and following.role
        not in (
            "mark",
            "and",
            "or",
            "but",
            "not",
            "no",
            "keep",
            "only",
            "want",
        )
    ):
        return None
    label = before.value
    if label == "half" and which in (1, 2, LAST):
        where = Where([Place(half=1 if which == 1 else 2)], is_bars=True)
        return Term("place", label, found[at].first, found[at].last, data=where), at + 1
    where = Where([Place(section=f"{label} {'last' if which == LAST else which}")])
    return Term("place", label, found[at].first, found[at].last, data=where), at + 1


def _is_one_of_a_kind(term: Term) -> bool:
    return not term.data.is_bars or term.value == "half"


def _numbers_after(found: list[Term], here: int, words: Lexicon) -> tuple[list[int], int]:
    numbers: list[int] = []
    while here < len(found):
        step = 1 if numbers and found[here].role in ("and", "or") else 0
        if here + step >= len(found):
            break
        one = found[here + step]
        is_article = any(entry.role == "a" for entry in words.by_word.get(one.value, ()))  # `in den Strophen ein Bass`
        counts = one.role == "number" and one.data == int(one.data) and not is_article
        which = int(one.data) if counts else None
        if not numbers and which is None:
            which = ordinal(one, words)
        follows = found[here + step + 1].role if here + step + 1 < len(found) else ""
        if which is None or follows in ("unit", "bars") or not (which == LAST or 1 <= which <= 99):
            break
        numbers.append(which)
        here += step + 1
    return numbers, here


# -- what brings them in, and several as one ----------------------------------------------------------------------


def _joined(found: list[Term]) -> list[Term]:
    """`the verse and the chorus` is one place, `bars 1 to 4 of the chorus` too."""
    read: list[Term] = []
    for term in found:
        before = _last_place(read)
        if term.role == "place" and before is not None:
            between = read[read.index(before) + 1 :]
            roles = [one.role for one in between if one.role not in ("the", "fill")]
            said_of = _is_said_of(found, term)
            if said_of and _is_led(read, before) and ("in" not in roles or said_of in ("lacks", "no")):
                read.append(term)  # `too dark in the verses and the outro lacks punch`
                continue
            if roles and set(roles) <= {"and", "or", "in"} and ({"and", "or"} & set(roles)):
                before.data.places += term.data.places
            elif (roles in (["in"], ["from"]) and before.data.is_bars != term.data.is_bars) or (
                not roles and before.data.is_bars
            ):
                bars = before.data if before.data.is_bars else term.data
                section = term.data if before.data.is_bars else before.data
                before.data = Where(
                    [bars.places[0].model_copy(update={"section": section.places[0].section})],
                    before.data.prep,
                    is_bars=True,
                )
            else:
                read.append(term)
                continue
            before.last = term.last
            del read[read.index(before) + 1 :]
            continue
        read.append(term)
    return read


def _is_said_of(found: list[Term], place: Term) -> str:
    """By what word something is said of the place: `the outro lacks punch`."""
    at = next(n for n, one in enumerate(found) if one is place)
    behind = [one for one in found[at + 1 : at + 3] if one.role != "fill" or one.value]
    if not behind or (behind[0] is not found[at + 1] and behind[0].role != "no"):  # `in the verse and the chorus it is`
        return ""
    says = behind[0].value in ("is", "lacks", "ought", "modal") or behind[0].role in _SAY_OF_IT
    return (behind[0].value or behind[0].role) if says else ""


def _is_led(read: list[Term], place: Term) -> bool:
    at = next(n for n, one in enumerate(read) if one is place)
    leads = next((n for n in range(at - 1, -1, -1) if read[n].role not in ("the", "fill", "a")), 0)
    begins = leads == 0 or read[leads - 1].role == "mark"  # `in the verse and the chorus it is too loud`
    return read[leads].role in ("in", "crop", "from", "since") and not begins


def _last_place(read: list[Term]) -> Term | None:
    for one in reversed(read[-5:]):
        if one.role == "place":
            return one
        if one.role not in ("the", "fill", "and", "or", "in", "from") or (one.role == "fill" and one.value):
            return None
    return None


def _brought_in(found: list[Term]) -> list[Term]:
    """A place takes the prepositions and articles before it along, and `on` behind it."""
    read: list[Term] = []
    waiting = list(found)
    while waiting:
        term = waiting.pop(0)
        if term.role == "place":
            goes_on = bool(waiting) and waiting[0].role in _ONWARDS and _leads_from(read)
            if goes_on:
                term.last = waiting.pop(0).last
            while read and read[-1].role in _LEADS and not (read[-1].role == "fill" and read[-1].value):
                if read[-1].role == "everything" and term.data.prep:
                    break
                before = read.pop()
                is_until = before.role == "to" and not term.data.is_bars
                is_until = is_until and all(place.side == "in" for place in term.data.places)
                if before.role in ("before", "after") or is_until:
                    term.data.prep = "in"
                    side = "after" if before.role == "after" else "before"
                    term.data.places = [place.model_copy(update={"side": side}) for place in term.data.places]
                elif before.role == "since" or (before.role == "from" and goes_on):
                    term.data.prep = "in"
                    if not any(place.bars for place in term.data.places):
                        term.data.places = [place.model_copy(update={"side": "from"}) for place in term.data.places]
                elif before.role in ("in", "from", "to"):
                    term.data.prep = term.data.prep or "in"
                    term.data.is_from = term.data.is_from or before.role == "from"
                elif before.role == "crop":
                    term.data.prep = term.data.prep or "crop"
                elif before.role == "a":
                    term.data.article = "a"
                term.first = before.first
        read.append(term)
    return read


def _leads_from(read: list[Term]) -> bool:
    """Whether a place that comes now is brought in by `from`."""
    lead = next((one for one in reversed(read) if one.role not in ("the", "fill", "a")), None)
    return lead is not None and lead.role == "from"
