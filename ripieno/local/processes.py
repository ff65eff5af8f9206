"""Child processes that are watched: started, found healthy, restarted when they die, stopped politely."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import psutil

from ripieno.local.nursery import Birth, Nursery

STOP_SECONDS = 15.0
MOST_RESTARTS = 10
RESTART_WINDOW = 300.0
LONGEST_PAUSE = 30.0
_PYTHON_MODULE = [sys.executable, "-W", "ignore::DeprecationWarning", "-m"]


class DidNotStart(RuntimeError):
    """A part of the stack did not become healthy in time; the message ends with the last lines of its log."""


@dataclass
class Child:
    """One process of the stack. `health_url` answers any HTTP status once the process serves.

    A `python_module` is born in the `nursery` where there is one: that saves it most of its imports.
    """

    name: str
    command: list[str]
    env: dict[str, str]
    log: Path
    health_url: str
    cwd: Path
    nursery: Nursery | None = None
    process: subprocess.Popen | psutil.Process | None = None
    restarts: list[float] = field(default_factory=list)

    def start(self) -> None:
        self.log.parent.mkdir(parents=True, exist_ok=True)
        if self.nursery is not None and self.command[: len(_PYTHON_MODULE)] == _PYTHON_MODULE:
            arguments = self.command[len(_PYTHON_MODULE) :]
            with contextlib.suppress(OSError, psutil.NoSuchProcess):
                pid = self.nursery.bear(Birth(self.name, arguments, self.env, str(self.log), str(self.cwd)))
                self.process = psutil.Process(pid)
                return
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.command,
                env=self.env,
                cwd=self.cwd,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    @property
    def pid(self) -> int | None:
        return self.process.pid if self.process else None

    def is_running(self) -> bool:
        if isinstance(self.process, psutil.Process):
            with contextlib.suppress(psutil.NoSuchProcess):
                return self.process.is_running() and self.process.status() != psutil.STATUS_ZOMBIE
            return False
        return self.process is not None and self.process.poll() is None

    def wait_healthy(self, seconds: float) -> None:
        """Raises `DidNotStart`."""
        deadline = time.monotonic() + seconds
        with httpx.Client(timeout=2.0) as http:  # one: each costs as much as some imports of whom one waits for
            while time.monotonic() < deadline:
                if not self.is_running():
                    raise DidNotStart(f"{self.name} ended at once:\n{self.log_tail()}")
                with contextlib.suppress(httpx.HTTPError):
                    http.get(self.health_url)
                    return
                time.sleep(0.1)
        raise DidNotStart(f"{self.name} did not answer at {self.health_url} within {seconds:.0f} s:\n{self.log_tail()}")

    def revive(self) -> bool:
        """Start it again if it has died; False when it died too often lately to go on.

        The first time at once, then a second, two, four … after the time before: to be asked again and again.
        """
        if self.is_running():
            return True
        now = time.monotonic()
        self.restarts = [moment for moment in self.restarts if now - moment < RESTART_WINDOW]
        if self.restarts and now - self.restarts[-1] < min(2.0 ** (len(self.restarts) - 1), LONGEST_PAUSE):
            return True
        self.restarts.append(now)
        if len(self.restarts) > MOST_RESTARTS:
            return False
        self.start()
        return True

    def stop(self) -> None:
        if self.process is not None:
            stop_tree(self.process.pid)
            self.process.wait(STOP_SECONDS)
            self.process = None

    def log_tail(self, lines: int = 15) -> str:
        if not self.log.exists():
            return ""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])


def stop_tree(pid: int) -> None:
    """Ask a process to end, wait, then end what is left of it and its children."""
    try:
        process = psutil.Process(pid)
        family = [process, *process.children(recursive=True)]
        process.send_signal(signal.SIGTERM if os.name != "nt" else signal.CTRL_BREAK_EVENT)
    except psutil.NoSuchProcess:
        return
    with contextlib.suppress(psutil.TimeoutExpired):
        process.wait(STOP_SECONDS)
    for member in family:
        with contextlib.suppress(psutil.NoSuchProcess):
            member.kill()


def started_at(pid: int) -> float | None:
    """When a process began; with its id that names it for good, since ids are used again. None once it has ended, also
    where nobody has asked how (in a container without an init nobody does)."""
    try:
        process = psutil.Process(pid)
        return None if process.status() == psutil.STATUS_ZOMBIE else process.create_time()
    except psutil.NoSuchProcess:
        return None


def python_module(*arguments: str) -> list[str]:
    return [*_PYTHON_MODULE, *arguments]
