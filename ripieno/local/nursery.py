"""Where the Python parts of the stack are born: one process reads what they all import, and each is a fork of it.

`python -m ripieno.local.nursery` reads orders from its input, a JSON object a line (`Birth`), and answers each with the
new process's id. Three parts that each import the same second and a half of modules start in half the time so. It ends
when its input does; what it bore lives on. Where there is no `fork` nobody asks for it.
"""

from __future__ import annotations

import importlib
import json
import os
import runpy
import select
import signal
import subprocess
import sys
import traceback
import warnings
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

import setproctitle

SHARED = (
    "azure.core.exceptions", "ripieno.services.settings", "ripieno.services.blobs", "ripieno.services.webhooks",
    "ripieno.contracts.generation", "ripieno.contracts.production", "uvicorn", "fastapi", "anyio",
    "ripieno.records.rows",
)  # fmt: skip
"""What two parts and more import, and what starts no thread."""
ANSWER_SECONDS = 30.0


@dataclass(frozen=True)
class Birth:
    """Whom to bear: `python -m MODULE ARGUMENTS…`, in a session of its own."""

    name: str
    arguments: list[str]
    env: dict[str, str]
    log: str
    cwd: str


class Nursery:
    """The side of who asks."""

    def __init__(self, env: dict[str, str], log: Path, cwd: Path):
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("ab") as errors:
            self._process = subprocess.Popen(
                [sys.executable, "-W", "ignore::DeprecationWarning", "-m", "ripieno.local.nursery"],
                env=env, cwd=cwd, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, text=True,
                start_new_session=True,
            )  # fmt: skip

    def bear(self, birth: Birth) -> int:
        """The new process's id.

        Raises
        ------
        OSError
            The nursery is gone, or does not answer.
        """
        if self._process.poll() is not None or self._process.stdin is None or self._process.stdout is None:
            raise BrokenPipeError("the nursery is gone")
        self._process.stdin.write(json.dumps(asdict(birth)) + "\n")
        self._process.stdin.flush()
        answers, _, _ = select.select([self._process.stdout], [], [], ANSWER_SECONDS)
        answer = self._process.stdout.readline() if answers else ""
        if not answer:
            self._process.kill()
            raise BrokenPipeError("the nursery is gone, or does not answer")
        return int(answer)

    def close(self) -> None:
        """End the nursery; whom it bore lives on."""
        with suppress(OSError), self._process:  # what could not be said to it is still to be written
            self._process.kill()


def is_possible() -> bool:
    return hasattr(os, "fork") and sys.platform != "darwin"  # its system libraries do not survive a fork


def main() -> None:
    setproctitle.setproctitle("ripieno: nursery")
    for module in SHARED:
        importlib.import_module(module)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # whoever ends is reaped at once
    for line in sys.stdin:
        birth = Birth(**json.loads(line))
        pid = os.fork()
        if pid == 0:
            _live(birth)
        sys.stdout.write(f"{pid}\n")
        sys.stdout.flush()


def _live(birth: Birth) -> None:
    """What a started process would be: streams, folder, environment and session are its own. Never returns."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.setsid()
    log = os.open(birth.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o666)
    nothing = os.open(os.devnull, os.O_RDONLY)
    for mine, theirs in ((nothing, 0), (log, 1), (log, 2)):
        os.dup2(mine, theirs)
    os.chdir(birth.cwd)
    os.environ.clear()
    os.environ.update(birth.env)
    setproctitle.setproctitle(f"ripieno: {birth.name}")
    sys.argv = list(birth.arguments)
    status = 0
    try:
        warnings.resetwarnings()
        warnings.simplefilter("ignore", DeprecationWarning)
        runpy.run_module(birth.arguments[0], run_name="__main__", alter_sys=True)
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:
        traceback.print_exc()
        status = 1
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


if __name__ == "__main__":
    main()
