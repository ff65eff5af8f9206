"""What was said of something that was heard, as a lesson.

Who says how it should have been blames that and little else: such a verdict says nothing of the other shades, and less
of engine and style.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import get_args

from ripieno.contracts.composition import Layer
from ripieno.contracts.enums import StemType
from ripieno.contracts.generation import Playing
from ripieno.contracts.preferences import MOST_LESSONS, Aspect, Choice, Lesson, ShadeName, Shades
from ripieno.contracts.provenance import RECORDING
from ripieno.music.genres.blending import blend

SHADES: tuple[ShadeName, ...] = get_args(ShadeName)
TOLD_ONLY: tuple[ShadeName, ...] = ("swing", "timing")
"""The feel is everybody's: it is nothing to try out unasked, and nobody plays it otherwise than the others."""
SKIPPED = -0.4
WISHED = 0.7
"""How much a style is liked that somebody asks for instead."""
BANNED, CHOSEN = SKIPPED, 0.4
"""How much the styles of a song are liked that somebody takes out of a set, or wants in it."""
_BLAMED = 0.3  # what is left of a verdict for engine and style where somebody said what was wrong
_STEMS: dict[str, StemType] = {stem.value: stem for stem in StemType}


@dataclass(frozen=True)
class Heard:
    """One layer as it was heard: how it was played, in which style (a genre or a blend), by which engine."""

    stem: StemType
    playing: Playing
    style: str
    engine: str | None = None


def of_rating(rating: int) -> float:
    """1 (not at all) to 5 (just right) as -1 to 1."""
    return (rating - 3) / 2


def of_verdict(
    lesson_id: str,
    told_at: str,
    heard: Sequence[Heard],
    *,
    liked: float,
    wanted: Mapping[StemType, Shades] | None = None,
) -> Lesson:
    """What is liked or not of layers that were heard together, and how they should have been played."""
    wanted = {stem: shades for stem, shades in (wanted or {}).items() if shades}
    told = bool(wanted) and liked < 0
    played: dict[StemType, Shades] = {}
    for one in () if told else heard:
        said = wanted.get(one.stem, {})
        played.setdefault(one.stem, {name: v for name, v in _shades(one.playing).items() if name not in said})
    chose: dict[Choice, dict[str, float]] = {"engines": _engines(heard), "styles": _styles(heard)}
    return Lesson(
        lesson_id=lesson_id,
        told_at=told_at,
        liked=round(liked * _BLAMED if told else liked, 4),
        chose={kind: shares for kind, shares in chose.items() if shares},
        played={_STEMS[stem]: shades for stem, shades in played.items() if shades},
        wanted=dict(wanted),
    )


def of_styles(lesson_id: str, told_at: str, shares: Mapping[str, float], *, liked: float) -> Lesson:
    """A style that is asked for instead of another, or is not to be."""
    return Lesson(lesson_id=lesson_id, told_at=told_at, liked=liked, chose={"styles": dict(shares)})


def of_wishes(lesson_id: str, told_at: str, wanted: Mapping[StemType, Shades]) -> Lesson:
    """How something is to be played from now on."""
    return Lesson(lesson_id=lesson_id, told_at=told_at, wanted={stem: one for stem, one in wanted.items() if one})


def otherwise(before: Sequence[Layer], after: Sequence[Layer]) -> dict[StemType, Shades]:
    """The shades that players of a piece have otherwise than before."""
    known = {one.name: one for one in before}
    found: dict[StemType, Shades] = {}
    for one in after:
        old = known.get(one.name)
        if old is not None and (changed := changes(old, one)):
            found.setdefault(_STEMS[one.stem_type], changed)
    return found


def changes(before: Playing, after: Playing) -> Shades:
    """The shades of one player that are otherwise than before, as they are then."""
    return {name: getattr(after, name) for name in SHADES if getattr(after, name) != getattr(before, name)}


def together(known: Iterable[Lesson], told: Iterable[Lesson]) -> list[Lesson]:
    """Lessons with further ones, in the order in which they were told; what teaches nothing new is left as it was, what
    was said later of the same thing takes the place of what was said before, and the oldest go."""
    found = {one.lesson_id: one for one in known}
    for one in sorted(told, key=_when):
        old = found.get(one.lesson_id)
        if old is None or (_when(old) <= _when(one) and old != one.model_copy(update={"told_at": old.told_at})):
            found[one.lesson_id] = one
    return sorted(found.values(), key=_when)[-MOST_LESSONS:]


def _when(lesson: Lesson) -> tuple[datetime, str]:
    return datetime.fromisoformat(lesson.told_at), lesson.lesson_id


def without(known: Iterable[Lesson], forgotten: Iterable[Aspect]) -> list[Lesson]:
    """Lessons that say nothing any more of some aspects; those that say nothing else are gone."""
    gone = set(forgotten)
    found = []
    for one in known:
        left = one.model_copy(
            update={
                "chose": {kind: shares for kind, shares in one.chose.items() if kind not in gone},
                "played": _less(one.played, gone),
                "wanted": _less(one.wanted, gone),
            }
        )
        if left.chose or left.played or left.wanted:
            found.append(left)
    return found


# -- parts --------------------------------------------------------------------------------------------------------


def _less(shades: Mapping[StemType, Shades], gone: set[Aspect]) -> dict[StemType, Shades]:
    kept: dict[StemType, Shades] = {
        stem: {name: v for name, v in one.items() if name not in gone} for stem, one in shades.items()
    }
    return {stem: one for stem, one in kept.items() if one}


def _shades(playing: Playing) -> Shades:
    """How it was played; of the feel only what was meant to be otherwise."""
    found: Shades = {name: round(getattr(playing, name), 3) for name in SHADES}
    return {name: value for name, value in found.items() if value or name not in TOLD_ONLY}


def _engines(heard: Sequence[Heard]) -> dict[str, float]:
    by = [one.engine for one in heard if one.engine and one.engine != RECORDING]
    return {name: round(times / len(by), 4) for name, times in Counter(by).items()}


def _styles(heard: Sequence[Heard]) -> dict[str, float]:
    found: Counter[str] = Counter()
    for one in heard:
        for genre, weight in blend(one.style).parts:
            found[genre.name] += weight / len(heard)  # pyright: ignore[reportArgumentType]
    return {name: round(share, 4) for name, share in found.items()}
