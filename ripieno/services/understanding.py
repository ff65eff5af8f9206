"""What somebody said, read by rule, and by a language model what the rules have not read.

Rules are sure of what they read: a model is asked where stretches are left, may add statements about these, and can
neither repeat nor contradict what is known.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ripieno.contracts.enums import StemType
from ripieno.contracts.understanding import (
    MOST_SECTION_NAME,
    About,
    Kind,
    Language,
    Place,
    Statement,
    Stretch,
    Understanding,
    Unit,
)
from ripieno.music.instruments import all_instruments
from ripieno.music.language import understand
from ripieno.services import llm
from ripieno.services.llm import ModelFailed
from ripieno.services.rules import signature

MOST_STATEMENTS = 40
_LOUD = frozenset({Kind.LOUDNESS, Kind.DYNAMICS, Kind.PRESENCE, Kind.ENERGY})
_BUSY = frozenset({Kind.DENSITY, Kind.PRESENCE, Kind.ENERGY})
_ONE_VALUE = frozenset({
    Kind.KEY, Kind.METER, Kind.STYLE, Kind.LANGUAGE, Kind.TEMPO, Kind.LENGTH, Kind.ARTICULATION, Kind.PULSE, Kind.NOTES,
    Kind.ONSETS, Kind.INSTRUMENT, Kind.THEME,
})  # fmt: skip
"""Of these there is one at a place: another value is the opposite."""
_VALUES = {
    Kind.ARTICULATION: {"staccato", "normal", "legato"}, Kind.PULSE: {"half", "normal", "double"},
    Kind.NOTES: {"all", "roots"}, Kind.ONSETS: {"all", "downbeats", "beats", "offbeats"},
}  # fmt: skip


class HeardPlace(BaseModel):
    model_config = ConfigDict(extra="forbid")

    section: str | None
    bars: list[int] | None
    side: Literal["in", "before", "after"]


class HeardStatement(BaseModel):
    """What the model may say; what it cannot be is left out afterwards."""

    model_config = ConfigDict(extra="forbid")

    kind: Kind
    parts: list[StemType]
    but_parts: list[StemType]
    places: list[HeardPlace]
    but_places: list[HeardPlace]
    only: bool
    amount: float | None
    unit: Unit | None
    absolute: bool
    value: str | None
    negated: bool
    words: str


class HeardStatements(BaseModel):
    model_config = ConfigDict(extra="forbid")

    statements: list[HeardStatement] = Field(max_length=MOST_STATEMENTS)


def understood(text: str, *, language: Language | None = None, about: About = "request") -> Understanding:
    """What is understood of a text, signed by whoever read it.

    Raises
    ------
    ValueError
        For a language that nobody reads here.
    """
    by_rule = understand(text, language=language, about=about)
    if not by_rule.not_understood or not llm.is_configured("understand"):
        return by_rule.model_copy(update={"engine": signature()})
    question: dict[str, Any] = {
        "text": text, "about": about,
        "understood": [one.model_dump(mode="json", exclude_defaults=True) for one in by_rule.statements],
        "unread": [one.text for one in by_rule.not_understood],
    }  # fmt: skip
    prompt = (Path(__file__).with_name("prompts") / "understand.md").read_text()
    try:
        reply = llm.ask("understand", prompt, question, HeardStatements, faults=lambda one: _faults(one, by_rule))
    except ModelFailed as fault:
        return by_rule.model_copy(update={"engine": signature(reason=str(fault)), "usage": fault.usage})
    return merged(by_rule, reply.value.statements).model_copy(update={"engine": reply.engine, "usage": reply.usage})


def merged(by_rule: Understanding, heard: list[HeardStatement]) -> Understanding:
    """What the rules read, with those of the model's statements that are about what they did not."""
    found = list(by_rule.statements)
    read: list[Stretch] = []
    for one in heard:
        new = _statement(one, by_rule)
        if new is None or any(is_opposite(new, sure) or _is_same(new, sure) for sure in found):
            continue
        found.append(new)
        read.append(new.words)
    found.sort(key=lambda one: (one.words.start, one.words.end))
    left = [one for one in by_rule.not_understood if not any(_overlap(one, words) for words in read)]
    return by_rule.model_copy(update={"statements": found, "not_understood": left})


def is_opposite(new: Statement, sure: Statement) -> bool:
    """Whether a statement would undo another one: whenever that cannot be ruled out."""
    if not _meet(new, sure):
        return False
    kinds = (new.kind, sure.kind)
    if Kind.KEEP in kinds:
        return new.kind != sure.kind
    if Kind.PART in kinds:
        first, second = (new, sure) if new.kind == Kind.PART else (sure, new)
        if first.kind == second.kind:
            return first.negated != second.negated
        elsewhere = bool(first.places) and not second.places  # left out here, and told what to do in general
        return first.negated and bool(first.parts) and not elsewhere
    if new.kind in _ONE_VALUE and new.kind == sure.kind:
        return new.value != sure.value or new.amount != sure.amount or new.negated != sure.negated
    if new.kind != sure.kind and not any({new.kind, sure.kind} <= group for group in (_LOUD, _BUSY)):
        return False
    return _direction(new) != _direction(sure)


# -- parts --------------------------------------------------------------------------------------------------------


def _statement(one: HeardStatement, by_rule: Understanding) -> Statement | None:
    """The statement as it can be, None where its words are not there, were read already, or it says nothing."""
    words = _words(one, by_rule)
    if words is None:
        return None
    amount = one.amount
    if amount is not None and one.unit is None:
        amount = min(1.0, max(-1.0, amount))
    if one.kind == Kind.PART and one.negated and one.parts and one.but_places and not one.places:
        one = one.model_copy(update={"negated": False, "only": True, "places": one.but_places, "but_places": []})
    try:
        return Statement(
            kind=one.kind,
            parts=one.parts,
            but_parts=[] if one.parts else one.but_parts,
            places=_places(one.places),
            but_places=_places(one.but_places),
            only=one.only and bool(one.places),
            amount=amount,
            unit=one.unit,
            absolute=one.absolute,
            value=(one.value or "")[:200] or None,
            negated=one.negated,
            by="model",
            words=words,
        )
    except ValidationError:
        return None


def _faults(heard: HeardStatements, by_rule: Understanding) -> list[str]:
    """What the model can mend: words that nobody said, values that are not there."""
    found = []
    for number, one in enumerate(heard.statements):
        if one.words not in by_rule.text or not one.words.strip():
            found.append(f"statements.{number}.words: {one.words[:80]!r} does not stand in the text: copy its words")
        elif one.kind in _VALUES and one.value not in _VALUES[one.kind]:
            found.append(f"statements.{number}.value: {one.kind} is one of {', '.join(sorted(_VALUES[one.kind]))}")
        elif not _can_be_had(one):
            found.append(f"statements.{number}.value: instruments are {', '.join(all_instruments())}")
    return found


def _can_be_had(one: HeardStatement) -> bool:
    """Whether an instrument that is named is one, of a part that it is said of: congas are no drum kit."""
    if one.kind not in (Kind.PART, Kind.INSTRUMENT) or (one.value is None and one.kind == Kind.PART):
        return True
    if one.kind == Kind.PART and one.value in set(StemType):
        return True
    known = all_instruments().get(one.value or "")
    return known is not None and (not one.parts or known.stem in one.parts)


def _words(one: HeardStatement, by_rule: Understanding) -> Stretch | None:
    """Where its words stand, of several places the first that nobody has read."""
    if not one.words.strip() or (one.kind in _VALUES and one.value not in _VALUES[one.kind]):
        return None
    if not _can_be_had(one):
        return None
    at = by_rule.text.find(one.words)
    while at >= 0:
        found = Stretch(start=at, end=at + len(one.words), text=one.words)
        if any(_overlap(found, unread) for unread in by_rule.not_understood):
            return found
        at = by_rule.text.find(one.words, at + 1)
    return None


def _places(heard: list[HeardPlace]) -> list[Place]:
    found = []
    for one in heard:
        bars = (one.bars[0], one.bars[1]) if one.bars and len(one.bars) == 2 else None
        section = one.section if one.section and len(one.section) <= MOST_SECTION_NAME else None
        if bars or section:
            found.append(Place(section=section, bars=bars, side=one.side))
    return found


def _overlap(one: Stretch, other: Stretch) -> bool:
    return one.start < other.end and other.start < one.end


def _meet(one: Statement, other: Statement) -> bool:
    """Whether both can be about the same part at the same place."""
    parts = not one.parts or not other.parts or bool(set(one.parts) & set(other.parts))
    places = not one.places or not other.places or any(_may_touch(a, b) for a in one.places for b in other.places)
    return parts and places


def _may_touch(one: Place, other: Place) -> bool:
    """Whether places may have a bar in common; sections of different kinds have none."""
    if one.side != "in" or other.side != "in" or not (one.section and other.section):
        return one.section is not None or other.section is not None or one.side != "in" or _bars_touch(one, other)
    first, second = one.section.split(), other.section.split()
    is_any = len(first) == 1 or len(second) == 1 or "last" in (*first, *second)
    return first[0] == second[0] and (is_any or first == second)


def _bars_touch(one: Place, other: Place) -> bool:
    if one.bars is None or other.bars is None or min(*one.bars, *other.bars) < 0:
        return True
    return one.bars[0] <= other.bars[1] and other.bars[0] <= one.bars[1]


def _direction(one: Statement) -> tuple[bool, int]:
    """Up or down, or a value to have; and whether just that is not to be."""
    amount = one.amount or 0.0
    return one.negated, 0 if one.absolute else (amount > 0) - (amount < 0)


def _is_same(new: Statement, sure: Statement) -> bool:
    return (
        new.kind == sure.kind
        and set(new.parts) <= set(sure.parts or new.parts)
        and (new.places == sure.places or not sure.places)
        and (new.value, new.negated) == (sure.value, sure.negated)
        and _direction(new) == _direction(sure)
    )
