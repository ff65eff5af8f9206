"""What Application Insights' own exporter makes of what we tell it."""

from __future__ import annotations

from typing import Any

from azure.monitor.opentelemetry.exporter.export.logs._exporter import _convert_log_to_envelope
from opentelemetry._logs import LogRecord, SeverityNumber
from opentelemetry.sdk._logs import ReadableLogRecord
from opentelemetry.sdk._logs.export import InMemoryLogRecordExporter
from opentelemetry.sdk.resources import Resource

from ripieno.services.telemetry import exporting
from ripieno.services.telemetry.insights import EVENT, NamedEvents, named
from ripieno.services.telemetry.starting import APPLICATION_INSIGHTS, OTLP


def told(**about) -> ReadableLogRecord:
    record = LogRecord(timestamp=1, severity_number=SeverityNumber.INFO, **about)
    return ReadableLogRecord(record, Resource.create({"service.name": "ripieno-app", "service.namespace": "ripieno"}))


def sent_by_azures_exporter(record: ReadableLogRecord) -> Any:
    data = _convert_log_to_envelope(record).data
    assert data is not None
    return data.base_data


def test_an_event_is_a_custom_event_with_its_name_and_attributes():
    event = told(event_name="ripieno.analysis.ended", attributes={"ripieno.duration": 44.5})
    sent = sent_by_azures_exporter(named(event))
    assert (type(sent).__name__, sent.name) == ("TelemetryEventData", "ripieno.analysis.ended")
    assert sent.properties["ripieno.duration"] == "44.5"


def test_without_the_mark_it_would_be_a_line_that_says_nothing():
    event = told(event_name="ripieno.analysis.ended", attributes={"ripieno.duration": 44.5})
    assert sent_by_azures_exporter(event).message == "n/a"


def test_who_else_is_told_does_not_see_the_mark():
    event = told(event_name="ripieno.analysis.ended", attributes={})
    named(event)
    assert EVENT not in (event.log_record.attributes or {})


def test_records_go_on_to_the_exporter_itself():
    kept = InMemoryLogRecordExporter()
    passing = NamedEvents(kept)
    passing.export([told(event_name="ripieno.set.ended", attributes={}), told(body="three songs", attributes={})])
    first, second = (one.log_record for one in kept.get_finished_logs())
    assert (first.attributes or {})[EVENT] == "ripieno.set.ended" and EVENT not in (second.attributes or {})
    assert passing.force_flush()
    passing.shutdown()


def test_application_insights_is_told_through_it(monkeypatch):
    key = "InstrumentationKey=00000000-0000-0000-0000-000000000000"
    monkeypatch.setenv(APPLICATION_INSIGHTS, f"{key};IngestionEndpoint=http://127.0.0.1:9")
    for name in OTLP:
        monkeypatch.delenv(name, raising=False)
    ((_, lines, _),) = exporting._exporters()
    assert isinstance(lines, NamedEvents)


def test_a_line_stays_a_line():
    line = told(body="three songs", attributes={})
    assert named(line) is line
