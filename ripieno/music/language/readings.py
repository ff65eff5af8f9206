"""Which readings of a word its neighbours leave: `drop` is a section behind an article, else it leaves out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ripieno.music.language.lexicon import Entry
from ripieno.music.language.tokens import Token

if TYPE_CHECKING:
    from ripieno.music.language.terms import Term


_MODIFIES = ("more", "less", "too", "so", "degree")


_ALSO_LOW = ("bajo", "basse")


_MUCH = ("mucho", "mucha", "muchos", "viel", "much", "beaucoup", "bastante")  # before a noun


_BEFORE_A_NOUN = ("the", "a", "in", "crop", "before", "after", "from", "since", "to", "ordinal", "number", "no")


def rule_out(
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
    if "or" in readings and coming & {"the", "a", "part", "section"}:  # `oder`, not `öder`
        drop("concept", "comparative")
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
        is_alone = not coming and (not number or found[number - 1].role == "mark")  # `..., claro`
        describes = (
            before in _MODIFIES
            or (not coming and not is_alone)
            or bool(coming & {"hard", "mark", "and", "or", "but", "part"})
        )
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
