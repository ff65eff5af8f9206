"""Threads that keep an engine going: orchestrations, activities and timers, bounded as host.json says."""

from __future__ import annotations

import logging
import threading
from concurrent.futures import ThreadPoolExecutor

from ripieno.local.durable.engine import Engine
from ripieno.local.durable.history import parse_time

log = logging.getLogger("ripieno.durable")
_LONGEST_SLEEP = 5.0


class Worker:
    """One dispatcher thread hands work to two bounded pools; nothing is taken that no thread is free for."""

    def __init__(self, engine: Engine, *, max_activities: int = 10, max_orchestrators: int = 5):
        self._engine = engine
        self._limits = {"activity": max_activities, "episode": max_orchestrators}
        self._pools = {kind: ThreadPoolExecutor(limit, thread_name_prefix=kind) for kind, limit in self._limits.items()}
        self._busy = {"activity": 0, "episode": 0}
        self._in_episode: set[str] = set()
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
        engine = self._engine
        while not self._stopping:
            with engine.changed:
                try:
                    engine.fire_due_timers()
                    handed_out = self._hand_out()
                except Exception:
                    log.exception("the durable dispatcher failed; it goes on")
                    handed_out = False
                if not handed_out and not self._stopping:
                    engine.changed.wait(self._until_next_timer())

    def _hand_out(self) -> bool:
        handed_out = False
        if self._busy["episode"] < self._limits["episode"]:
            for instance_id in self._engine.store.ready_instances():
                if self._busy["episode"] >= self._limits["episode"]:
                    break
                if instance_id not in self._in_episode:
                    self._in_episode.add(instance_id)
                    self._submit("episode", self._run_episode, instance_id)
                    handed_out = True
        while self._busy["activity"] < self._limits["activity"]:
            work = self._engine.store.claim_activity()
            if work is None:
                break
            self._submit("activity", self._engine.run_activity, work)
            handed_out = True
        return handed_out

    def _run_episode(self, instance_id: str) -> None:
        try:
            self._engine.run_episode(instance_id)
        finally:
            with self._engine.changed:
                self._in_episode.discard(instance_id)

    def _submit(self, kind: str, function, *args) -> None:
        self._busy[kind] += 1

        def run() -> None:
            try:
                function(*args)
            except Exception:
                log.exception("a durable %s failed outside the app's code", kind)
            finally:
                with self._engine.changed:
                    self._busy[kind] -= 1
                    self._engine.changed.notify_all()

        self._pools[kind].submit(run)

    def _until_next_timer(self) -> float:
        fire_at = self._engine.store.next_timer()
        if fire_at is None:
            return _LONGEST_SLEEP
        return min(max((parse_time(fire_at) - self._engine.now()).total_seconds(), 0.0), _LONGEST_SLEEP)
