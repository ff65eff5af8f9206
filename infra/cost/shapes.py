"""A shape: how many nodes of which machine are always there, and how many may come; what jobs do in it."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from infra.cost import figures
from infra.cost.figures import WORKER_CORES, Load, figure, prices
from infra.cost.simulation import Job, Outcome, Pool, Step, simulate

CPU, GPU = "cpu", "gpu"
SONG_SECONDS, STEM_SECONDS = 300.0, 600.0
SONG, STEM = "song", "stem"
DAY = 86400.0
_WARMING = 3.0  # jobs a GPU node is to have before a further one comes


@dataclass(frozen=True)
class Shape:
    """`gpu` is a machine of the prices, or none; `_most` the autoscaler's limits."""

    cpu_least: int = 1
    cpu_most: int = 1
    gpu: str | None = None
    gpu_least: int = 0
    gpu_most: int = 0

    def __str__(self) -> str:
        def nodes(size: str, least: int, most: int) -> str:
            return f"{least} {size}" if most == least else f"{least} to {most} {size}"

        parts = [nodes(prices()["machines"]["cpu"]["size"], self.cpu_least, self.cpu_most)]
        if self.gpu:
            parts.append(nodes(prices()["machines"][self.gpu]["size"], self.gpu_least, self.gpu_most))
        return ", ".join(parts)

    def pools(self) -> list[Pool]:
        workers = prices()["machines"]["cpu"]["cores"] // WORKER_CORES
        scaling = {"look_seconds": figure("scaler_seconds"), "cool_down_seconds": figure("cool_down_seconds")}
        cpu = Pool(CPU, workers, self.cpu_least, self.cpu_most, figure("cpu_node_seconds"), 2.0 * workers, **scaling)
        gpu = Pool(GPU, 1, self.gpu_least, self.gpu_most, figure("gpu_node_seconds"), _WARMING, **scaling)
        return [cpu, gpu] if self.gpu else [cpu]


def song(at: float, load: Load, shape: Shape) -> Job:
    """Separation, then listening, as the workflow has them; the platform's own time around them."""
    machine, pool = (shape.gpu, GPU) if shape.gpu else (CPU, CPU)
    steps = (
        Step(figure("platform_seconds_a_song")),
        Step(figures.separation(load.minutes, machine), pool),
        Step(figures.listening(load.minutes), CPU),
    )
    return Job(at, steps, SONG)


def stem(at: float, load: Load, shape: Shape) -> Job:
    by_gpu = load.engine == "musicgen"
    seconds = figures.generation(load.minutes, load.engine, shape.gpu or CPU)
    return Job(at, (Step(figure("platform_seconds_a_stem")), Step(seconds, GPU if by_gpu else CPU)), STEM)


def burst_of_songs(load: Load, shape: Shape) -> Outcome:
    """`at_once` songs in the same second, on what is always there."""
    return simulate([song(0.0, load, shape) for _ in range(load.at_once)], shape.pools())


def burst_of_stems(load: Load, shape: Shape) -> Outcome:
    """The stems of as many songs, all asked for in the same second."""
    return simulate([stem(0.0, load, shape) for _ in range(load.at_once * load.stems)], shape.pools())


@lru_cache(maxsize=64)
def a_day(load: Load, shape: Shape, seed: int = 1) -> Outcome:
    """A day's songs at random, most in the evening; the stems of each when it may be analysed."""
    jobs = []
    for at in arrivals(load.songs_a_day, seed):
        jobs.append(song(at, load, shape))
        jobs += [stem(at + SONG_SECONDS, load, shape) for _ in range(load.stems)]
    return simulate(jobs, shape.pools(), until=DAY)


def arrivals(a_day: float, seed: int) -> list[float]:
    """Seconds of a day, by a Poisson process whose pace swings between nothing and twice the mean (thinned)."""
    chance, peak, at, found = random.Random(seed), figure("peak_times_mean"), 0.0, []
    while a_day > 0:
        at += chance.expovariate(peak * a_day / DAY)
        if at >= DAY:
            break
        pace = 1 + (peak - 1) * math.sin(2 * math.pi * (at / DAY - 0.5))
        if chance.random() < pace / peak:
            found.append(at)
    return found


def misses(load: Load, shape: Shape) -> Iterator[str]:
    """The promises that a shape does not keep: all at once, and the day through."""
    songs = burst_of_songs(load, shape).slowest(SONG)
    if songs > SONG_SECONDS:
        yield f"of {load.at_once} songs at once the last is done after {songs:.0f} s"
    stems = burst_of_stems(load, shape).slowest(STEM)
    if stems > STEM_SECONDS:
        yield f"of {load.at_once * load.stems} stems at once the last is done after {stems:.0f} s"
    day = a_day(load, shape)
    for kind, seconds in ((SONG, SONG_SECONDS), (STEM, STEM_SECONDS)):
        slow = day.slowest(kind, 0.95)
        if slow > seconds:
            yield f"on an ordinary day 95 of 100 {kind}s take up to {slow:.0f} s"


def keeps(load: Load, shape: Shape) -> bool:
    """Whether a shape keeps every promise."""
    return next(misses(load, shape), None) is None
