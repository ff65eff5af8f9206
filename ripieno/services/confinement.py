"""The process in which foreign bytes are read: started once, and forked for each file.

`python -m ripieno.services.confinement FD` waits at a socket for what is to be done; each piece of work is a fork of
its own with limits, which says what it finds through a pipe as JSON and blocks of bytes. Nothing is unpickled, on
neither side: whoever takes over a decoder cannot make its parent run anything. It has no secrets in its environment,
may write no file and leaves no core. Where nothing forks (Windows), `--once` does one piece of work in a process of its
own. Where the kernel has Landlock it can read nothing but that file and Python's own, and open no TCP connection.
"""

from __future__ import annotations

import ctypes
import importlib
import json
import os
import selectors
import signal
import socket
import struct
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from ripieno.services import landlock

HEADER = struct.Struct("<cQ")
JSON, BLOCK = b"J", b"B"
STATUS = struct.Struct("<i")
NO_MEMORY, BROKE = 3, 4  # exit codes of a fork
MOST_REQUEST = 64 * 1024
_PR_SET_PDEATHSIG, _PR_SET_NO_NEW_PRIVS = 1, 38
_LIBC: Any = ctypes.CDLL(None) if sys.platform == "linux" else None

Send = Callable[[dict[str, Any] | memoryview], None]


def _serve(server: socket.socket) -> None:
    """Fork for each request until whoever asks is gone; tell how each fork ended."""
    waking, woken = os.pipe()
    for end in (waking, woken):
        os.set_blocking(end, False)
    signal.set_wakeup_fd(woken, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for whoever started us
    at_work: dict[int, int] = {}  # where to tell how a fork ended, by its process
    with selectors.DefaultSelector() as ready:
        ready.register(server, selectors.EVENT_READ)
        ready.register(waking, selectors.EVENT_READ)
        while True:
            for key, _ in ready.select():
                if key.fileobj is server:
                    if not _accept(server, at_work):
                        return
                else:
                    with suppress(BlockingIOError):
                        os.read(waking, 4096)
            _reap(at_work)


def _accept(server: socket.socket, at_work: dict[int, int]) -> bool:
    try:
        line, ends, _, _ = socket.recv_fds(server, MOST_REQUEST, 2)
    except OSError:
        return False
    if not line:
        return False
    found, told = ends
    try:
        request = json.loads(line)
        function = _named(request["function"])  # imported here, so that it is there for the forks after it
        process = os.fork()
    except Exception as fault:
        for end in ends:
            os.close(end)
        server.sendall(f"!{type(fault).__name__}: {fault}"[:500].encode())
        return True
    if process == 0:
        os.close(told)
        for known in at_work.values():
            os.close(known)
        server.close()
        _work(function, request, found)
    os.close(found)
    at_work[process] = told
    server.sendall(b".")
    return True


def _reap(at_work: dict[int, int]) -> None:
    while at_work:
        try:
            process, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if process == 0:
            return
        told = at_work.pop(process)
        with suppress(OSError):
            os.write(told, STATUS.pack(os.waitstatus_to_exitcode(status)))
        os.close(told)


def _named(function: str) -> Callable[..., None]:
    module, _, name = function.partition(":")
    return getattr(importlib.import_module(module), name)


def _work(function: Callable[..., None], request: dict[str, Any], out: int) -> None:
    """In the fork: do it within the limits, and end."""
    code = BROKE
    try:
        for name in ("SIGCHLD", "SIGPIPE", "SIGALRM"):
            if hasattr(signal, name):  # of Windows they are not
                signal.signal(getattr(signal, name), signal.SIG_DFL)
        if hasattr(signal, "set_wakeup_fd"):
            signal.set_wakeup_fd(-1)
        _silence()
        _limit(request["memory"], request["cpu"])
        _hold(request["reads"], request["function"])
        _clock(request["wall"])
        function(_sender(out, request["wall"]), *request["arguments"])
        code = 0
    except MemoryError:
        code = NO_MEMORY
    except BaseException:
        code = BROKE
    finally:
        os._exit(code)


def _silence() -> None:
    """A decoder may complain of each of a million frames: the log is for people."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        with suppress(OSError):
            os.dup2(nowhere, stream)


def _limit(memory: int, cpu: int) -> None:
    """Address space beyond what is taken already, and processor time; no files, no cores, no further privileges."""
    if _LIBC is not None:
        _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        _LIBC.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    try:
        import resource
    except ImportError:  # Windows
        return
    wanted = {resource.RLIMIT_CORE: 0, resource.RLIMIT_FSIZE: 0, resource.RLIMIT_CPU: cpu}
    if sys.platform == "linux":
        with open("/proc/self/statm") as file:  # noqa: PTH123 - pathlib is not needed here, and not loaded
            wanted[resource.RLIMIT_AS] = int(file.read().split()[0]) * resource.getpagesize() + memory
    for kind, most in wanted.items():
        hard = resource.getrlimit(kind)[1]
        if hard != resource.RLIM_INFINITY:
            most = min(most, hard)
        resource.setrlimit(kind, (most, most + 2 if kind == resource.RLIMIT_CPU and hard < 0 else most))


def _hold(reads: list[str], function: str) -> None:
    """What the work may read: its files, and what modules and libraries are loaded from."""
    packages = {__name__.partition(".")[0], function.partition(".")[0]}
    folders = {sys.prefix, sys.base_prefix, "/lib", "/usr/lib", "/lib64", "/usr/local/lib"}
    folders |= {path for path in sys.path if path.endswith("-packages")}
    folders |= {place for name in packages for place in getattr(sys.modules.get(name), "__path__", [])}
    landlock.only_reads([*reads, "/dev/urandom"], sorted(folders))


def _clock(seconds: float) -> None:
    """The kernel ends us when as much time has passed without a word; 0 stops the clock."""
    if hasattr(signal, "setitimer"):
        signal.setitimer(signal.ITIMER_REAL, seconds)


def _sender(out: int, wall: float) -> Send:
    def send(found: dict[str, Any] | memoryview) -> None:
        is_block = isinstance(found, memoryview)
        data = found.cast("B") if is_block else memoryview(json.dumps(found).encode())
        _clock(0)  # how long the reader takes is not our time
        _write(out, memoryview(HEADER.pack(BLOCK if is_block else JSON, len(data))))
        _write(out, data)
        _clock(wall)

    return send


def _write(out: int, data: memoryview) -> None:
    while data:
        data = data[os.write(out, data) :]


def _once() -> None:
    """One piece of work, asked for on stdin and told on stdout, by a process that ends with it."""
    request = json.loads(sys.stdin.buffer.readline())
    function, out = _named(request["function"]), os.dup(1)
    _work(function, request, out)


if __name__ == "__main__":
    if sys.argv[1] == "--once":
        _once()
    else:
        _serve(socket.socket(fileno=int(sys.argv[1])))
