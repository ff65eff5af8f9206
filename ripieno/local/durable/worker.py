"""Threads that keep an engine going: orchestrations, activities and timers, bounded as host.json says."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from ripieno.local.durable.engine import Engine
from ripieno.local.durable.history import parse_time
from ripieno.local.durable.store import Row

log = logging.getLogger("ripieno.durable")
_LONGEST_SLEEP = 5.0
# An instance whose activities still come in is replayed at most a fifth of the time: what has come meanwhile is read
# in one episode. A short history costs milliseconds, so that a single step waits for nothing that anyone would notice.
_REST_PER_EPISODE = 4.0
_LONGEST_REST = 0.5
_AFTER_A_FAULT = 1.0


class Worker:
    """One dispatcher thread hands work to two bounded pools; nothing is taken that no thread is free for."""

    def __init__(self, engine: Engine, *, max_activities: int = 10, max_orchestrators: int = 5):
        self._engine = engine
        self._limits = {"activity": max_activities, "episode": max_orchestrators}
        self._pools = {kind: ThreadPoolExecutor(limit, thread_name_prefix=kind) for kind, limit in self._limits.items()}
        self._lock = threading.Lock()
        self._busy = {"activity": 0, "episode": 0}
        self._in_episode: set[str] = set()
        self._rests_until: dict[str, float] = {}
        self._faulty: set[str] = set()
        self._stopping = False
        self._thread = threading.Thread(target=self._dispatch, name="durable-dispatcher", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Let what runs now end, start nothing more."""
        self._stopping = True
        self._engine.wake()
        self._thread.join()
        for pool in self._pools.values():
            pool.shutdown(wait=True, cancel_futures=True)

    def _dispatch(self) -> None:
        engine, seen = self._engine, -1
        while not self._stopping:
            with engine.changed:
                now_seen = engine.changes
            try:
                engine.fire_due_timers()
                self._hand_out_activities()
                wait = min(self._hand_out_episodes(), self._until_next_timer())
            except Exception:
                log.exception("the durable dispatcher failed; it goes on")
                wait = _AFTER_A_FAULT
            seen = now_seen
            with engine.changed:
                if engine.changes == seen and not self._stopping:
                    engine.changed.wait(wait)

    def _hand_out_episodes(self) -> float:
        """Start what can start; returns the seconds until an instance that rests may go on."""
        soonest = _LONGEST_SLEEP
        for instance_id in self._engine.store.woken_instances():
            with self._lock:
                if self._busy["episode"] >= self._limits["episode"]:
                    break
                if instance_id in self._in_episode:
                    continue
            ready, expecting = self._engine.store.readiness(instance_id)
            if not ready:
                continue
            may_rest = expecting or instance_id in self._faulty
            rest = self._rests_until.get(instance_id, 0.0) - time.monotonic() if may_rest else 0.0
            if rest > 0:
                soonest = min(soonest, rest)
                continue
            with self._lock:
                self._in_episode.add(instance_id)
            self._submit("episode", self._run_episode, instance_id)
        return soonest

    def _hand_out_activities(self) -> None:
        with self._lock:
            free = self._limits["activity"] - self._busy["activity"]
        for work in self._engine.store.claim_activities(free) if free > 0 else []:
            self._submit("activity", self._run_activities, work)

    def _run_activities(self, work: Row) -> None:
        """Run one activity after another, as long as some are waiting."""
        following: Row | None = work
        while following is not None:
            following = self._engine.run_activity(following, and_claim=not self._stopping)

    def _run_episode(self, instance_id: str) -> None:
        began = time.monotonic()
        rest, failed = _AFTER_A_FAULT, True
        try:
            self._engine.run_episode(instance_id)
            rest = min(_REST_PER_EPISODE * (time.monotonic() - began), _LONGEST_REST)
            failed = False
        finally:
            now = time.monotonic()
            with self._lock:
                self._in_episode.discard(instance_id)
                (self._faulty.add if failed else self._faulty.discard)(instance_id)
                if len(self._rests_until) > 1000:
                    self._rests_until = {one: end for one, end in self._rests_until.items() if end > now}
                self._rests_until[instance_id] = now + rest

    def _submit(self, kind: str, function: Callable[..., Any], *args: Any) -> None:
        with self._lock:
            self._busy[kind] += 1

        def run() -> None:
            try:
                function(*args)
            except Exception:
                log.exception("a durable %s failed outside the app's code", kind)
            finally:
                with self._lock:
                    self._busy[kind] -= 1
                self._engine.wake()

        self._pools[kind].submit(run)

    def _until_next_timer(self) -> float:
        fire_at = self._engine.store.next_timer()
        if fire_at is None:
            return _LONGEST_SLEEP
        return min(max((parse_time(fire_at) - self._engine.now()).total_seconds(), 0.0), _LONGEST_SLEEP)
