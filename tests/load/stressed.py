"""Endpoints under stress: a queue that is full, storms of cancels, the same job at two replicas, memory that runs out.

The job server is that of every endpoint; its jobs are those of `tests/gpu_endpoints/serving/echo_endpoint.py`.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx

from ripieno.local.processes import Child, python_module
from ripieno.local.stack import PROJECT
from tests.load.measuring import Bounds, Calls, Memory
from tests.stacks import azurite_of_its_own, free_ports

THREADS = 16
QUEUE = 20
ECHO = PROJECT / "tests" / "gpu_endpoints" / "serving"
END_SECONDS = 300.0
_ENDED = ("succeeded", "failed", "cancelled")


class Replica:
    """One of the echo endpoint."""

    def __init__(self, name: str, folder: Path, storage: str):
        (port,) = free_ports(1)
        env = os.environ | {
            "AzureWebJobsStorage": storage, "RIPIENO_WORKERS": "2", "RIPIENO_QUEUE_LIMIT": str(QUEUE),
            "RIPIENO_AUTH": "local", "PYTHONPATH": f"{PROJECT}{os.pathsep}{ECHO}",
        }  # fmt: skip
        command = python_module("uvicorn", "echo_endpoint:app", "--port", str(port), "--log-level", "warning")
        self.url = f"http://127.0.0.1:{port}"
        self.child = Child(name, command, env, folder / f"{name}.log", f"{self.url}/health", PROJECT)
        self.child.start()
        self.child.wait_healthy(60)


class Stress:
    """What is done to two replicas, and what came of it."""

    def __init__(self, replicas: list[Replica], folder: Path, count: int):
        self.replicas, self.folder, self.count = replicas, folder, count
        self.calls, self.bounds = Calls(), Bounds()
        self._own, self._open = threading.local(), []
        self._pool = ThreadPoolExecutor(THREADS)

    def close(self) -> None:
        self._pool.shutdown()
        for one in self._open:
            one.close()

    @property
    def _http(self) -> httpx.Client:
        """A client for each thread: of one for many, a connection can be closed by one thread under another."""
        if not hasattr(self._own, "http"):
            self._own.http = httpx.Client(timeout=60)
            self._open.append(self._own.http)
        return self._own.http

    def _put(self, name: str, replica: Replica, job: str, kind: str, job_input: dict) -> httpx.Response:
        with self.calls.timed(name):
            return self._http.put(f"{replica.url}/jobs/{job}", json={"kind": kind, "input": job_input})

    def _ended(self, jobs: list[str]) -> dict[str, dict]:
        """What every one of them came to."""
        deadline, found = time.monotonic() + END_SECONDS, {}
        while len(found) < len(jobs) and time.monotonic() < deadline:
            for job in jobs:
                if job not in found:
                    with self.calls.timed("status"):
                        state = self._http.get(f"{self.replicas[0].url}/jobs/{job}").json()
                    if state.get("state") in _ENDED:
                        found[job] = state
            time.sleep(0.2)
        return found

    def _until_taken(self, name: str, replica: Replica, job: str, kind: str, job_input: dict) -> int:
        """Send a job until it is taken, as long after as is said; how often it was refused. -1: without saying when."""
        refused = 0
        while (answer := self._put(name, replica, job, kind, job_input)).status_code == 503:
            refused += 1
            if "retry-after" not in answer.headers:
                return -1
            time.sleep(min(2.0, float(answer.headers["retry-after"])))
        answer.raise_for_status()
        return refused

    def full_queue(self) -> None:
        """More than may wait, all at once, behind two jobs that wait for a file: what is refused is told when to come
        back, and then is taken."""
        go, log = self.folder / "go", self.folder / "log"
        jobs = _ids(self.count)
        replica = self.replicas[0]
        blocking = _ids(2)
        for job in blocking:
            self._put("submit", replica, job, "wait", {"go": str(go), "log": str(log)}).raise_for_status()
        first = list(self._pool.map(lambda job: self._put("submit, full", replica, job, "echo", {"n": job}), jobs))
        taken = Counter(answer.status_code for answer in first)
        says_when = all("retry-after" in answer.headers for answer in first if answer.status_code == 503)
        self.bounds.check(
            f"of {self.count} jobs no more than {QUEUE} wait, the rest is told when to come back",
            set(taken) <= {202, 503} and 0 < taken[202] <= QUEUE + 2 and says_when, dict(taken),
        )  # fmt: skip
        go.touch()
        again = list(self._pool.map(lambda job: self._until_taken("submit", replica, job, "echo", {"n": job}), jobs))
        ended = Counter(one["state"] for one in self._ended(jobs).values())
        self.bounds.check(
            "all of them succeed then", ended == {"succeeded": self.count} and min(again) >= 0, dict(ended)
        )

    def cancel_storm(self) -> None:
        """Each job is cancelled four times at once while it waits, runs, or has ended, at either replica."""
        jobs = _ids(self.count)
        never, log = self.folder / "never", self.folder / "log of cancels"

        given = {"go": str(never), "log": str(log)}
        with ThreadPoolExecutor(THREADS) as others:

            def storm(job: str) -> list[int]:
                self._until_taken("submit", self.replicas[0], job, "wait", given)
                return list(others.map(lambda number: self._cancel(job, number), range(4)))

            codes = Counter(code for each in self._pool.map(storm, jobs) for code in each)
        ended = Counter(one["state"] for one in self._ended(jobs).values())
        self.bounds.check("every cancel is taken", set(codes) == {202}, dict(codes))
        self.bounds.check("every job of the storm is cancelled", ended == {"cancelled": self.count}, dict(ended))

    def _cancel(self, job: str, number: int) -> int:
        with self.calls.timed("cancel"):
            return self._http.post(f"{self.replicas[number % 2].url}/jobs/{job}/cancel").status_code

    def two_replicas(self) -> None:
        """The same jobs to both at once: each runs once."""
        jobs, log, go = _ids(self.count), self.folder / "log of both", self.folder / "go"
        go.touch()
        both = [(replica, job) for job in jobs for replica in self.replicas]
        given = {"go": str(go), "log": str(log)}
        refused = list(
            self._pool.map(lambda one: self._until_taken("submit, both", one[0], one[1], "wait", given), both)
        )
        ended = Counter(one["state"] for one in self._ended(jobs).values())
        starts = Counter(log.read_text().split())
        self.bounds.check(
            "the same job at two replicas runs once",
            ended == {"succeeded": self.count} and min(refused) >= 0 and set(starts.values()) == {1},
            f"{dict(ended)}, started {dict(Counter(starts.values()))} times",
        )

    def out_of_memory(self) -> None:
        """A GPU's memory that is full, as torch says it, and a worker that the machine ends: the job may be tried again,
        the replica lives and serves others."""
        pids = [replica.child.pid for replica in self.replicas]
        jobs = _ids(min(self.count, 4))  # each is a worker that imports torch anew
        for job in jobs:
            self._until_taken("submit", self.replicas[0], job, "fill", {"log": str(self.folder / "pid")})
        ended = self._ended(jobs)
        is_told = [one["state"] == "failed" and one["error"]["retryable"] for one in ended.values()]
        self.bounds.check("where a GPU's memory is full, the job may be tried again", all(is_told) and len(is_told) == len(jobs),
                          Counter((one["error"] or {}).get("code") for one in ended.values()))  # fmt: skip
        dying = _ids(4)
        for job in dying:
            self._until_taken("submit", self.replicas[0], job, "die", {})
        died = Counter(one["state"] for one in self._ended(dying).values())
        self.bounds.check("a job whose worker is ended each time fails", died == {"failed": len(dying)}, dict(died))
        others = _ids(4)
        for job in others:
            self._until_taken("submit", self.replicas[0], job, "echo", {})
        served = Counter(one["state"] for one in self._ended(others).values())
        alive = [replica.child.pid for replica in self.replicas if replica.child.is_running()]
        self.bounds.check(
            "the replica lives and serves others", served == {"succeeded": 4} and alive == pids, dict(served)
        )


def _ids(count: int) -> list[str]:
    return [f"load-{uuid.uuid4().hex}:step" for _ in range(count)]


def stressed(arguments: argparse.Namespace) -> bool:
    with (
        tempfile.TemporaryDirectory(prefix="ripieno-load-") as name,
        azurite_of_its_own(Path(name) / "azurite") as storage,
    ):
        folder = Path(name)
        replicas = [Replica(one, folder, storage) for one in ("first", "second")]
        stress = Stress(replicas, folder, arguments.jobs)
        pids: dict[str, Callable[[], int | None]] = {
            replica.child.name: lambda replica=replica: replica.child.pid for replica in replicas
        }
        try:
            with Memory(lambda part: pids[part](), tuple(pids)) as memory:
                for one in (stress.full_queue, stress.cancel_storm, stress.two_replicas, stress.out_of_memory):
                    began = time.monotonic()
                    one()
                    print(f"{one.__name__}: {time.monotonic() - began:.0f} s", flush=True)
        finally:
            stress.close()
            for replica in replicas:
                replica.child.stop()
    print(stress.calls.table())
    stress.bounds.memory(memory, {name: int(arguments.endpoint_mb) for name in pids})
    return stress.bounds.tell()
