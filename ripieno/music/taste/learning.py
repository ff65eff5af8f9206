"""All lessons as one taste. What was told lately counts most: a lesson counts half as much once sixty others were told
after it, so that a taste may change, and no taste is ever so sure that it cannot.

What is said of one player says something of the others too, but less; of a voice it says nothing of them.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
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
    told_of: dict[ShadeName, frozenset[str]] = {name: _told_of_by(lessons, name) for name in SHADES}
    shades: dict[tuple[ShadeName, StemType | None], Normal] = {}
    for name in SHADES:
        if told_of[name]:
            for stem in (None, *StemType):
                belief = _believed(lessons, name, stem)
                if belief.told > 0:
                    shades[name, stem] = belief
    return Taste(
        {kind: known for kind, known in choices.items() if known},
        shades,
        {name: told_of[name] for name in SHADES if told_of[name]},
    )


def _weighed(lessons: Sequence[Lesson]) -> list[tuple[float, Lesson]]:
    newest = len(lessons) - 1
    return [(0.5 ** ((newest - number) / HALF_LIFE), one) for number, one in enumerate(lessons)]


def _believed(lessons: Sequence[Lesson], name: ShadeName, stem: StemType | None) -> Normal:
    """Of one player, or of all of them, who then share what is said of several at once."""
    belief = Normal()
    for weight, lesson in _weighed(lessons):
        count = max(1, len({*lesson.played, *lesson.wanted}))
        for who in dict.fromkeys((*lesson.wanted, *lesson.played)):
            share = 1 / count if stem is None else _says_of(stem, who) / (1 if who == stem else count)
            if name in lesson.wanted.get(who, {}):
                belief = belief.wanted(lesson.wanted[who][name], weight * share)
            if name in lesson.played.get(who, {}):
                one_of = 1.0 if stem is None else math.sqrt(count)  # several are judged at once: each is the less sure
                belief = belief.heard(lesson.played[who][name], lesson.liked * weight * share / one_of)
    return belief


def _told_of_by(lessons: Sequence[Lesson], name: ShadeName) -> frozenset[str]:
    by_stem = [said for one in lessons for said in (one.played, one.wanted)]
    return frozenset(str(who) for said in by_stem for who, shades in said.items() if name in shades)


def _says_of(stem: StemType, who: str) -> float:
    """How much what is said of one player says of another; a voice is no instrument."""
    if who == stem:
        return 1.0
    return 0.0 if StemType.VOCALS in (who, stem) else _OF_OTHERS
