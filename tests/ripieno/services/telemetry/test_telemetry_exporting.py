"""A collector that is slow, or is not there: nobody waits for it, and what it does not take is dropped."""

from __future__ import annotations

import logging
import threading

import pytest

from ripieno.contracts.tracing import read, span_of
from ripieno.services import telemetry
from ripieno.services.telemetry import events, instruments, tracing
from tests.collector import collecting
from tests.stacks import free_ports

MANY = 20_000
MOST_KEPT = 2048 + 3 * 512  # the SDK's queue, and what is on its way


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setenv("AzureWebJobsStorage", "UseDevelopmentStorage=true")
    monkeypatch.setenv("OTEL_BSP_SCHEDULE_DELAY", "50")
    monkeypatch.setenv("OTEL_METRIC_EXPORT_INTERVAL", "50")
    yield
    telemetry.stop(0.1)


def test_a_collector_that_does_not_answer_keeps_nobody_waiting_and_takes_no_memory(monkeypatch):
    with collecting(answers=False) as collector:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.url)
        telemetry.start("test")
        for number in range(MANY):  # were one of these to wait, they would not come to an end
            with telemetry.span("call", attributes={"number": number}):
                telemetry.record(instruments.ERRORS, 1, {"ripieno.where": "job", "error.type": "x"})
            telemetry.event(events.ANALYSIS_STARTED, {"ripieno.audio_file.id": str(number)}, owner="me")
        collector.until(lambda: collector.requests >= 1, "anything")
        telemetry.stop(0.2)  # nor does the end
        assert not collector.spans
        collector.answers.set()
        collector.until(lambda: collector.spans, "what was on its way")
        assert len(collector.spans) <= MOST_KEPT and len(collector.lines) <= MOST_KEPT


def test_a_collector_that_is_not_there_is_as_none(monkeypatch):
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", f"http://127.0.0.1:{free_ports(1)[0]}")
    telemetry.start("test")
    for _ in range(MANY):
        with telemetry.span("call"):
            telemetry.record(instruments.ERRORS, 1, {"ripieno.where": "job", "error.type": "x"})
    telemetry.stop(0.2)
    assert not telemetry.is_recording() and not telemetry.is_tracing()


def test_what_was_not_told_yet_is_told_at_the_end_and_no_thread_stays(monkeypatch):
    before = set(threading.enumerate())
    with collecting() as collector:
        monkeypatch.setenv("OTEL_BSP_SCHEDULE_DELAY", "600000")
        monkeypatch.setenv("OTEL_METRIC_EXPORT_INTERVAL", "600000")
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.url)
        assert telemetry.start("test") and telemetry.start("test"), "once"
        with telemetry.span("last"):
            telemetry.record(instruments.ERRORS, 1, {"ripieno.where": "job", "error.type": "x"})
            logging.getLogger("ripieno.test").warning("a line")
        telemetry.stop(30)
        assert [one.name for one in collector.spans] == ["last"]
        assert [one.value for one in collector.points("ripieno.errors")] == [1]
        assert [(one.body, one.trace_id) for one in collector.lines] == [("a line", collector.spans[0].trace_id)]
    assert not [one for one in set(threading.enumerate()) - before if "Otel" in one.name or "telemetry" in one.name]


def test_an_exception_leaves_its_class_and_not_what_it_says(monkeypatch):
    with collecting() as collector:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.url)
        telemetry.start("test")
        with pytest.raises(ValueError), telemetry.span("fails"):
            raise ValueError("la la la, a lyric")
        telemetry.stop(30)
        (span,) = collector.spans
        assert span.failed and span.attributes == {"error.type": "ValueError"}
        assert not any(b"lyric" in body for body in collector.raw)


def test_a_span_is_within_what_is_open_of_its_trace_else_within_what_it_is_given(monkeypatch):
    with collecting() as collector:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.url)
        telemetry.start("test")
        elsewhere = f"00-{'ab' * 16}-{'cd' * 8}-01"
        with telemetry.span("outer", parent=elsewhere), telemetry.span("inner", parent=elsewhere):
            pass
        with telemetry.span("another trace"), telemetry.span("given", parent=elsewhere):
            pass
        telemetry.emit("known", parent=elsewhere, span_id=span_of("ab" * 16, "x"), start_ns=1000, end_ns=2000)
        telemetry.stop(30)
        known = {one.name: one for one in collector.spans}
        assert known["outer"].parent == known["given"].parent == known["known"].parent == "cd" * 8
        assert known["inner"].parent == known["outer"].span_id and known["another trace"].parent == ""
        assert (known["known"].span_id, known["known"].start, known["known"].end) == (
            span_of("ab" * 16, "x"),
            1000,
            2000,
        )


@pytest.mark.parametrize(
    "text",
    ["", None, 7, "00", f"00-{'0' * 32}-{'a' * 16}-01", f"00-{'a' * 32}-{'0' * 16}-01", f"ff-{'a' * 32}-{'a' * 16}-01",
     f"00-{'A' * 32}-{'a' * 16}-01", f"00-{'a' * 32}-{'a' * 16}-01-more", "🎵" * 55],
)  # fmt: skip
def test_what_is_no_traceparent_is_none(text):
    assert read(text) is None


def test_a_later_version_of_it_is_read():
    assert str(read(f"01-{'a' * 32}-{'b' * 16}-01-more")) == f"00-{'a' * 32}-{'b' * 16}-01"


def test_owners_are_the_same_for_who_has_the_secret_alone(monkeypatch):
    names = set()
    for secret in (f"whsec_{'a' * 32}", f"whsec_{'b' * 32}"):
        monkeypatch.setenv("RIPIENO_CALLBACK_SECRETS", secret)
        names |= {tracing.hashed("anna@example.org"), tracing.hashed("anna@example.org")}
    assert len(names) == 2 and not any("anna" in name for name in names)
