"""What is tried next: Thompson sampling (Thompson 1933; Chapelle & Li 2011). Of each choice and each shade a value is
drawn from what is believed of it, and the best is taken: what is liked is played often, what is unknown now and then.

What is played by itself, without any taste, is trusted most before anything is known. Something else is tried now and
then however sure a taste is, and no shade is ever quite the same: nobody's taste closes in on one thing.
"""

from __future__ import annotations

import random
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from ripieno.contracts.enums import StemType
from ripieno.contracts.preferences import Choice, ShadeName
from ripieno.music.taste import wording
from ripieno.music.taste.beliefs import Beta, Normal
from ripieno.music.taste.learning import NOTHING, Taste
from ripieno.music.taste.lessons import SHADES, TOLD_ONLY

OWN = Beta(3.0, 1.0)
"""Of what is played by itself, before anything is known."""
OTHER = Beta(0.5, 2.5)
VARIETY = 0.05
"""How often something else than the best is tried for the sake of it, what is liked more sooner than what is not."""
LEAST_DEVIATION = 0.08
"""Of a shade that is drawn, however well it is known."""
_MOST = 0.9  # of a shade
_WITHIN = 2.0  # deviations
_HEARD = 0.03  # what is less than this is not worth a word


@dataclass(frozen=True)
class Drawn:
    """What was drawn, and why; `why` is empty where it is what would be played anyway."""

    value: str
    why: str = ""


@dataclass(frozen=True)
class DrawnShade:
    """The same of a shade; `why` is empty where nobody hears it."""

    value: float
    why: str = ""


def choice(taste: Taste, kind: Choice, own: str, others: Sequence[str], seed: int | str) -> Drawn:
    """One of some engines or styles; `own` where nothing is known of any of them.

    Parameters
    ----------
    own : what it would be without a taste
    others : what else it may be
    """
    known = taste.choices.get(kind, {})
    names = [own, *(name for name in dict.fromkeys(others) if name != own)]
    if not any(name in known for name in names):
        return Drawn(own)
    rng = random.Random(f"{seed} taste {kind}")
    believed = {name: (OWN if name == own else OTHER).plus(known.get(name, NOTHING)) for name in names}
    drawn = {name: rng.betavariate(one.liked, one.disliked) for name, one in believed.items()}
    best = max(names, key=lambda name: drawn[name])
    rest = [name for name in names if name != best]
    if rng.random() < VARIETY and rest:
        best = rng.choices(rest, [believed[name].mean for name in rest])[0]
    if best == own:
        return Drawn(own)
    return Drawn(best, wording.chosen(kind, best, known.get(best)))


def shades(
    taste: Taste, stem: StemType, seed: int | str, *, but: Collection[ShadeName] = ()
) -> dict[ShadeName, DrawnShade]:
    """How one player plays beside what the style says; nothing of shades that nobody said anything of.

    Parameters
    ----------
    seed : that of a request or a piece, by which all of its players have one feel
    but : shades that are settled
    """
    found: dict[ShadeName, DrawnShade] = {}
    for name in SHADES:
        belief = taste.shade(name, stem)
        if belief is None or name in but:
            continue
        rng = random.Random(f"{seed} taste {name}" if name in TOLD_ONLY else f"{seed} taste {name} {stem}")
        value = _drawn(belief, rng)
        found[name] = DrawnShade(value, wording.played(name, value, belief) if abs(value) >= _HEARD else "")
    return found


def _drawn(belief: Normal, rng: random.Random) -> float:
    away = min(_WITHIN, max(-_WITHIN, rng.gauss(0.0, 1.0)))
    value = belief.mean + away * max(LEAST_DEVIATION, belief.deviation)
    return round(min(_MOST, max(-_MOST, value)), 3)


def liking(taste: Taste, kind: Choice = "styles") -> dict[str, float]:
    """How much each that something was said of is liked, -1 to 1, the less the less was said: for what weighs many
    against each other, such as the songs of a set."""
    known = taste.choices.get(kind, {})
    return {name: round(2 * one.plus(Beta(1.0, 1.0)).mean - 1, 4) for name, one in known.items()}
