"""Foreign bytes are read in a process that may die: with limits of memory and time, and without our secrets.

    for found in confined.results("package.module:function", str(path), limits=Limits()):
        ...

The function runs in a fork of a small process (`confinement`) as `function(send, *arguments)`. What it sends comes here
in order: dicts as dicts, blocks of bytes as bytearrays. When it dies, `Died` says of what.

What holds where: on Linux the address space, processor time and time between two messages; on macOS the times; on
Windows, where nothing forks and no process can be limited so, the time in all, and a process of its own.
"""

from __future__ import annotations

import atexit
import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Literal

from ripieno.services import confinement
from ripieno.services.settings import MEBIBYTE, settings

MOST_MESSAGE = 256 * MEBIBYTE
_FORKS = hasattr(os, "fork") and hasattr(socket, "send_fds")
_KEPT_VARIABLES = (
    "PATH",
    "LANG",
    "LC_ALL",
    "LD_LIBRARY_PATH",
    "SYSTEMROOT",
    "TEMP",
    "TMPDIR",
    "PYTHONDONTWRITEBYTECODE",
)
_F_SETPIPE_SZ, _PIPE_BYTES = 1031, 1 << 20  # of Linux
_ANSWER_SECONDS = 60.0  # of the waiting process, which only forks
_TRIES = 3  # to find the waiting process alive
_OF_TIME = {"SIGXCPU", "SIGALRM"}
_OF_OTHERS = {"SIGKILL", "SIGTERM", "SIGINT", "SIGHUP", "SIGPIPE"}

Reason = Literal["memory", "time", "crash", "ended"]


@dataclass(frozen=True)
class Limits:
    """Bytes of memory, seconds of processor time, and seconds between two messages."""

    memory: int
    cpu: float
    wall: float

    @staticmethod
    def of_settings() -> Limits:
        chosen = settings()
        return Limits(chosen.decode_memory_mb * MEBIBYTE, chosen.decode_seconds, chosen.decode_seconds)


class Died(RuntimeError):
    """The process did not come to its end: of too much `memory` or `time`, of a `crash`, which are the file's doing;
    or it was `ended` by somebody else, and may be asked again."""

    def __init__(self, reason: Reason, detail: str):
        super().__init__(f"{reason}: {detail}")
        self.reason: Reason = reason
        self.detail = detail


def results(
    function: str, *arguments: Any, limits: Limits | None = None, reads: Path | None = None
) -> Iterator[dict[str, Any] | bytearray]:
    """What a function sends that runs confined. Whoever stops listening ends it.

    Parameters
    ----------
    function : `package.module:name`, of our own code
    arguments : JSON, 60 KiB at most
    reads : the one file that it may read

    Raises
    ------
    Died
    """
    within = limits or Limits.of_settings()
    request = {
        "function": function, "arguments": arguments,
        "reads": [str(reads)] if reads else [], "memory": within.memory,
        "cpu": max(1, round(within.cpu)), "wall": within.wall,
    }  # fmt: skip
    yield from (_forked if _FORKS else _alone)(json.dumps(request).encode() + b"\n", within)


# -- a fork of the process that waits for it --------------------------------------------------------------------------


class _Confinement:
    """The waiting process of this one."""

    def __init__(self) -> None:
        self.owner = os.getpid()
        self._socket, theirs = socket.socketpair()
        self._socket.settimeout(_ANSWER_SECONDS)
        self._lock = threading.Lock()
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-m", confinement.__name__, str(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                env=_environment(),
            )

    @property
    def is_alive(self) -> bool:
        return self.owner == os.getpid() and self._process.poll() is None

    def ask(self, request: bytes, ends: list[int]) -> None:
        """Raises `OSError` when the process is gone, `Died` when it cannot fork."""
        with self._lock:
            socket.send_fds(self._socket, [request], ends)
            answer = self._socket.recv(512)
        if not answer:
            raise ConnectionResetError("the process that decoders are forks of has ended")
        if answer != b".":
            raise Died("ended", f"no decoder could be started ({answer[1:].decode(errors='replace')})")

    def end(self) -> None:
        self._socket.close()
        if self.owner == os.getpid():
            self._process.kill()
            self._process.wait()


_current: list[_Confinement] = []
_starting = threading.Lock()


@atexit.register
def _end() -> None:
    for known in _current:
        known.end()
    _current.clear()


def _confinement(other_than: _Confinement | None = None) -> _Confinement:
    with _starting:
        known = _current[0] if _current else None
        if known is None or known is other_than or not known.is_alive:
            if known is not None:
                known.end()
            _current[:] = [_Confinement()]
        return _current[0]


def _forked(request: bytes, within: Limits) -> Iterator[dict[str, Any] | bytearray]:
    if len(request) > confinement.MOST_REQUEST:
        raise ValueError("what is to be done confined is too long to be told")
    found, status = _asked(request)
    try:
        with os.fdopen(found, "rb", buffering=_PIPE_BYTES) as stream:
            yield from _messages(stream)
        with os.fdopen(status, "rb", closefd=False) as told:
            ended = told.read(confinement.STATUS.size)
    finally:
        os.close(status)
    if len(ended) < confinement.STATUS.size:
        raise Died("ended", "the process that decoders are forks of has ended")
    _check_end(confinement.STATUS.unpack(ended)[0], within)


def _asked(request: bytes) -> tuple[int, int]:
    """Where what is found can be read, and then how it ended."""
    failed: _Confinement | None = None
    for attempt in range(_TRIES):
        (found, theirs), (status, told) = os.pipe(), os.pipe()
        if sys.platform == "linux":
            with suppress(OSError):
                import fcntl

                fcntl.fcntl(found, _F_SETPIPE_SZ, _PIPE_BYTES)
        asked = _confinement(failed)
        try:
            asked.ask(request, [theirs, told])
            return found, status
        except (OSError, Died) as fault:
            os.close(found)
            os.close(status)
            if isinstance(fault, Died):
                raise
            if attempt == _TRIES - 1:
                raise Died("ended", str(fault)) from fault
            failed = asked
        finally:
            os.close(theirs)
            os.close(told)
    raise AssertionError("the last attempt returns or raises")


# -- a process for it alone -------------------------------------------------------------------------------------------


def _alone(request: bytes, within: Limits) -> Iterator[dict[str, Any] | bytearray]:
    process = subprocess.Popen(
        [sys.executable, "-m", confinement.__name__, "--once"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=_environment(),
    )
    assert process.stdin is not None and process.stdout is not None
    late = threading.Event()

    def stop() -> None:
        late.set()
        process.kill()

    clock = threading.Timer(within.wall + within.cpu, stop)
    clock.daemon = True
    clock.start()
    try:
        with suppress(OSError):
            process.stdin.write(request)
            process.stdin.close()
        yield from _messages(process.stdout)
        code = process.wait()
    finally:
        clock.cancel()
        process.kill()
        process.wait()
        process.stdout.close()
    if late.is_set():
        raise Died("time", f"more than {within.wall + within.cpu:.0f} s")
    _check_end(code, within)


# -- parts ------------------------------------------------------------------------------------------------------------


def _messages(stream: IO[bytes]) -> Iterator[dict[str, Any] | bytearray]:
    """Every whole message; of one that broke off nothing."""
    while len(header := stream.read(confinement.HEADER.size)) == confinement.HEADER.size:
        kind, size = confinement.HEADER.unpack(header)
        if size > MOST_MESSAGE or kind not in (confinement.JSON, confinement.BLOCK):
            raise Died("crash", "it said what no decoder says")
        data = bytearray(size)
        if stream.readinto(data) != size:  # pyright: ignore[reportAttributeAccessIssue]
            return
        if kind == confinement.BLOCK:
            yield data
            continue
        try:
            said = json.loads(data)
        except (ValueError, RecursionError):
            said = None
        if not isinstance(said, dict):
            raise Died("crash", "it said what no decoder says")
        yield said


def _check_end(code: int, within: Limits) -> None:
    if code == 0:
        return
    if code == confinement.NO_MEMORY:
        raise Died("memory", f"more than {within.memory // MEBIBYTE} MB")
    if code < 0:
        with suppress(ValueError):
            name = signal.Signals(-code).name
            if name in _OF_TIME:
                raise Died("time", f"more than {within.cpu:.0f} s")
            raise Died("ended" if name in _OF_OTHERS else "crash", name)
    raise Died("crash", f"exit code {code}")


def _environment() -> dict[str, str]:
    """What a Python needs, and none of our secrets."""
    kept = {name: os.environ[name] for name in _KEPT_VARIABLES if name in os.environ}
    one_thread = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
    return kept | one_thread | {"PYTHONPATH": os.pathsep.join(path or "." for path in sys.path)}
