"""Stacks of a test's or a benchmark's own, and ports that nobody listens at."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from unittest import mock

from ripieno.local import azurite
from ripieno.local.processes import Child
from ripieno.local.stack import PROJECT, Ports, Stack
from ripieno.services.storage import create_containers_and_tables


def free_ports(count: int) -> list[int]:
    with ExitStack() as held:
        sockets = [held.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]


class StackOfItsOwn(Stack):
    """On storage of its own, whatever storage the tests before it have set."""

    def start(self, say: Callable[[str], None]) -> None:
        with mock.patch.dict(os.environ):
            os.environ.pop("AzureWebJobsStorage", None)
            super().start(say)


def new_stack(home: Path) -> Stack:
    host, analysis, generation, blob, queue, table = free_ports(6)
    return StackOfItsOwn(
        home, Ports(host=host, analysis=analysis, generation=generation, blob=blob, queue=queue, table=table)
    )


@contextmanager
def azurite_of_its_own(home: Path) -> Iterator[str]:
    """The connection string of a storage that nobody else uses, with every container and table."""
    tools = Path(os.environ.get("RIPIENO_TOOLS", PROJECT / ".ripieno" / "tools"))
    azurite.install(tools)
    ports = dict(zip(("blob_port", "queue_port", "table_port"), free_ports(3), strict=True))
    key = azurite.new_key()
    command, env = azurite.command(tools, home, **ports), os.environ | azurite.environment(key)
    child = Child("storage", command, env, home / "log", f"http://127.0.0.1:{ports['table_port']}/", home)
    child.start()
    try:
        child.wait_healthy(60)
        connection = azurite.connection_string(key, **ports)
        with mock.patch.dict(os.environ, {"AzureWebJobsStorage": connection}):
            create_containers_and_tables()
        yield connection
    finally:
        child.stop()
