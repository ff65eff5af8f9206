"""One line of what must come out of a sentence, and whether a statement is what it says.

Where nobody could hear the difference, both are right: `no reverb` as none of it or as the least; `not choppy` as not
staccato, or as legato; a theme in the words that were said, or in English.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, replace
from typing import Any

from ripieno.contracts.enums import StemType
from ripieno.contracts.understanding import Kind, Place, Statement
from ripieno.music.composing import moods
from ripieno.music.language.lexicon import lexicon
from ripieno.music.language.styles import heard as style_of
from ripieno.music.language.tokens import fold

ALIKE = (
    {"dynamics", "loudness"}, {"presence", "loudness"}, {"presence", "density"}, {"presence", "dynamics"},
    {"register", "key"}, {"energy", "dynamics"}, {"part", "instrument"},
)  # fmt: skip
"""Kinds that may stand for each other: nobody can say which of them `louder` means, nor whether `a cello` is a part or
its instrument."""
PARTS = {"part", "instrument"}
CLOSE = 0.02
_OF_SINGERS = ("voice", "lyrics", "theme", "language")  # whoever was named
_NEAR = 0.5
_LANGUAGES = {"en": "english", "de": "german", "es": "spanish", "fr": "french", "it": "italian", "pt": "portuguese"}
_SAID_OTHERWISE = {
    "dark": ("brightness", -1), "warm": ("brightness", -1), "mellow": ("brightness", -1), "bright": ("brightness", 1),
    "epic": ("energy", 1), "energetic": ("energy", 1), "powerful": ("dynamics", 1), "aggressive": ("dynamics", 1),
    "heavy": ("dynamics", 1), "soft": ("dynamics", -1), "gentle": ("dynamics", -1), "quiet": ("dynamics", -1),
    "calm": ("dynamics", -1), "intimate": ("dynamics", -1),
}  # fmt: skip
"""Words that are moods to some and how it sounds to others."""
_WAYS = {
    "timing": {"behind the beat": "up", "late": "up", "laid back": "up", "ahead of the beat": "down", "early": "down"},
    "effect": {"dry": "down"},
}  # fmt: skip
"""Values that say which way it goes."""
_CONTRARIES = {"staccato": "legato", "legato": "staccato", "half": "normal", "double": "normal"}
_SAME = {"echo": "delay", "hall": "reverb", "overdrive": "distortion"}
_BACK = {"up": "down", "down": "up"}


@dataclass(frozen=True)
class Expected:
    """One line of what must come out."""

    what: str
    who: frozenset[str]
    but: frozenset[str]
    where: frozenset[str]
    not_where: frozenset[str]
    how: str
    value: str | None
    only: bool | None

    @classmethod
    def of(cls, given: dict[str, Any]) -> Expected:
        unknown = set(given) - {"what", "who", "but", "where", "not where", "how", "value", "only"}
        if unknown or given["what"] not in {str(kind) for kind in Kind}:
            raise ValueError(f"{given}: what is one of {', '.join(Kind)}; {', '.join(unknown) or 'the rest is known'}")

        def words(name: str) -> frozenset[str]:
            return frozenset(one.strip() for one in given.get(name, "").split(",") if one.strip())

        what, how, value, where = given["what"], given.get("how", ""), given.get("value"), words("where")
        if what == "section" and value is None:  # which one it is may be said as where it is
            (value,), where = where, frozenset()
        if what == "mood" and how == "not":
            how = "down"
        if (way := _WAYS.get(what, {}).get(value or "")) is not None:
            how, value = _BACK[way] if how == "not" else way, None
        who = words("who") | ({"vocals"} if what in _OF_SINGERS else frozenset())
        return cls(what, who, words("but"), where, words("not where"), how, value, given.get("only"))


def apart(line: Expected) -> list[Expected]:
    """Of several parts, a line for each."""
    return [replace(line, who=frozenset({one})) for one in sorted(line.who)] or [line]


def singles(statement: Statement) -> list[Statement]:
    """Of several parts, a statement for each."""
    if str(statement.kind) in _OF_SINGERS:
        return [statement.model_copy(update={"parts": [StemType.VOCALS]})]
    return [statement.model_copy(update={"parts": [one]}) for one in statement.parts] or [statement]


def is_a_waltz(line: Expected) -> bool:
    """Whether it asks for a style in three, by any of its names."""
    return line.what == "style" and (line.value is None or style_of(line.value, lexicon("en").styles) == "waltz")


def is_alike(line: Expected, statement: Statement) -> bool:
    kind = str(statement.kind)
    if line.what == "mood" and kind == _SAID_OTHERWISE.get(line.value or "", ("",))[0]:
        return True
    if {kind, line.what} == {"range", "variation"}:  # `do bars 9 to 16 again`
        return statement.value is None and statement.amount is None
    return kind == line.what or any({kind, line.what} <= alike for alike in ALIKE)


def faults(line: Expected, statement: Statement) -> list[str]:
    """In what a statement is not what the line says."""
    found = []
    if not is_alike(line, statement):
        return [f"{statement.kind} came out"]
    if frozenset(statement.parts) != line.who:
        found.append(f"who is {sorted(statement.parts)}")
    if frozenset(statement.but_parts) != line.but:
        found.append(f"but is {sorted(statement.but_parts)}")
    is_somewhere = line.what != "section" or bool(line.where)  # a section is at its own place
    holds_everywhere = line.what == "tempo" and line.how.startswith("not ") and not statement.places
    if is_somewhere and names(statement.places) != normal(line.where) and not holds_everywhere:
        found.append(f"where is {sorted(names(statement.places))}")
    if names(statement.but_places) != normal(line.not_where):
        found.append(f"not where is {sorted(names(statement.but_places))}")
    if line.what == "mood" and statement.kind != Kind.MOOD:
        way = _SAID_OTHERWISE[line.value or ""][1] * (-1 if line.how == "down" else 1)
        return found if (statement.amount or 0) * way > 0 else [*found, f"how is {shown_how(statement)}"]
    if line.how == "not" and line.value in _CONTRARIES and statement.value == _CONTRARIES[line.value]:
        return found  # `not so choppy`
    if not _is_so(line.how, statement):
        found.append(f"how is {shown_how(statement)}")
    if line.value is not None and not _is_value(line, statement):
        found.append(f"value is {statement.value}")
    if line.only is not None and line.only != statement.only:
        found.append(f"only is {statement.only}")
    return found


def _is_value(line: Expected, statement: Statement) -> bool:
    """Whether it is the value, by any of its names."""
    wanted, value = (line.value or "").lower(), (statement.value or "").lower()
    if value == wanted or _SAME.get(wanted) == value or normal(frozenset({wanted})) == normal(frozenset({value})):
        return True
    match line.what:
        case "style":
            return value == style_of(wanted, lexicon("en").styles)
        case "mood":
            return _is_near(wanted, value) or value in _moods_called(wanted)
        case "theme":
            return _says_the_same(wanted, value)
        case "language":
            return wanted in (f"in {_LANGUAGES.get(value)}", _LANGUAGES.get(value))
        case "key":
            wanted = wanted.replace(" flat", "b").replace(" sharp", "#")
            return wanted in (value, f"{value} major")  # `in D`
        case "part" | "instrument":
            return (not value and wanted in line.who) or value in _instruments_called(wanted)  # a piano is the piano
    return False


def _is_near(wanted: str, value: str) -> bool:
    """Whether two words for moods lie close together (Russell 1980): nobody can say what a sunny song is called."""
    known = moods.words()
    return wanted in known and value in known and math.dist(known[wanted], known[value]) <= _NEAR


def _moods_called(word: str) -> set[str]:
    words = lexicon("en")
    found = {one.value for one in words.by_word.get(fold(word), ()) if one.role == "concept" and len(one.words) == 1}
    return {words.concepts[one].value or "" for one in found}


def _instruments_called(name: str) -> set[str]:
    words = tuple(fold(name).split())
    found = lexicon("en").by_word.get(words[0], ()) if words else ()
    return {one.value for one in found if one.role == "instrument" and one.words == words}


def _says_the_same(wanted: str, value: str) -> bool:
    """Whether two say a theme with a word in common. What is said in another language than the line nobody compares."""
    said, meant = (set(re.findall(r"\w{3,}", fold(one))) - {"the", "and"} for one in (value, wanted))
    english = set(re.findall(r"\w+", fold(value))) & {"the", "my", "of", "and", "our"}
    return bool(said & meant) or not english


def _is_so(how: str, statement: Statement) -> bool:
    """`up`, `down`, `not`, `not up`, or a number with its unit: `+3 dB`, `120 bpm`."""
    amount = statement.amount or 0.0
    match how:
        case "":
            return not statement.negated
        case "not":
            return statement.negated or (amount == -1 and statement.unit is None)
        case "down" if statement.kind == Kind.MOOD:
            return statement.negated or amount < 0
        case "up" | "down":
            return not statement.negated and (amount > 0) == (how == "up") and amount != 0
        case "not up" | "not down":
            leaning = amount < 0 if how == "not up" else amount > 0
            return statement.negated or leaning
    found = re.fullmatch(r"([+-]?)(\d+(?:\.\d+)?)\s*(\S+)", how)
    if found is None:
        raise ValueError(f"how {how!r}: write up, down, not, not up, not down, +3 dB, -1 octave, 120 bpm")
    wanted = float(found[2]) * (-1 if found[1] == "-" else 1)
    return (
        not statement.negated
        and statement.unit == found[3]
        and abs(amount - wanted) < CLOSE
        and statement.absolute == (found[1] == "")
    )


def names(places: list[Place]) -> frozenset[str]:
    return normal(frozenset(_name(place) for place in places))


def _name(place: Place) -> str:
    bars = f"bars {place.bars[0]}-{place.bars[1]}" if place.bars else ""
    half = ("", "first half", "second half")[place.half or 0]
    there = " of ".join(one for one in (bars, half, place.section or "") if one)
    return there if place.side == "in" else f"{place.side} {there}"


def normal(names: frozenset[str]) -> frozenset[str]:
    """`bar 4` is `bars 4-4`, `last chorus` is `chorus last`; before a chorus is before the first one."""
    found = set()
    for name in names:
        one = re.sub(r"^bars? (\d+)$", r"bars \1-\1", name)
        one = re.sub(r"^bars? (-?\d+) ?(?:-|to) ?(-?\d+)", r"bars \1-\2", one)
        one = re.sub(r"\blast ([a-z-]+)$", r"\1 last", one)
        if after := re.fullmatch(r"after bars (\d+)-(\d+)", one):
            one = f"bars {int(after[2]) + 1}-9999"
        found.add(re.sub(r"^(before|from) ([a-z-]+) 1$", r"\1 \2", one))
    return frozenset(found)


def shown_how(statement: Statement) -> str:
    unit = f" {statement.unit}" if statement.unit else ""
    return ("not " if statement.negated else "") + (f"{statement.amount:g}{unit}" if statement.amount else "")
