"""The cheapest shape that keeps every promise: all that are likely are tried, the cheapest first."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from infra.cost import billing
from infra.cost.figures import Load, prices, separation
from infra.cost.shapes import SONG_SECONDS, Shape, keeps

MOST_NODES = 40
MOST_SONGS = 5_000
FURTHER = 1  # GPUs beyond the fewest that could do: one more may save nodes of CPUs


@dataclass(frozen=True)
class Choice:
    shape: Shape
    dollars: float


def cheapest(load: Load, kinds: Sequence[str | None] | None = None) -> list[Choice]:
    """Of each kind of GPU (None: of none) the cheapest shape that keeps every promise, the cheapest first.

    Raises
    ------
    ValueError
        For a day that is too long to be simulated.
    """
    if load.songs_a_day > MOST_SONGS:
        raise ValueError(f"more than {MOST_SONGS:,} songs a day are not simulated: --limits says what is full by then")
    kinds = kinds or [None, *(name for name in prices()["machines"] if name != "cpu")]
    needs_gpu = load.engine == "musicgen" and load.stems > 0
    found = (_cheapest_of(load, kind) for kind in kinds if kind or not needs_gpu)
    return sorted((one for one in found if one is not None), key=lambda one: one.dollars)


def _cheapest_of(load: Load, gpu: str | None) -> Choice | None:
    """Of the fewest GPUs that do and somewhat more, each with the fewest nodes of CPUs that do."""
    best: Choice | None = None
    first = _least_gpus(load, gpu) if gpu else 0
    for gpus in range(first, MOST_NODES if gpu else 1):
        fewest = _fewest_cpus(load, gpu, gpus)
        if fewest is None:
            continue
        for shape in _around(fewest):
            if keeps(load, shape):
                choice = Choice(shape, sum(billing.bill(load, shape).values()))
                best = choice if best is None or choice.dollars < best.dollars else best
        if gpus >= first + FURTHER:
            break
    return best


def _least_gpus(load: Load, gpu: str) -> int:
    """As many as could separate all that comes at once, if none ever waited."""
    return max(1, math.ceil(load.at_once * separation(load.minutes, gpu) / SONG_SECONDS))


def _fewest_cpus(load: Load, gpu: str | None, gpus: int) -> Shape | None:
    """By halving, of those that are always there."""

    def shape(cpus: int) -> Shape:
        return Shape(cpus, cpus, gpu, gpus, gpus)

    low, high = 1, MOST_NODES
    if not keeps(load, shape(high)):
        return None
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if keeps(load, shape(middle)) else (middle + 1, high)
    return shape(low)


def _around(fixed: Shape) -> Iterator[Shape]:
    """The same, and others with fewer that are always there and more on demand."""
    yield fixed
    for least in range(1, fixed.cpu_least):
        for times in (1, 2, 3, 4):
            yield replace(fixed, cpu_least=least, cpu_most=times * fixed.cpu_most)
    if fixed.gpu:
        for least in range(fixed.gpu_least):
            for times in (1, 2, 4):
                yield replace(fixed, gpu_least=least, gpu_most=times * fixed.gpu_most)
