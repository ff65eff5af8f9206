"""What Application Insights' own exporter makes of what we tell it."""

from __future__ import annotations

from azure.monitor.opentelemetry.exporter.export.logs._exporter import _convert_log_to_envelope
from opentelemetry._logs import LogRecord, SeverityNumber
from opentelemetry.sdk._logs import ReadableLogRecord
from opentelemetry.sdk.resources import Resource

from ripieno.services.telemetry.insights import EVENT, named


def told(**about) -> ReadableLogRecord:
    record = LogRecord(timestamp=1, severity_number=SeverityNumber.INFO, **about)
    return ReadableLogRecord(record, Resource.create({"service.name": "ripieno-app", "service.namespace": "ripieno"}))


def test_an_event_is_a_custom_event_with_its_name_and_attributes():
    event = told(event_name="ripieno.analysis.ended", attributes={"ripieno.duration": 44.5})
    sent = _convert_log_to_envelope(named(event)).data.base_data
    assert (type(sent).__name__, sent.name) == ("TelemetryEventData", "ripieno.analysis.ended")
    assert sent.properties["ripieno.duration"] == "44.5"


def test_without_the_mark_it_would_be_a_line_that_says_nothing():
    event = told(event_name="ripieno.analysis.ended", attributes={"ripieno.duration": 44.5})
    assert _convert_log_to_envelope(event).data.base_data.message == "n/a"


def test_who_else_is_told_does_not_see_the_mark():
    event = told(event_name="ripieno.analysis.ended", attributes={})
    named(event)
    assert EVENT not in (event.log_record.attributes or {})


def test_a_line_stays_a_line():
    line = told(body="three songs", attributes={})
    assert named(line) is line
