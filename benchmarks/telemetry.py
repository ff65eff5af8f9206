"""What telemetry costs: a read of a table and a step of a workflow, without it, with it off, and with it on.

    python -m benchmarks.telemetry

Storage is an Azurite of its own, the collector one that takes everything. Each figure is the median of rounds that take
turns, as a ratio to the same work with no telemetry in its way at all.
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from unittest import mock

from activities.outcome import tells_final_errors
from ripieno.contracts import names
from ripieno.services import measured_tables, storage, telemetry
from ripieno.services.telemetry import instruments, recording
from tests.collector import collecting
from tests.stacks import azurite_of_its_own

ROUNDS, CALLS = 40, 25
ORDER = {"owner": "me", "instance_id": "song-1", "traceparent": f"00-{'a' * 32}-{'b' * 16}-01"}


def _read() -> None:
    storage.table(names.RUNS).get_entity("me", "run")


def step(order: dict) -> bool:
    _read()
    return True


told = tells_final_errors(step)


def _bare_read() -> None:
    with mock.patch.object(measured_tables.MeasuredTables, "send", lambda self, request: self.next.send(request)):
        for _ in range(CALLS):
            _read()


def _bare_step() -> None:
    with mock.patch.object(measured_tables.MeasuredTables, "send", lambda self, request: self.next.send(request)):
        for _ in range(CALLS):
            step(ORDER)


def _reads() -> None:
    for _ in range(CALLS):
        _read()


def _steps() -> None:
    for _ in range(CALLS):
        told(ORDER)


def _seconds(work: Callable[[], None]) -> float:
    """Of this thread's processor: storage is another process, and others are at work on the machine."""
    began = time.thread_time()
    work()
    return time.thread_time() - began


def _ratio(bare: Callable[[], None], with_it: Callable[[], None]) -> tuple[float, float]:
    """The ratio, and milliseconds of one bare call."""
    pairs = [(_seconds(bare), _seconds(with_it)) for _ in range(ROUNDS)]
    return statistics.median(b / a for a, b in pairs), 1000 * statistics.median(a for a, _ in pairs) / CALLS


def _microseconds(work: Callable[[], None], times: int = 100_000) -> float:
    return min(_seconds(lambda: [work() for _ in range(times)]) for _ in range(5)) / times * 1e6


def _record() -> None:
    telemetry.record(instruments.ERRORS, 1, {"ripieno.where": "job", "error.type": "x"})


def _span() -> None:
    with telemetry.span("call"):
        pass


def _row(name: str, what: str) -> None:
    read, read_ms = _ratio(_bare_read, _reads)
    one, _ = _ratio(_bare_step, _steps)
    fewer = 100_000 if not telemetry.is_tracing() else 5_000
    measured, span = _microseconds(_record, fewer), _microseconds(_span, fewer)
    print(f"| {name} | {read:.3f} | {one:.3f} | {measured:.2f} µs | {span:.2f} µs |")
    print(f"({what}; a bare read takes {read_ms:.2f} ms of a processor)", file=sys.stderr)


def main() -> None:
    with (
        tempfile.TemporaryDirectory() as folder,
        azurite_of_its_own(Path(folder)) as connection,
        collecting() as collector,
    ):
        with mock.patch.dict(os.environ, {"AzureWebJobsStorage": connection}):
            storage.table(names.RUNS).upsert_entity({"PartitionKey": "me", "RowKey": "run"})
            _reads()
            print("| telemetry | a table read | a step with one | a measurement | a span |\n|---|---|---|---|---|")
            assert not recording.is_recording()
            _row("off", "nothing set")
            with mock.patch.dict(os.environ, {"OTEL_EXPORTER_OTLP_ENDPOINT": collector.url}):
                telemetry.start("benchmark")
                _row("on", "a collector that takes everything")
                telemetry.stop()


if __name__ == "__main__":
    main()
