"""Stacks of a test's or a benchmark's own, and ports that nobody listens at."""

from __future__ import annotations

import socket
from contextlib import ExitStack
from pathlib import Path

from ripieno.local.stack import Ports, Stack


def free_ports(count: int) -> list[int]:
    with ExitStack() as held:
        sockets = [held.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]


def new_stack(home: Path) -> Stack:
    host, analysis, generation, blob, queue, table = free_ports(6)
    return Stack(home, Ports(host=host, analysis=analysis, generation=generation, blob=blob, queue=queue, table=table))
