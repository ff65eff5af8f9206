"""What gauges of the app show: the backlog by endpoint and the storage used, as a timer counted them last.

Nothing is counted when somebody looks: that would be a scan each time, of every process that has the app.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from ripieno.contracts.names import CONTAINERS
from ripieno.records import backlog
from ripieno.services import telemetry
from ripieno.services.storage import container
from ripieno.services.telemetry import instruments
from ripieno.services.telemetry.recording import Attributes

BACKLOG_SECONDS = 50.0
STORAGE_SECONDS = 3600.0
COUNTING_SECONDS = 120.0  # for all containers; the rest of a larger storage shows what it had before
_FORGOTTEN_AFTER = 3  # times as long as between two counts: another process counts by now


@dataclass
class _Count:
    """What was counted last, by endpoint or container, and when (monotonic seconds)."""

    every: float
    values: dict[str, float] = field(default_factory=dict)
    at: float | None = None

    def is_due(self) -> bool:
        return self.at is None or time.monotonic() - self.at >= self.every

    def shown(self, label: str) -> Iterable[tuple[float, Attributes]]:
        if self.at is None or time.monotonic() - self.at > _FORGOTTEN_AFTER * self.every:
            return []
        return [(value, {label: name}) for name, value in self.values.items()]

    def take(self, values: dict[str, float]) -> None:
        self.values, self.at = values, time.monotonic()


_backlog, _storage = _Count(BACKLOG_SECONDS), _Count(STORAGE_SECONDS)


def show() -> None:
    """Let gauges show what is counted."""
    telemetry.observe(instruments.BACKLOG, lambda: _backlog.shown("ripieno.endpoint"))
    telemetry.observe(instruments.STORAGE_USED, lambda: _storage.shown("ripieno.container"))


def count() -> None:
    """Count what is due, where somebody is told."""
    if not telemetry.is_recording():
        return
    if _backlog.is_due():
        _backlog.take({name: float(one.jobs) for name, one in backlog.counted().endpoints.items()})
    if _storage.is_due():
        _storage.take({**_storage.values, **_bytes_by_container(time.monotonic)})


def _bytes_by_container(clock: Callable[[], float]) -> dict[str, float]:
    deadline, found = clock() + COUNTING_SECONDS, {}
    for name in CONTAINERS:
        size = 0.0
        for blob in container(name).list_blobs():
            size += blob.size or 0
            if clock() > deadline:
                return found
        found[name] = size
    return found
