"""All lessons as one taste. What was told lately counts most: a lesson counts half as much once sixty others were told
after it, so that a taste may change, and no taste is ever so sure that it cannot.

What is said of one player says something of the others too, but less; of a voice it says nothing of them.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from ripieno.contracts.enums import StemType
from ripieno.contracts.preferences import Choice, Lesson, ShadeName
from ripieno.music.taste.beliefs import Beta, Normal
from ripieno.music.taste.lessons import SHADES, TOLD_ONLY

HALF_LIFE = 60
_OF_OTHERS = 0.35  # what a verdict on one player says of another

NOTHING = Beta(0.0, 0.0)


@dataclass(frozen=True)
class Taste:
    """What is known of somebody's taste: of choices what was told, without a prior; of shades by stem, and of all
    stems under None; `told_of` are the stems that something was said of. What nobody said anything of is not there."""

    choices: dict[Choice, dict[str, Beta]] = field(default_factory=dict)
    shades: dict[tuple[ShadeName, StemType | None], Normal] = field(default_factory=dict)
    told_of: dict[ShadeName, frozenset[str]] = field(default_factory=dict)

    def shade(self, name: ShadeName, stem: StemType) -> Normal | None:
        """What is believed of a shade of a player, by what was said of others where nothing was said of this one."""
        return self.shades.get((name, None if name in TOLD_ONLY else stem))


def learned(lessons: Sequence[Lesson]) -> Taste:
    """The taste that some lessons teach, which stand in the order in which they were told."""
    choices: dict[Choice, dict[str, Beta]] = {}
    for weight, lesson in _weighed(lessons):
        for kind, shares in lesson.chose.items():
            of_kind = choices.setdefault(kind, {})
            for name, share in shares.items():
                said = lesson.liked * share * weight
                if said:
                    of_kind[name] = of_kind.get(name, NOTHING).plus(Beta(max(0.0, said), max(0.0, -said)))
    shades: dict[tuple[ShadeName, StemType | None], Normal] = {}
    told_of: dict[ShadeName, frozenset[str]] = {}
    for name in SHADES:
        told = _told(lessons, name)
        if stems := frozenset(str(who) for one in told for who in one.values):
            told_of[name] = stems
            believed = {stem: _believed(told, stem) for stem in (None, *StemType)}
            shades |= {(name, stem): belief for stem, belief in believed.items() if belief.told > 0}
    return Taste({kind: known for kind, known in choices.items() if known}, shades, told_of)


@dataclass(frozen=True)
class _Told:
    """What one lesson says of one shade: the values that were wanted (`liked` is None), or heard, by stem."""

    weight: float
    liked: float | None
    values: dict[StemType, float]


def _told(lessons: Sequence[Lesson], name: ShadeName) -> list[_Told]:
    """What is said of a shade, in the order in which it was."""
    found = []
    for weight, lesson in _weighed(lessons):
        for liked, by_stem in ((None, lesson.wanted), (lesson.liked, lesson.played)):
            values = {who: shades[name] for who, shades in by_stem.items() if name in shades}
            if values:
                found.append(_Told(weight, liked, values))
    return found


def _weighed(lessons: Sequence[Lesson]) -> list[tuple[float, Lesson]]:
    newest = len(lessons) - 1
    return [(0.5 ** ((newest - number) / HALF_LIFE), one) for number, one in enumerate(lessons)]


def _believed(told: Sequence[_Told], stem: StemType | None) -> Normal:
    """Of one player, or of all of them, who then share what is said of several at once."""
    belief = Normal()
    for one in told:
        sure = 1.0 if stem is None else math.sqrt(len(one.values))  # several are judged at once: each is the less so
        for value, share in _shares(one.values, stem):
            if one.liked is None:
                belief = belief.wanted(value, one.weight * share)
            else:
                belief = belief.heard(value, one.liked * one.weight * share / sure)
    return belief


def _shares(values: Mapping[StemType, float], stem: StemType | None) -> list[tuple[float, float]]:
    """The values that say something of a player, and how much: its own, and those of others, in one; a voice is no
    instrument."""
    if stem is None:
        return [(value, 1 / len(values)) for value in values.values()]
    found = [(values[stem], 1.0)] if stem in values else []
    others = [value for who, value in values.items() if StemType.VOCALS not in (who, stem) and who != stem]
    return [*found, (sum(others) / len(others), _OF_OTHERS)] if others else found
