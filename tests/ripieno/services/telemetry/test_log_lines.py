"""Log lines as JSON: one place says how, and each says what is worked at."""

from __future__ import annotations

import json
import logging

import pytest

from ripieno.services import telemetry
from ripieno.services.telemetry.logs import JsonLines
from tests.collector import collecting


@pytest.fixture
def written(monkeypatch):
    monkeypatch.setenv("AzureWebJobsStorage", "UseDevelopmentStorage=true")
    lines: list[dict] = []

    class Kept(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            lines.append(json.loads(self.format(record)))

    handler = Kept()
    handler.setFormatter(JsonLines())
    log = logging.getLogger("ripieno.test")
    log.addHandler(handler)
    log.setLevel(logging.INFO)
    yield log, lines
    log.removeHandler(handler)


def test_a_line_says_what_is_worked_at_and_for_whom_without_the_name(written):
    log, lines = written
    with telemetry.about(function="SaveAnalysis", instance_id="song-1", owner="anna@example.org"):
        with telemetry.about(job_id="song-1:mir", owner=None):
            log.info("a line of\ntwo, 🎵")
    log.info("later")
    assert {"function": "SaveAnalysis", "instance_id": "song-1", "job_id": "song-1:mir"}.items() <= lines[0].items()
    assert "anna" not in json.dumps(lines) and len(lines[0]["owner"]) == 16
    assert lines[0]["message"] == "a line of\ntwo, 🎵" and "owner" not in lines[1]


def test_a_line_says_which_span_it_was_written_in(written, monkeypatch):
    log, lines = written
    with collecting() as collector:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.url)
        telemetry.start("test")
        with telemetry.span("here"):
            try:
                raise ValueError("no")
            except ValueError:
                log.exception("it failed")
        telemetry.stop(30)
        (span,) = collector.spans
    assert (lines[0]["trace_id"], lines[0]["span_id"]) == (span.trace_id, span.span_id)
    assert "ValueError: no" in lines[0]["exception"]
