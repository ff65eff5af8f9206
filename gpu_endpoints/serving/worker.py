"""A worker process: one job at a time, heavy libraries and models loaded once, killed and replaced when it must be."""

from __future__ import annotations

import asyncio
import logging
import multiprocessing
import os
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import setproctitle

from gpu_endpoints.serving import gpu_memory, reporting
from gpu_endpoints.serving.work import Handler, JobCancelled, JobContext, JobFailed
from ripieno.contracts.jobs import JobError
from ripieno.services import blobs, telemetry

log = logging.getLogger("ripieno.worker")
_HOW: Any = multiprocessing.get_context("forkserver" if sys.platform == "linux" else "spawn")
_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")
_WORKERS_LOAD = "RIPIENO_WORKERS_LOAD"  # for `preloading`
_REPORT_SECONDS = 0.25

LoadHandlers = Callable[[], dict[str, Handler]]
Outcome = tuple[str, Any]  # ("succeeded", result) | ("failed", JobError as dict) | ("cancelled", None)


class WorkerProcess:
    """The parent's side. `run` may be called for one job at a time."""

    def __init__(self, load_handlers: LoadHandlers, *, threads: int):
        self._load_handlers = load_handlers
        self._threads = threads
        self._process: Any = None
        self._pipe: Connection | None = None
        self._cancel: Any = None

    def start(self) -> None:
        for name in _THREADS:
            os.environ[name] = str(self._threads)  # for libraries that are loaded before there is a worker
        if sys.platform == "linux":
            os.environ[_WORKERS_LOAD] = f"{self._load_handlers.__module__}:{self._load_handlers.__qualname__}"
            _HOW.set_forkserver_preload(["gpu_endpoints.serving.preloading"])
        self._pipe, theirs = _HOW.Pipe()
        self._cancel = _HOW.Event()
        self._process = _HOW.Process(
            target=_work, args=(theirs, self._cancel, self._load_handlers, self._threads), daemon=True
        )
        self._process.start()
        theirs.close()

    def cancel(self) -> None:
        if self._cancel is not None:
            self._cancel.set()

    def stop(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.join()
            self._process = None

    async def run(
        self,
        job_id: str,
        kind: str,
        job_input: dict,
        *,
        on_progress: Callable[[float, str], None],
        on_write: Callable[[str, str], None],
        on_engine: Callable[[dict[str, Any]], None],
        is_cancelled: Callable[[], bool],
        timeout: float,
        traceparent: str | None = None,
    ) -> Outcome:
        """Run one job to its end; a worker that dies or overstays is replaced and the job has failed.

        `on_write` hears of each blob (container, name) before it is written, also by a worker that dies of it,
        `on_engine` of the signature of each engine that it is at work by.
        `is_cancelled` says whether the job was cancelled before it was here: `cancel` ends the job that is.
        `traceparent` is the span that what it does is a part of.
        """
        if self._process is None or not self._process.is_alive():
            await asyncio.to_thread(self.start)
        assert self._pipe is not None
        self._cancel.clear()
        if is_cancelled():  # while the process was being started
            return "cancelled", None
        try:
            self._pipe.send((job_id, kind, job_input, traceparent))
            async with asyncio.timeout(timeout):
                while True:
                    received = await asyncio.to_thread(self._receive)
                    if reporting.heard(received):
                        continue
                    message, *rest = received
                    if message == "progress":
                        on_progress(*rest)
                        continue
                    if message == reporting.WRITES:
                        on_write(*rest)
                        continue
                    if message == reporting.ENGINE:
                        on_engine(*rest)
                        continue
                    if message == "failed" and rest[0]["code"] == gpu_memory.CODE:
                        await asyncio.to_thread(self.stop)  # only its end gives back all that it holds
                    return message, rest[0]
        except TimeoutError:
            error = JobError(code="timeout", message=f"the job ran longer than {timeout:.0f} s")
        except (EOFError, OSError):
            error = JobError(
                code="worker_died", message="the worker process died (out of memory?); it is replaced", retryable=True
            )
        await asyncio.to_thread(self.stop)
        return "failed", error.model_dump()

    def _receive(self) -> tuple:
        """The next message; `EOFError` when the process is gone. Looks up now and then, so `stop` ends the wait."""
        pipe, process = self._pipe, self._process
        assert pipe is not None
        while not pipe.poll(0.5):
            if process is None or not process.is_alive():
                raise EOFError
        return pipe.recv()


# -- the child's side ---------------------------------------------------------------------------------------------


def _work(connection: Connection, cancel: Any, load_handlers: LoadHandlers, threads: int) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    telemetry.configure_logs()
    pipe = reporting.Pipe(connection)
    telemetry.listen(pipe)
    blobs.before_writes(pipe.writes)
    setproctitle.setproctitle("ripieno: worker")
    for name in _THREADS:
        os.environ[name] = str(threads)
    threading.Thread(target=_die_with_server, daemon=True).start()
    handlers: dict[str, Handler] | None = None
    while True:
        try:
            job_id, kind, job_input, traceparent = pipe.recv()
        except (EOFError, OSError):
            return
        if handlers is None:
            handlers = load_handlers()
        reporter = reporting.Reporter(pipe.send, traceparent, kind)
        with telemetry.about(job_id=job_id, function=kind):
            outcome = _run(handlers, job_id, kind, job_input, pipe, cancel, reporter)
        pipe.send(outcome)


def _run(
    handlers: dict[str, Handler],
    job_id: str,
    kind: str,
    job_input: dict,
    pipe: reporting.Pipe,
    cancel: Any,
    reporter: reporting.Reporter,
) -> Outcome:
    last = 0.0

    def report(fraction: float, stage: str) -> None:
        nonlocal last
        if time.monotonic() - last >= _REPORT_SECONDS:
            last = time.monotonic()
            pipe.send(("progress", fraction, stage))

    with tempfile.TemporaryDirectory(prefix="ripieno-job-") as folder:
        try:
            context = JobContext(job_id, Path(folder), report, cancel.is_set, reporter)
            with reporter.span(f"work {kind}", {"ripieno.job.id": job_id}):
                return "succeeded", handlers[kind](job_input, context)
        except JobCancelled:
            return "cancelled", None
        except JobFailed as fault:
            error = JobError(code=fault.code, message=fault.message, retryable=fault.retryable)
        except MemoryError:
            error = JobError(code="out_of_memory", message="the job needs more memory than there is")
        except BrokenPipeError:
            os._exit(1)  # the server is gone: so are we
        except Exception as fault:
            if gpu_memory.is_full(fault):
                said = "the GPU's memory is full: the job is tried again, by a new worker or another replica"
                return "failed", JobError(code=gpu_memory.CODE, message=said, retryable=True).model_dump()
            log.exception("job %s (%s) failed", job_id, kind)
            said = str(fault).replace(folder, "").strip() or "no reason given"
            error = JobError(code="internal_error", message=f"{type(fault).__name__}: {said}", retryable=True)
        return "failed", error.model_dump()


def _die_with_server() -> None:
    """End when the server does, whenever that was: also before this process had begun. What the system calls its parent
    tells less: that is the server of forks, or whoever took over once it was gone."""
    server = multiprocessing.parent_process()
    assert server is not None
    server.join()
    os._exit(1)
