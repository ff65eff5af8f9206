"""What foreign bytes can make a decoder do; each runs confined."""

from __future__ import annotations

import ctypes
import os
import signal
import socket
import time
from pathlib import Path

from ripieno.services.confinement import Send


def tell(send: Send, *arguments: object) -> None:
    send({"arguments": list(arguments)})
    send(memoryview(bytes(range(256))))


def environment(send: Send) -> None:
    send(dict(os.environ))


def forget_the_end(send: Send) -> None:
    send({"begun": True})
    held = [bytearray(1 << 20) for _ in range(10_000)]
    send({"held": len(held)})


def burn(send: Send) -> None:
    send({"begun": True})
    while True:
        pass


def hang(send: Send) -> None:
    send({"begun": True})
    signal.pause()


def slow_reader(send: Send) -> None:
    for _ in range(3):
        send(memoryview(bytes(1 << 21)))


def crash(send: Send) -> None:
    send({"begun": True})
    ctypes.string_at(0)


def be_killed(send: Send) -> None:
    send({"process": os.getpid()})
    os.kill(os.getpid(), signal.SIGKILL)


def raise_something(send: Send) -> None:
    send({"begun": True})
    raise KeyError("what nobody expects")


def write_a_file(send: Send, path: str) -> None:
    try:
        with Path(path).open("wb") as file:
            file.write(b"x" * 10)
    except OSError as fault:
        send({"fault": fault.errno})
        return
    send({"written": True})


def lie(send: Send) -> None:
    for number in range(1, 64):  # wherever it is told at
        try:
            os.write(number, b"J" + (1 << 60).to_bytes(8, "little"))
        except OSError:
            continue


def wait_for_ever(send: Send) -> None:
    send({"process": os.getpid()})
    time.sleep(3600)


def read_files(send: Send, *paths: str) -> None:
    found = {}
    for path in paths:
        try:
            found[path] = len(Path(path).read_bytes())
        except OSError as fault:
            found[path] = f"{type(fault).__name__}"
    send(found)


def connect(send: Send, port: int) -> None:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=5).close()
    except OSError as fault:
        send({"fault": type(fault).__name__})
    else:
        send({"connected": True})
