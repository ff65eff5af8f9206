"""What a worker process measures, told to the server through its pipe: the server records it and keeps its spans.

So workers have no exporters, no threads of them, and nothing to lose when they are killed but what they had not said.
"""

from __future__ import annotations

import os
import secrets
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any

from ripieno.contracts.provenance import Provenance
from ripieno.contracts.tracing import read
from ripieno.services import telemetry
from ripieno.services.telemetry import instruments, recording
from ripieno.services.telemetry.instruments import Instrument
from ripieno.services.telemetry.recording import Row

MEASURED, SPAN, WRITES, ENGINE = "measured", "span", "writes", "engine"


class Pipe:
    """The worker's side of the pipe, for any of its threads; it listens to what is measured."""

    def __init__(self, pipe: Connection):
        self._pipe = pipe
        self._lock = threading.Lock()

    def send(self, message: tuple[Any, ...]) -> None:
        with self._lock:
            self._pipe.send(message)

    def recv(self) -> Any:
        return self._pipe.recv()

    def record(self, instrument: Instrument, value: float, row: Row) -> None:
        self.send((MEASURED, instrument.name, value, row))

    def writes(self, container: str, name: str) -> None:
        self.send((WRITES, container, name))

    def observe(self, instrument: Instrument, rows: Callable[[], Iterable[tuple[float, Row]]]) -> None:
        pass  # gauges are the server's


@dataclass
class Reporter:
    """Spans of one job in its worker; `parent` is the span of the job, None where nobody keeps any."""

    send: Callable[[tuple[Any, ...]], None]
    parent: str | None
    kind: str

    @contextmanager
    def span(self, name: str, attributes: dict[str, Any]) -> Iterator[None]:
        """What is done while this is open, and everything inside of it, as a span of the job."""
        outer = read(self.parent)
        if outer is None:
            yield
            return
        its_id, began, error = secrets.token_hex(8), time.time_ns(), None
        self.parent, before = str(outer._replace(span_id=its_id)), self.parent
        try:
            yield
        except BaseException as fault:
            error = getattr(fault, "code", None) or type(fault).__name__
            raise
        finally:
            self.parent = before
            about = {**attributes, "process.pid": os.getpid()}
            self.send((SPAN, name, before, its_id, began, time.time_ns(), about, error))

    def works_by(self, engine: Provenance) -> None:
        self.send((ENGINE, engine.model_dump()))

    @contextmanager
    def inference(self, engine: str) -> Iterator[None]:
        """An engine at work, without fetching and storing."""
        about = {"ripieno.engine": engine, "ripieno.job.kind": self.kind}
        with self.span(f"infer {engine}", about), telemetry.timed(instruments.INFERENCE_DURATION, about):
            yield


def heard(message: tuple[Any, ...]) -> bool:
    """The server's side: whether a message of a worker was of this module, and is recorded now."""
    match message:
        case (kind, name, value, row) if kind == MEASURED:
            recording.again(instruments.BY_NAME[name], value, row)
        case (kind, name, parent, span_id, start_ns, end_ns, attributes, error) if kind == SPAN:
            telemetry.emit(
                name,
                parent=parent,
                span_id=span_id,
                start_ns=start_ns,
                end_ns=end_ns,
                attributes=attributes,
                error=error,
            )
        case _:
            return False
    return True
