"""Whose job is next: each owner gets their turn, whoever sent how many.

Fair queueing (Demers, Keshav and Shenker, 1989), by start times and charged by seconds at work: every owner has a
virtual time, which moves on by what their jobs took; next is the oldest job of the owner whose time is least. The
queue's own time moves on by each owner's fair share of what was done, and whoever comes anew begins there, not at
nothing: idleness is saved up by nobody. So an owner's share does not depend on how many jobs they sent, or how long
theirs take; and nobody starves, however many others come, since a time that stands still is soon the least.

How many may wait follows the room that is left (the dynamic thresholds of Choudhury and Hahne, 1998, with alpha 1): an
owner has at most as many waiting as there are free places. One alone fills half of the queue, a second half of the
rest: whoever comes last finds a place. Where an owner has as many as they may, their oldest jobs are those that wait.

All of it is of one replica, in memory: every replica is fair by itself, and nothing has to be agreed on.
"""

from __future__ import annotations

import heapq
import itertools
from collections import Counter
from dataclasses import dataclass, field

USUAL_SECONDS = 10.0  # of a job, until one of its owner has ended
SOONEST_SECONDS, LATEST_SECONDS = 5, 60
_MOST_REMEMBERED = 10_000


@dataclass(order=True)
class _Waiting:
    arrived: str
    order: int
    job_id: str


@dataclass
class _Owner:
    time: float
    usual: float = USUAL_SECONDS
    jobs: list[_Waiting] = field(default_factory=list)
    at_work: int = 0


class FairQueue:
    """Jobs that wait, by owner. A job that is taken is to be given `done` once it has ended. A place that is reserved
    counts as a job that waits, and is to be released once its job was added, or will not come."""

    def __init__(self, limit: int):
        self._limit = limit
        self._owners: dict[str, _Owner] = {}
        self._owner_of: dict[str, str] = {}
        self._taken: dict[str, tuple[str, float]] = {}
        self._reserved: Counter[str] = Counter()
        self._numbers = itertools.count()
        self._now = 0.0

    def __len__(self) -> int:
        return len(self._owner_of) + self._reserved.total()

    def waiting_of(self, owner: str) -> int:
        known = self._owners.get(owner)
        return (len(known.jobs) if known else 0) + self._reserved[owner]

    def has_room(self, owner: str) -> bool:
        """Whether another job of an owner may wait."""
        return self.waiting_of(owner) < self._limit - len(self)

    def newest_after(self, owner: str, arrived: str) -> str | None:
        """The owner's job that came last, where that was after `arrived`: it may give its place to the older one."""
        known = self._owners.get(owner)
        last = max(known.jobs, default=None) if known else None
        return last.job_id if last is not None and last.arrived > arrived else None

    def retry_after(self, owner: str, workers: int) -> int:
        """Seconds until about a quarter of an owner's jobs that wait are done: a thousand that are turned away do not
        all ask again at once."""
        known = self._owners.get(owner)
        seconds = self.waiting_of(owner) * (known.usual if known else USUAL_SECONDS) / (4 * workers)
        return max(SOONEST_SECONDS, min(LATEST_SECONDS, round(seconds)))

    def reserve(self, owner: str) -> None:
        """Keep a place for a job that is about to be added."""
        self._reserved[owner] += 1

    def release(self, owner: str) -> None:
        """Give back a place that was reserved."""
        self._reserved[owner] -= 1
        if not self._reserved[owner]:
            del self._reserved[owner]

    def add(self, owner: str, arrived: str, job_id: str) -> None:
        known = self._owners.get(owner)
        if known is None:
            self._forget_idle()
            known = self._owners[owner] = _Owner(self._now)
        if not known.jobs and not known.at_work:
            known.time = max(known.time, self._now)
        heapq.heappush(known.jobs, _Waiting(arrived, next(self._numbers), job_id))
        self._owner_of[job_id] = owner

    def remove(self, job_id: str) -> None:
        """It waits no more, and was not taken."""
        owner = self._owner_of.pop(job_id, None)
        if owner is not None:
            known = self._owners[owner]
            known.jobs = [one for one in known.jobs if one.job_id != job_id]
            heapq.heapify(known.jobs)

    def take(self) -> str | None:
        """The job that is next, None where none waits. Its owner is charged what theirs usually take, until it is
        known what this one took: so that two workers do not both turn to the same."""
        ready = [(known.time, known.jobs[0].arrived, owner) for owner, known in self._owners.items() if known.jobs]
        if not ready:
            return None
        time, _, owner = min(ready)
        known = self._owners[owner]
        job_id = heapq.heappop(known.jobs).job_id
        del self._owner_of[job_id]
        self._now = max(self._now, time)
        known.time += known.usual
        known.at_work += 1
        self._taken[job_id] = owner, known.usual
        return job_id

    def done(self, job_id: str, seconds: float) -> None:
        """A job that was taken has ended, after so many seconds at work."""
        owner, charged = self._taken.pop(job_id, ("", 0.0))
        known = self._owners.get(owner)
        if known is not None:
            active = sum(bool(one.jobs) or one.at_work > 0 for one in self._owners.values())
            self._now += seconds / max(1, active)
            known.at_work -= 1
            known.time += seconds - charged
            known.usual += 0.3 * (seconds - known.usual)
            if not known.jobs and not known.at_work and known.time <= self._now:
                del self._owners[owner]  # as if they had never come

    def _forget_idle(self) -> None:
        """Owners of whom nothing waits or is at work, and whose time has passed by; of too many also the others."""
        is_crowded = len(self._owners) >= _MOST_REMEMBERED
        for owner in [o for o, one in self._owners.items() if not one.jobs and not one.at_work]:
            if is_crowded or self._owners[owner].time <= self._now:
                del self._owners[owner]
