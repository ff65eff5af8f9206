"""The beats of a transition in which two songs sound at once: where each beat of both lies in the set.

At its beginning the interval from beat to beat is that of the first song, at its end that of the second, and between
them it glides evenly. So neither has to be stretched where it is heard alone, and both have their beats at one time.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from ripieno.contracts.sets import Pulse


def common(first: Sequence[float], second: Sequence[float], pulse: Pulse) -> tuple[list[float], list[float]]:
    """Those beats of both that fall on each other: as many of one as of the other."""
    a, b = (first, second[::2]) if pulse == "half" else (first[::2] if pulse == "double" else first, second)
    count = min(len(a), len(b))
    return list(a[:count]), list(b[:count])


def beats_of_second(beats: int, pulse: Pulse) -> int:
    """How many beats of the second song so many of the first are."""
    return {"normal": beats, "half": 2 * beats, "double": beats // 2}[pulse]


def together(first: Sequence[float], second: Sequence[float]) -> list[float]:
    """When the common beats of two songs come, in seconds from the first of them on."""
    steps = [(b - a, d - c) for (a, b), (c, d) in zip(pairwise(first), pairwise(second), strict=True)]
    times = [0.0]
    for number, (one, other) in enumerate(steps):
        share = (number + 0.5) / len(steps)
        times.append(times[-1] + (1 - share) * one + share * other)
    return times


def stretches(own: Sequence[float], times: Sequence[float]) -> list[float]:
    """How much faster than it is (1.02) a song is played from each beat to the next."""
    return [(b - a) / (d - c) for (a, b), (c, d) in zip(pairwise(own), pairwise(times), strict=True)]
