"""Jobs that wait for workers, workers on nodes that come and go: a discrete-event simulation.

A job is a list of steps, one after the other; a step waits for a free worker of its pool, or is time that passes by
itself. Whose job came first is served first, as the endpoints do: the second step of an early one before the first of a
late one. Every `look_seconds` a pool is scaled as KEDA would: a node for each `target` jobs that wait
or run there. A node takes `start_seconds` to come, and goes once it has done nothing for `cool_down_seconds`.
"""

from __future__ import annotations

import heapq
import itertools
import math
from collections.abc import Iterable
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Step:
    """Work of some seconds in a pool, or, where `pool` is empty, time that passes."""

    seconds: float
    pool: str = ""


@dataclass(frozen=True)
class Job:
    at: float
    steps: tuple[Step, ...]
    kind: str = "job"


@dataclass(frozen=True)
class Pool:
    """Nodes with `workers` each, from `least` to `most`; jobs a node is to have before a further one comes."""

    name: str
    workers: int
    least: int
    most: int
    start_seconds: float = 0.0
    target: float = 4.0
    look_seconds: float = 30.0
    cool_down_seconds: float = 300.0


@dataclass
class Outcome:
    """What came of it. `took` is how long each job was there, by kind; the rest is summed over the time that passed."""

    arrived: int = 0
    took: dict[str, list[float]] = field(default_factory=dict)
    ended_at: list[float] = field(default_factory=list)
    seconds: float = 0.0
    there_seconds: float = 0.0
    busy_seconds: dict[str, float] = field(default_factory=dict)
    node_seconds: dict[str, float] = field(default_factory=dict)

    @property
    def ended(self) -> int:
        return len(self.ended_at)

    @property
    def mean_there(self) -> float:
        return self.there_seconds / self.seconds if self.seconds else 0.0

    def slowest(self, kind: str, share: float = 1.0) -> float:
        """How long the slowest of a kind took; with `share` .95, of all but the slowest twentieth."""
        took = sorted(self.took.get(kind, []))
        return took[max(0, math.ceil(share * len(took)) - 1)] if took else 0.0


@dataclass
class _Node:
    born: float
    busy: int = 0
    idle_since: float = 0.0


class _Pool:
    """A pool at work."""

    def __init__(self, about: Pool):
        self.about = about
        self.waiting: list[tuple[float, int, int]] = []
        self.nodes = [_Node(0.0) for _ in range(about.least)]
        self.coming = 0

    def free(self) -> _Node | None:
        """The busiest node that has room, so that others can go."""
        with_room = [node for node in self.nodes if node.busy < self.about.workers]
        return max(with_room, key=lambda node: node.busy, default=None)

    @property
    def is_settled(self) -> bool:
        return not self.waiting and not self.coming and len(self.nodes) == self.about.least

    @property
    def here(self) -> int:
        return len(self.waiting) + sum(node.busy for node in self.nodes)


class _Run:
    def __init__(self, jobs: Iterable[Job], pools: Iterable[Pool]):
        self.jobs = sorted(jobs, key=lambda job: job.at)
        self.pools = {pool.name: _Pool(pool) for pool in pools}
        self.outcome = Outcome(arrived=len(self.jobs))
        self.outcome.busy_seconds = dict.fromkeys(self.pools, 0.0)
        self.outcome.node_seconds = dict.fromkeys(self.pools, 0.0)
        self.now, self.there, self.left = 0.0, 0, len(self.jobs)
        self._events: list[tuple[float, int, str, tuple]] = []
        self._number = itertools.count()

    def run(self, until: float) -> Outcome:
        for number, job in enumerate(self.jobs):
            self._later(job.at, "arrive", number)
        for name, pool in self.pools.items():
            if pool.about.most > pool.about.least:
                self._later(0.0, "look", name)
        while self._events and (self.left or self._events[0][0] <= until):
            at, _, what, about = heapq.heappop(self._events)
            self._pass(at)
            getattr(self, f"_{what}")(*about)
        self._pass(max(until, self.now))
        for name, pool in self.pools.items():
            self.outcome.node_seconds[name] += sum(self.now - node.born for node in pool.nodes)
        self.outcome.seconds = self.now
        return self.outcome

    def _later(self, at: float, what: str, *about: object) -> None:
        heapq.heappush(self._events, (at, next(self._number), what, about))

    def _pass(self, at: float) -> None:
        self.outcome.there_seconds += self.there * (at - self.now)
        self.now = at

    def _arrive(self, number: int) -> None:
        self.there += 1
        self._go_on(number, 0)

    def _go_on(self, number: int, step: int) -> None:
        job = self.jobs[number]
        if step == len(job.steps):
            self.there -= 1
            self.left -= 1
            self.outcome.took.setdefault(job.kind, []).append(self.now - job.at)
            self.outcome.ended_at.append(self.now)
        elif not job.steps[step].pool:
            self._later(self.now + job.steps[step].seconds, "go_on", number, step + 1)
        else:
            pool = self.pools[job.steps[step].pool]
            heapq.heappush(pool.waiting, (job.at, number, step))
            self._serve(pool)

    def _serve(self, pool: _Pool) -> None:
        while pool.waiting and (node := pool.free()) is not None:
            _, number, step = heapq.heappop(pool.waiting)
            node.busy += 1
            seconds = self.jobs[number].steps[step].seconds
            self.outcome.busy_seconds[pool.about.name] += seconds
            self._later(self.now + seconds, "done", pool, node, number, step)

    def _done(self, pool: _Pool, node: _Node, number: int, step: int) -> None:
        node.busy -= 1
        node.idle_since = self.now
        self._serve(pool)
        self._go_on(number, step + 1)

    def _look(self, name: str) -> None:
        pool = self.pools[name]
        about = pool.about
        wanted = min(about.most, max(about.least, math.ceil(pool.here / about.target)))
        for _ in range(wanted - len(pool.nodes) - pool.coming):
            pool.coming += 1
            self._later(self.now + about.start_seconds, "come", pool)
        idle = [node for node in pool.nodes if not node.busy and self.now - node.idle_since >= about.cool_down_seconds]
        for node in idle[: max(0, len(pool.nodes) - max(wanted, about.least))]:
            pool.nodes.remove(node)
            self.outcome.node_seconds[name] += self.now - node.born
        if self.left or not pool.is_settled:
            self._later(self.now + about.look_seconds, "look", name)

    def _come(self, pool: _Pool) -> None:
        pool.coming -= 1
        pool.nodes.append(_Node(self.now, idle_since=self.now))
        self._serve(pool)


def simulate(jobs: Iterable[Job], pools: Iterable[Pool], until: float = 0.0) -> Outcome:
    """Let all jobs come and end; time goes on to `until` at least.

    Raises
    ------
    ValueError
        For a step whose pool is not there or can never have a worker: its job would wait for ever.
    """
    jobs, pools = list(jobs), list(pools)
    able = {pool.name for pool in pools if pool.most > 0 and pool.workers > 0}
    for job in jobs:
        for step in job.steps:
            if step.pool and step.pool not in able:
                raise ValueError(f"nobody works in {step.pool}")
    return _Run(jobs, pools).run(until)
