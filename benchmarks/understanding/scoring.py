"""Whether what came out of a sentence is what must come out. `tests/ripieno/music/language/test_sentences.py` says how
such sentences are written down."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from benchmarks.understanding.lines import (
    CLOSE,
    PARTS,
    Expected,
    apart,
    faults,
    is_a_waltz,
    is_alike,
    names,
    normal,
    shown_how,
    singles,
)
from ripieno.contracts.understanding import Kind, Statement, Understanding
from ripieno.music.language import understand

_NOT_ASKED = ("range",)  # where all of it is about: said by the places of what must come out


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
    expected = [part for line in one["means"] for part in apart(Expected.of(line))]
    wrong, opposite = [], []
    if "language" not in one and one.get("in") and said.language != one["in"]:
        wrong.append(f"read as {said.language}")
    left = [
        single
        for statement in said.statements
        if statement.kind not in _NOT_ASKED or _wants_range(expected)
        for single in singles(statement)
    ]
    came = list(left)
    ranges = [line.where for line in expected if line.what == "range"]
    homes = {line.who: line.where for line in expected if line.what in PARTS and line.only and line.where}
    for line in sorted(expected, key=lambda one: one.value is None):  # an instrument before the part that it is
        fitting = next((statement for statement in left if not faults(line, statement)), None)
        if fitting is None and ranges and not line.where:  # where all of it is about
            there = replace(line, where=ranges[0])
            fitting = next((statement for statement in left if not faults(there, statement)), None)
        if fitting is None and not line.where and line.who in homes:  # it is only there anyway
            there = replace(line, where=homes[line.who])
            fitting = next((statement for statement in left if not faults(there, statement)), None)
        if fitting is not None:
            left.remove(fitting)
            continue
        if line.what == "range" and any(names(one.places) == normal(line.where) for one in came):
            continue
        if (
            _is_kept_otherwise(line, left, expected)
            or _follows(line, came)
            or _is_of_all_that_play(line, left, expected)
        ):
            continue
        near = next((statement for statement in left if is_alike(line, statement)), None)
        wrong.append(f"{line.what}: {'; '.join(faults(line, near)) if near else 'did not come out'}")
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


# -- what follows from others -------------------------------------------------------------------------------------


def _follows(line: Expected, came: list[Statement]) -> bool:
    """Whether a line about who plays follows from what came out: who is there only from bar 9 on is not there before;
    where all are out but the piano, the piano stays, and after that place all are there again."""
    if line.what not in PARTS or line.but:
        return False
    where = normal(line.where)
    for one in came:
        there = names(one.places)
        if one.kind not in (Kind.PART, Kind.INSTRUMENT):
            continue
        if not line.how and line.value is None and one.value is not None and not faults(line, one):
            return True  # `a violin` is a part and its instrument at once
        if line.how == "not" and line.who == frozenset(one.parts) and line.who and one.only and not one.negated:
            if _is_the_rest(where, there) or (line.not_where and normal(line.not_where) == there):
                return True
            if _are_sections(where) and _are_sections(there) and where.isdisjoint(there):
                return True  # who is only in the chorus is not in the verse
            continue
        stays = bool(line.who) and line.who <= frozenset(one.but_parts) and there == where
        returns = not line.who and _is_the_rest(where, there)
        is_out = one.negated and not one.parts and line.value is None and not line.not_where
        if not line.how and is_out and (stays or returns):
            return True
    return False


def _is_kept_otherwise(line: Expected, left: list[Statement], expected: list[Expected]) -> bool:
    """`swap the guitar in the verse, but leave the choruses alone`: the guitar's or all of them."""
    about = frozenset(who for one in expected for who in one.who if one.what != "keep")
    for one in left if line.what == "keep" and not line.but else ():
        same = names(one.places) == normal(line.where) and bool(one.places) and one.kind == Kind.KEEP
        if same and not one.but_parts and {frozenset(map(str, one.parts)), line.who} <= {about, frozenset()}:
            left.remove(one)
            return True
    return False


def _is_the_rest(one: frozenset[str], other: frozenset[str]) -> bool:
    """`bars 1-8` and `bars 9-9999`, `before chorus` and `from chorus`."""
    if len(one) != 1 or len(other) != 1:
        return False
    (first,), (second,) = one, other
    both = [re.fullmatch(r"bars (\d+)-(\d+)", name) for name in (first, second)]
    if both[0] and both[1]:
        early, late = sorted((int(found[1]), int(found[2])) for found in both if found)
        return early[0] == 1 and early[1] + 1 == late[0] and late[1] == 9999
    if f"after {second}" == first or f"after {first}" == second:
        return True
    sides = {name.partition(" ")[0]: name.partition(" ")[2] for name in (first, second)}
    return set(sides) == {"before", "from"} and len(set(sides.values())) == 1


def _are_sections(there: frozenset[str]) -> bool:
    """Whether all are whole sections of a kind, none of which is within another."""
    return bool(there) and all(re.fullmatch(r"[a-z-]+", name) for name in there)


def _is_of_all_that_play(line: Expected, left: list[Statement], expected: list[Expected]) -> bool:
    """`just piano and flute, played softly`: what is said of all who play is said of each of them."""
    alone = next((one.but for one in expected if one.what == "part" and one.how == "not" and one.but), frozenset())
    if line.who or line.but or not alone:
        return False
    fitting = [one for one in left if not faults(Expected(**{**vars(line), "who": frozenset(one.parts)}), one)]
    if frozenset(str(part) for one in fitting for part in one.parts) != alone:
        return False
    for one in fitting:
        left.remove(one)
    return True


# -- the contrary -------------------------------------------------------------------------------------------------


def _contrary(line: Expected, statement: Statement) -> bool:
    """The same of the same, the other way round."""
    if (str(statement.kind) != line.what and not {str(statement.kind), line.what} <= PARTS) or (
        line.who and statement.parts and not line.who & frozenset(statement.parts)
    ):
        return False
    if line.what in PARTS:
        elsewhere = bool(line.where and statement.places) and not normal(line.where) & names(statement.places)
        mine = line.who == frozenset(statement.parts) and line.but == frozenset(statement.but_parts)
        return mine and not elsewhere and (line.how == "not") != statement.negated
    amount = statement.amount or 0.0
    number = re.fullmatch(r"(\d+(?:\.\d+)?)\s*(\S+)", line.how)
    if number and statement.absolute and statement.unit == number[2] and not statement.negated:
        return abs(amount - float(number[1])) >= CLOSE  # another number than the one that was said
    wants = {"up": 1, "down": -1}.get(line.how) or (-1 if line.how.startswith("-") else 1 if line.how[:1] == "+" else 0)
    if line.how in ("not up", "not down"):
        changed = amount > 0 if line.how == "not up" else amount < 0
        return changed and not statement.negated
    return bool(wants and amount and not statement.negated and (amount > 0) != (wants > 0))


def _silences(statement: Statement, expected: list[Expected]) -> bool:
    """Whether a part is left out that nobody spoke of leaving out, or everywhere where it was to be at one place."""
    if statement.kind != Kind.PART or not statement.negated or _is_implied(statement, expected):
        return False
    out = [line for line in expected if line.what in PARTS and line.how == "not"]
    where = names(statement.places)

    def is_meant(part: str | None) -> bool:
        return any(
            (part in line.who if part else not line.who and line.but <= frozenset(statement.but_parts))
            and (not line.where or (bool(where) and where <= normal(line.where)))
            for line in out
        )

    return not all(is_meant(part) for part in (statement.parts or [None]))


def _confines(statement: Statement, expected: list[Expected]) -> bool:
    """Whether a part that is there is kept to a place, and so left out elsewhere, though nobody spoke of that."""
    is_only = statement.kind == Kind.PART and statement.only and not statement.negated
    return is_only and not any(line.what in PARTS and line.who & set(statement.parts) for line in expected)


def _is_implied(statement: Statement, expected: list[Expected]) -> bool:
    """That a part is wanted follows where something is said of it."""
    about = {who for line in expected for who in line.who}
    if statement.kind == Kind.KEEP and not (statement.parts or statement.places or statement.value):
        return True  # `I love it, but ...`
    if statement.kind == Kind.KEEP and statement.parts and not statement.but_parts:  # `the piano is great`
        return not any(line.who & set(statement.parts) or not line.who for line in expected if line.what != "keep")
    if statement.kind == Kind.KEEP and statement.places and not statement.but_parts:  # `the first half is great`
        asked = [line for line in expected if line.what != "keep"]
        return all(line.where and not normal(line.where) & names(statement.places) for line in asked)
    there = [line for line in expected if line.what in PARTS and line.how == "not" and line.not_where]
    if statement.kind == Kind.PART and not statement.negated and statement.only:  # `out everywhere but in the chorus`
        where = names(statement.places)
        if any(set(statement.parts) <= line.who and where == normal(line.not_where) for line in there):
            return True
        out = [line for line in expected if line.what in PARTS and line.how == "not" and line.where]
        if any(set(statement.parts) <= line.who and _is_the_rest(normal(line.where), where) for line in out):
            return True
    if statement.kind == Kind.METER and statement.value == "3/4" and any(is_a_waltz(line) for line in expected):
        return True  # a waltz is in three
    if statement.kind == Kind.LYRICS and not statement.negated and about & {"vocals"}:
        return True
    if statement.kind == Kind.PART and statement.negated and not statement.parts:  # `only the piano`
        return bool(statement.but_parts) and set(statement.but_parts) <= about
    is_wanted = statement.kind == Kind.PART and not statement.negated and set(statement.parts) <= about
    left_out = {who for line in expected if line.what in PARTS and line.how == "not" for who in line.who}
    return is_wanted and not set(statement.parts) & left_out


def _wants_range(expected: list[Expected]) -> bool:
    return any(line.what in _NOT_ASKED for line in expected)


def _shown(statement: Statement) -> str:
    return f"{statement.kind} {','.join(statement.parts)} {shown_how(statement)} {statement.value or ''}".strip()


def all_said(said: Understanding) -> str:
    """Everything that was understood, for a person."""
    return "; ".join(_shown(one) for one in said.statements)
