"""Whether what came out of a sentence is what must come out. `tests/ripieno/music/language/test_sentences.py` says how
such sentences are written down."""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ripieno.contracts.enums import StemType
from ripieno.contracts.understanding import Kind, Place, Statement, Understanding
from ripieno.music.composing import moods
from ripieno.music.language import understand
from ripieno.music.language.lexicon import lexicon
from ripieno.music.language.styles import heard as style_of

ALIKE = (
    {"dynamics", "loudness"}, {"presence", "loudness"}, {"presence", "density"}, {"presence", "dynamics"},
    {"register", "key"}, {"energy", "dynamics"}, {"part", "instrument"},
)  # fmt: skip
"""Kinds that may stand for each other: nobody can say which of them `louder` means, nor whether `a cello` is a part or
its instrument."""
_OF_SINGERS = ("voice", "lyrics", "theme", "language")  # whoever was named
_NOT_ASKED = ("range",)  # where all of it is about: said by the places of what must come out
_PARTS = {"part", "instrument"}
_CLOSE = 0.02
_NEAR = 0.5
_LANGUAGES = {"en": "english", "de": "german", "es": "spanish", "fr": "french"}
_SAID_OTHERWISE = {
    "dark": ("brightness", -1), "warm": ("brightness", -1), "mellow": ("brightness", -1), "bright": ("brightness", 1),
    "epic": ("energy", 1), "energetic": ("energy", 1), "powerful": ("dynamics", 1), "aggressive": ("dynamics", 1),
    "heavy": ("dynamics", 1), "soft": ("dynamics", -1), "gentle": ("dynamics", -1), "quiet": ("dynamics", -1),
    "calm": ("dynamics", -1), "intimate": ("dynamics", -1),
}  # fmt: skip
"""Words that are moods to some and how it sounds to others."""


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
        who = words("who") | ({"vocals"} if what in _OF_SINGERS else frozenset())
        return cls(what, who, words("but"), where, words("not where"), how, value, given.get("only"))


@dataclass(frozen=True)
class Verdict:
    """`wrong` says why it is not right; `opposite` why it is even the contrary."""

    sentence: str
    wrong: tuple[str, ...]
    opposite: tuple[str, ...]


def load(path: Path) -> list[dict[str, Any]]:
    return json.loads(path.read_text(encoding="utf-8"))


def score(one: dict[str, Any]) -> Verdict:
    """What is wrong with what came out of a sentence, nothing where it is right."""
    return judged(one, understand(one["say"], language=one.get("language"), about=one.get("about", "request")))


def judged(one: dict[str, Any], said: Understanding) -> Verdict:
    """What is wrong with what was understood of a sentence."""
    expected = [part for line in one["means"] for part in _apart(Expected.of(line))]
    wrong, opposite = [], []
    if "language" not in one and one.get("in") and said.language != one["in"]:
        wrong.append(f"read as {said.language}")
    left = [
        single
        for statement in said.statements
        if statement.kind not in _NOT_ASKED or _wants_range(expected)
        for single in _singles(statement)
    ]
    for line in expected:
        fitting = next((statement for statement in left if not _faults(line, statement)), None)
        if fitting is not None:
            left.remove(fitting)
            continue
        near = next((statement for statement in left if _is_alike(line, statement)), None)
        wrong.append(f"{line.what}: {'; '.join(_faults(line, near)) if near else 'did not come out'}")
        opposite += [
            f"{line.what}: {statement.words.text}" for statement in said.statements if _contrary(line, statement)
        ]
    is_there = one.get("about", "request") != "request"
    opposite += [
        f"silent: {statement.words.text}"
        for statement in said.statements
        if _silences(statement, expected) or (is_there and _confines(statement, expected))
    ]
    wrong += [f"too much: {_shown(statement)}" for statement in left if not _is_implied(statement, expected)]
    return Verdict(one["say"], tuple(wrong), tuple(opposite))


# -- one line against one statement -------------------------------------------------------------------------------


def _apart(line: Expected) -> list[Expected]:
    """Of several parts, a line for each."""
    return [replace(line, who=frozenset({one})) for one in sorted(line.who)] or [line]


def _singles(statement: Statement) -> list[Statement]:
    """Of several parts, a statement for each."""
    if str(statement.kind) in _OF_SINGERS:
        return [statement.model_copy(update={"parts": [StemType.VOCALS]})]
    return [statement.model_copy(update={"parts": [one]}) for one in statement.parts] or [statement]


def _is_alike(line: Expected, statement: Statement) -> bool:
    kind = str(statement.kind)
    if line.what == "mood" and kind == _SAID_OTHERWISE.get(line.value or "", ("",))[0]:
        return True
    return kind == line.what or any({kind, line.what} <= alike for alike in ALIKE)


def _faults(line: Expected, statement: Statement) -> list[str]:
    faults = []
    if not _is_alike(line, statement):
        return [f"{statement.kind} came out"]
    if frozenset(statement.parts) != line.who:
        faults.append(f"who is {sorted(statement.parts)}")
    if frozenset(statement.but_parts) != line.but:
        faults.append(f"but is {sorted(statement.but_parts)}")
    is_somewhere = line.what != "section" or bool(line.where)  # a section is at its own place
    if is_somewhere and _names(statement.places) != _normal(line.where):
        faults.append(f"where is {sorted(_names(statement.places))}")
    if _names(statement.but_places) != _normal(line.not_where):
        faults.append(f"not where is {sorted(_names(statement.but_places))}")
    if line.what == "mood" and statement.kind != Kind.MOOD:
        way = _SAID_OTHERWISE[line.value or ""][1] * (-1 if line.how == "down" else 1)
        return faults if (statement.amount or 0) * way > 0 else [*faults, f"how is {_how(statement)}"]
    if not _is_so(line.how, statement):
        faults.append(f"how is {_how(statement)}")
    if line.value is not None and not _is_value(line, statement):
        faults.append(f"value is {statement.value}")
    if line.only is not None and line.only != statement.only:
        faults.append(f"only is {statement.only}")
    return faults


def _is_value(line: Expected, statement: Statement) -> bool:
    """Whether it is the value, by any of its names."""
    wanted, value = (line.value or "").lower(), (statement.value or "").lower()
    if value == wanted:
        return True
    match line.what:
        case "style":
            return value == style_of(wanted, lexicon("en").styles)
        case "mood":
            return _is_near(wanted, value)
        case "language":
            return wanted in (f"in {_LANGUAGES.get(value)}", _LANGUAGES.get(value))
        case "key":
            return wanted == f"{value} major"  # `in D`
        case "part" | "instrument":
            return not value and wanted in line.who  # a piano is the piano
    return False


def _is_near(wanted: str, value: str) -> bool:
    """Whether two words for moods lie close together (Russell 1980): nobody can say what a sunny song is called."""
    known = moods.words()
    return wanted in known and value in known and math.dist(known[wanted], known[value]) <= _NEAR


def _is_so(how: str, statement: Statement) -> bool:
    """`up`, `down`, `not`, `not up`, or a number with its unit: `+3 dB`, `120 bpm`."""
    amount = statement.amount or 0.0
    match how:
        case "":
            return not statement.negated
        case "not":
            return statement.negated
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
        and abs(amount - wanted) < _CLOSE
        and statement.absolute == (found[1] == "")
    )


def _contrary(line: Expected, statement: Statement) -> bool:
    """The same of the same, the other way round."""
    if (str(statement.kind) != line.what and not {str(statement.kind), line.what} <= _PARTS) or (
        line.who and statement.parts and not line.who & frozenset(statement.parts)
    ):
        return False
    if line.what in _PARTS:
        return line.who == frozenset(statement.parts) and (line.how == "not") != statement.negated
    amount = statement.amount or 0.0
    number = re.fullmatch(r"(\d+(?:\.\d+)?)\s*(\S+)", line.how)
    if number and statement.absolute and statement.unit == number[2] and not statement.negated:
        return abs(amount - float(number[1])) >= _CLOSE  # another number than the one that was said
    wants = {"up": 1, "down": -1}.get(line.how) or (-1 if line.how.startswith("-") else 1 if line.how[:1] == "+" else 0)
    if line.how in ("not up", "not down"):
        changed = amount > 0 if line.how == "not up" else amount < 0
        return changed and not statement.negated
    return bool(wants and amount and not statement.negated and (amount > 0) != (wants > 0))


def _silences(statement: Statement, expected: list[Expected]) -> bool:
    """Whether a part is left out that nobody spoke of leaving out, or everywhere where it was to be at one place."""
    if statement.kind != Kind.PART or not statement.negated or _is_implied(statement, expected):
        return False
    out = [line for line in expected if line.what in _PARTS and line.how == "not"]
    where = _names(statement.places)

    def is_meant(part: str | None) -> bool:
        return any(
            (part in line.who if part else not line.who and line.but <= frozenset(statement.but_parts))
            and (not line.where or (bool(where) and where <= _normal(line.where)))
            for line in out
        )

    return not all(is_meant(part) for part in (statement.parts or [None]))


def _confines(statement: Statement, expected: list[Expected]) -> bool:
    """Whether a part that is there is kept to a place, and so left out elsewhere, though nobody spoke of that."""
    is_only = statement.kind == Kind.PART and statement.only and not statement.negated
    return is_only and not any(line.what in _PARTS and line.who & set(statement.parts) for line in expected)


def _is_implied(statement: Statement, expected: list[Expected]) -> bool:
    """That a part is wanted follows where something is said of it."""
    about = {who for line in expected for who in line.who}
    if statement.kind == Kind.KEEP and not (statement.parts or statement.places or statement.value):
        return True  # `I love it, but ...`
    if statement.kind == Kind.LYRICS and not statement.negated and about & {"vocals"}:
        return True
    if statement.kind == Kind.PART and statement.negated and not statement.parts:  # `only the piano`
        return bool(statement.but_parts) and set(statement.but_parts) <= about
    is_wanted = statement.kind == Kind.PART and not statement.negated and set(statement.parts) <= about
    left_out = {who for line in expected if line.what in _PARTS and line.how == "not" for who in line.who}
    return is_wanted and not set(statement.parts) & left_out


def _wants_range(expected: list[Expected]) -> bool:
    return any(line.what in _NOT_ASKED for line in expected)


def _names(places: list[Place]) -> frozenset[str]:
    return _normal(frozenset(_name(place) for place in places))


def _name(place: Place) -> str:
    bars = f"bars {place.bars[0]}-{place.bars[1]}" if place.bars else ""
    half = ("", "first half", "second half")[place.half or 0]
    there = " of ".join(one for one in (bars, half, place.section or "") if one)
    return there if place.side == "in" else f"{place.side} {there}"


def _normal(names: frozenset[str]) -> frozenset[str]:
    """`bar 4` is `bars 4-4`, `last chorus` is `chorus last`; before a chorus is before the first one."""
    found = set()
    for name in names:
        one = re.sub(r"^bars? (\d+)$", r"bars \1-\1", name)
        one = re.sub(r"^bars? (-?\d+) ?(?:-|to) ?(-?\d+)", r"bars \1-\2", one)
        one = re.sub(r"\blast ([a-z-]+)$", r"\1 last", one)
        found.add(re.sub(r"^(before|from) ([a-z-]+) 1$", r"\1 \2", one))
    return frozenset(found)


def _how(statement: Statement) -> str:
    unit = f" {statement.unit}" if statement.unit else ""
    return ("not " if statement.negated else "") + (f"{statement.amount:g}{unit}" if statement.amount else "")


def _shown(statement: Statement) -> str:
    return f"{statement.kind} {','.join(statement.parts)} {_how(statement)} {statement.value or ''}".strip()


def all_said(said: Understanding) -> str:
    """Everything that was understood, for a person."""
    return "; ".join(_shown(one) for one in said.statements)
