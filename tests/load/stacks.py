"""A stack under its own supervisor, as `ripieno up --detach` starts it: whoever of it dies is started again."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from unittest import mock

from ripieno.local.stack import PROJECT, Stack
from tests.stacks import new_stack

READY_SECONDS = 180.0
STOP_SECONDS = 60.0
PARTS = ("host", "analysis", "generation", "storage")


@dataclass(frozen=True)
class Loaded:
    stack: Stack

    @property
    def url(self) -> str:
        return self.stack.url

    def pid(self, part: str) -> int | None:
        """The process of a part, as the supervisor last wrote it down."""
        state = self.stack.state() or {"children": {}}
        return state["children"].get(part, {}).get("pid")

    def kill(self, part: str) -> bool:
        """End a part at once, its supervisor starts it again; False where it is not there at this moment. Storage gets
        SIGTERM: the emulator writes to disk every five seconds, and SIGKILL would lose what it acknowledged."""
        pid = self.pid(part)
        try:
            if pid is not None:
                os.kill(pid, signal.SIGTERM if part == "storage" else signal.SIGKILL)
        except ProcessLookupError:
            return False
        return pid is not None


@contextmanager
def loaded(home: Path | None = None, **settings: str) -> Iterator[Loaded]:
    """A stack in a folder that is kept where it is named. The services of this process use its storage."""
    with tempfile.TemporaryDirectory(prefix="ripieno-load-") as temporary:
        stack = new_stack(home or Path(temporary))
        ports = ",".join(f"{name}={port}" for name, port in asdict(stack.ports).items())
        env = {name: value for name, value in os.environ.items() if name != "AzureWebJobsStorage"}
        env |= {"RIPIENO_HOST": "embedded", "RIPIENO_PORTS": ports, "PYTHONPATH": str(PROJECT), **settings}
        stack.home.mkdir(parents=True, exist_ok=True)
        log = stack.home / "supervisor.log"
        with log.open("wb") as file:
            process = subprocess.Popen(
                [sys.executable, "-m", "ripieno.local.supervisor", str(stack.home)], env=env, cwd=PROJECT,
                stdin=subprocess.DEVNULL, stdout=file, stderr=file, start_new_session=True,
            )  # fmt: skip
        try:
            deadline = time.monotonic() + READY_SECONDS
            while "ready at" not in (said := log.read_text(errors="replace")):
                if process.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError(f"the stack did not start: {said[-2000:]}")
                time.sleep(0.1)
            with mock.patch.dict(os.environ, {"AzureWebJobsStorage": stack.connection_string}):
                yield Loaded(stack)
        finally:
            process.terminate()
            process.wait(STOP_SECONDS)
            stack.down()
            print(json.dumps({"restarts": log.read_text(errors="replace").count("it was started again")}))
