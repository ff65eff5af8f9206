"""Events for Application Insights: its exporter knows one by an attribute, and tells of the rest as lines without name.

Elsewhere the record's own name is enough; so that nobody else sees the attribute, it is put on copies.
"""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from dataclasses import replace

from opentelemetry.sdk._logs import ReadableLogRecord
from opentelemetry.sdk._logs.export import LogRecordExporter, LogRecordExportResult

EVENT = "microsoft.custom_event.name"


class NamedEvents(LogRecordExporter):
    """Passes records on, events among them with their name as an attribute."""

    def __init__(self, to: LogRecordExporter):
        self._to = to

    def export(self, batch: Sequence[ReadableLogRecord]) -> LogRecordExportResult:
        return self._to.export([named(one) for one in batch])

    def shutdown(self) -> None:
        self._to.shutdown()

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        return self._to.force_flush(timeout_millis)


def named(record: ReadableLogRecord) -> ReadableLogRecord:
    """The record, as Application Insights files it under `customEvents` where it is an event."""
    told = record.log_record
    if not told.event_name:
        return record
    marked = copy(told)
    marked.attributes = {**(told.attributes or {}), EVENT: told.event_name}
    return replace(record, log_record=marked)
