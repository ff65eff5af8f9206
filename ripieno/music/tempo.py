"""The tempo behind beats that were detected: what the musicians did, without the jitter of the detection.

Three ways. `follow` takes every beat where it was found. `constant` is one tempo for all. `smooth`, between them, is a
curve of beat times over beat numbers that changes its tempo as little as it can: l1 trend filtering (Kim, Koh, Boyd and
Gorinevsky, SIAM Review 51(2), 2009), which leaves a tempo exactly steady between the places where it does change, be
they a step, a ritardando or a drift, and has no lag. Distant beats pull less (Huber's weights).

How stiff the curve is follows from the song. Jitter moves single beats, so neighbouring changes of tempo cancel each
other: their covariance is -4 times its variance. Changes that the musicians make do not cancel. The more of the first
and the less of the second, the stiffer; a song that drifts and was detected well is left as it is.

A song whose curve stays about as near to one tempo as its jitter is wide has one tempo. No beat is moved far: what lies
there may be a fermata.

Beats that were missed or invented would bend such a curve: beats are first counted (`counted`), so that an interval of
two beats among single ones counts as two.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from ripieno.contracts.generation import TempoWay

_NEIGHBOURS = 6  # intervals on either side that say what an interval should be
_SAME = 0.2  # by how much of a beat an interval may miss a whole number of beats to be counted as one
_MOST_MISSED = 4
_FEWEST = 8  # beats from which jitter can be told from tempo
_STIFFNESS, _SOFTEST, _STIFFEST = 1.5, 0.3, 6.0  # what a change of tempo costs, in spreads of the jitter
_LEAST_SPREAD, _MOST_SPREAD = 0.0003, 0.03  # seconds of jitter
_HUBER = 1.345  # 95 % as efficient as least squares where nothing is wrong
_PASSES, _SETTLED = 40, 0.0001  # seconds
_STEADY, _STEADY_SECONDS = 1.5, 0.025  # in spreads of the jitter, and at the most
_FAR = 0.15  # seconds that a beat may be moved
_GAP = 0.02  # seconds between two beats at the least


@dataclass(frozen=True)
class Fit:
    """Beat times in seconds, as many as were found; `drift` is how far one tempo is from the smooth curve at most."""

    times: tuple[float, ...]
    drift: float = 0.0


def fitted(times: tuple[float, ...], way: TempoWay) -> Fit:
    """Beats as they should be played to, from beats as they were found (seconds, rising)."""
    if way == "follow" or len(times) < _FEWEST:
        return Fit(times)
    numbers = counted(times)
    spread, stiffness = _jitter(times, numbers)
    curve = _curve(times, numbers, spread, stiffness)
    line = _line(times, numbers)
    drift = max(abs(a - b) for a, b in zip(curve, line, strict=True))
    if way == "constant":
        return Fit(_rising(line), drift)
    if drift <= min(_STEADY * spread, _STEADY_SECONDS):
        return Fit(_rising(line))
    return Fit(_rising([min(max(x, t - _FAR), t + _FAR) for x, t in zip(curve, times, strict=True)]))


def counted(times: tuple[float, ...]) -> list[float]:
    """The number of each beat: one more than the last, or two where one was missed, or a half where one was invented.

    Only what differs from both sides is a mistake: from a change to double time on, beats are single beats again.
    """
    gaps = [b - a for a, b in pairwise(times)]
    numbers = [0.0]
    for place, gap in enumerate(gaps):
        before, after = gaps[max(0, place - _NEIGHBOURS) : place], gaps[place + 1 : place + 1 + _NEIGHBOURS]
        step = 1.0
        if len(before) >= 3 and len(after) >= 3:
            left, right = median(before), median(after)
            if abs(left / right - 1) < _SAME:
                ratio = 2 * gap / (left + right)
                whole = round(ratio)
                if 2 <= whole <= _MOST_MISSED and abs(ratio - whole) < _SAME:
                    step = float(whole)
                elif abs(ratio - 0.5) < _SAME / 2:
                    step = 0.5
        numbers.append(numbers[-1] + step)
    return numbers


# -- parts --------------------------------------------------------------------------------------------------------


def _line(times: tuple[float, ...], numbers: list[float]) -> list[float]:
    """One tempo: least squares, reweighted."""
    weights = [1.0] * len(times)
    fit = list(times)
    for _ in range(12):
        total = sum(weights)
        x = sum(w * n for w, n in zip(weights, numbers, strict=True)) / total
        y = sum(w * t for w, t in zip(weights, times, strict=True)) / total
        above = sum(w * (n - x) * (t - y) for w, n, t in zip(weights, numbers, times, strict=True))
        below = sum(w * (n - x) ** 2 for w, n in zip(weights, numbers, strict=True))
        fit = [y + above / below * (n - x) for n in numbers]
        weights = _trust(times, fit)
    return fit


def _curve(times: tuple[float, ...], numbers: list[float], spread: float, stiffness: float) -> list[float]:
    """Iteratively reweighted least squares: the penalty's weights make squares of it what it is, an absolute value."""
    steps = [b - a for a, b in pairwise(numbers)]
    tiny = spread * 1e-3
    weights, penalties = [1.0] * len(times), [_STIFFEST] * (len(times) - 2)
    fit = list(times)
    for _ in range(_PASSES):
        before, fit = fit, _solved(times, steps, weights, penalties)
        if max(abs(a - b) for a, b in zip(before, fit, strict=True)) < _SETTLED:
            break
        weights = _trust(times, fit)
        penalties = [stiffness * spread / (abs(bend) + tiny) for bend in _bends(fit, steps)]
    return fit


def _rising(times: list[float]) -> tuple[float, ...]:
    for number in range(1, len(times)):
        times[number] = max(times[number], times[number - 1] + _GAP)
    return tuple(times)


def _bends(times: Sequence[float], steps: list[float]) -> list[float]:
    """How much the tempo changes at each inner beat, in seconds a beat."""
    slopes = [(b - a) / step for (a, b), step in zip(pairwise(times), steps, strict=True)]
    return [b - a for a, b in pairwise(slopes)]


def _jitter(times: Sequence[float], numbers: list[float]) -> tuple[float, float]:
    """The spread of single beats in seconds, and how stiff a curve through them should be.

    For beats with independent errors of variance s on a course whose tempo changes by independent amounts of variance
    q, bends have the variance q + 6 s and the covariance -4 s with their neighbours.
    """
    bends = _bends(times, [b - a for a, b in pairwise(numbers)])
    most = 3 * 1.4826 * median(abs(bend) for bend in bends)
    bends = [max(-most, min(most, bend)) for bend in bends]
    variance = sum(bend * bend for bend in bends) / len(bends)
    covariance = sum(a * b for a, b in pairwise(bends)) / len(bends)
    jitter = max(0.0, -covariance / 4)
    changes = max(0.0, variance - 6 * jitter) ** 0.5
    stiffness = _STIFFNESS * jitter**0.5 / max(changes, 1e-9)
    return (
        min(max(jitter**0.5, _LEAST_SPREAD), _MOST_SPREAD),
        min(max(stiffness, _SOFTEST), _STIFFEST),
    )


def _trust(times: Sequence[float], fit: list[float]) -> list[float]:
    """Huber's weight of each beat's distance."""
    off = [abs(a - b) for a, b in zip(times, fit, strict=True)]
    scale = _HUBER * max(1.4826 * median(off), _LEAST_SPREAD)
    return [min(1.0, scale / one) if one else 1.0 for one in off]


def _solved(times: Sequence[float], steps: list[float], weights: list[float], penalties: list[float]) -> list[float]:
    """The minimum of sum(weights (x - times)^2) + sum(penalties bends(x)^2): five diagonals, by LDL'."""
    count = len(times)
    main, first, second = list(weights), [0.0] * count, [0.0] * count
    for place, penalty in enumerate(penalties):
        a, c = 1 / steps[place], 1 / steps[place + 1]
        b = -(a + c)
        main[place] += penalty * a * a
        main[place + 1] += penalty * b * b
        main[place + 2] += penalty * c * c
        first[place] += penalty * a * b
        first[place + 1] += penalty * b * c
        second[place] += penalty * a * c
    d, l1, l2, z = [0.0] * count, [0.0] * count, [0.0] * count, [0.0] * count
    for i in range(count):
        d[i] = main[i]
        z[i] = weights[i] * times[i]
        if i >= 1:
            d[i] -= l1[i - 1] ** 2 * d[i - 1]
            z[i] -= l1[i - 1] * z[i - 1]
        if i >= 2:
            d[i] -= l2[i - 2] ** 2 * d[i - 2]
            z[i] -= l2[i - 2] * z[i - 2]
        l1[i] = (first[i] - (l1[i - 1] * l2[i - 1] * d[i - 1] if i >= 1 else 0.0)) / d[i]
        l2[i] = second[i] / d[i]
    x = [0.0] * count
    for i in range(count - 1, -1, -1):
        x[i] = z[i] / d[i]
        if i + 1 < count:
            x[i] -= l1[i] * x[i + 1]
        if i + 2 < count:
            x[i] -= l2[i] * x[i + 2]
    return x
