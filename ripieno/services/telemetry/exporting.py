"""OpenTelemetry's SDK, and whom it tells: any collector over OTLP (HTTP, protobuf), Application Insights, or both.

The standard variables say the rest: `OTEL_EXPORTER_OTLP_HEADERS`, `OTEL_TRACES_SAMPLER`, `OTEL_METRIC_EXPORT_INTERVAL`,
`OTEL_BSP_…`, `OTEL_RESOURCE_ATTRIBUTES`. Telling is done by threads of the SDK's own; what they cannot get rid of waits
in queues of 2,048 spans and log records, and is dropped beyond. The providers are nobody else's: no library that finds
a global one tells of addresses with their signatures, or of bodies.
"""

from __future__ import annotations

import logging
import os
import threading
import uuid
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from typing import Any

from opentelemetry import context as contexts
from opentelemetry import trace
from opentelemetry._logs import LogRecord, SeverityNumber
from opentelemetry.metrics import CallbackOptions, Observation
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import BatchLogRecordProcessor
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import MetricReader, PeriodicExportingMetricReader
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.id_generator import RandomIdGenerator
from opentelemetry.trace import SpanKind, Status, StatusCode

from ripieno import __version__
from ripieno.contracts.tracing import TraceParent, read
from ripieno.services.telemetry import tracing
from ripieno.services.telemetry.events import Event
from ripieno.services.telemetry.insights import NamedEvents
from ripieno.services.telemetry.instruments import Instrument
from ripieno.services.telemetry.recording import Attributes, Row
from ripieno.services.telemetry.starting import APPLICATION_INSIGHTS, OTLP

_KINDS = {kind.name.lower(): kind for kind in SpanKind}
_NUMBERS = ("http.response.status_code",)
_SEVERITIES = {
    logging.DEBUG: SeverityNumber.DEBUG,
    logging.INFO: SeverityNumber.INFO,
    logging.WARNING: SeverityNumber.WARN,
    logging.ERROR: SeverityNumber.ERROR,
    logging.CRITICAL: SeverityNumber.FATAL,
}
log = logging.getLogger("ripieno.telemetry")
_next_span_id: ContextVar[int | None] = ContextVar("ripieno_next_span_id", default=None)


class _Ids(RandomIdGenerator):
    """Random ones, but for a span whose id is known already."""

    def generate_span_id(self) -> int:
        return _next_span_id.get() or super().generate_span_id()


class _Open:
    """A span that somebody keeps."""

    def __init__(self, span: trace.Span):
        self._span = span

    @property
    def traceparent(self) -> str | None:
        return _traceparent(self._span)

    def set_name(self, name: str) -> None:
        self._span.update_name(name)

    def set(self, attributes: Attributes) -> None:
        self._span.set_attributes(_given(attributes))

    def fail(self, kind: str) -> None:
        self._span.set_attribute("error.type", kind)
        self._span.set_status(Status(StatusCode.ERROR))


class Exporting:
    """Spans, events, log lines and measurements, to whomever the environment names."""

    def __init__(self, service: str):
        resource = Resource.create(
            {
                "service.name": os.environ.get("OTEL_SERVICE_NAME") or f"ripieno-{service}",
                "service.namespace": "ripieno",
                "service.version": __version__,
                "service.instance.id": uuid.uuid4().hex,
            }
        )
        self._spans = TracerProvider(resource=resource, id_generator=_Ids(), shutdown_on_exit=False)
        self._logs = LoggerProvider(resource=resource, shutdown_on_exit=False)
        readers: list[MetricReader] = []
        for spans, logs, metrics in _exporters():
            if spans is not None:
                self._spans.add_span_processor(BatchSpanProcessor(spans))
            if logs is not None:
                self._logs.add_log_record_processor(BatchLogRecordProcessor(logs))
            if metrics is not None:
                readers.append(PeriodicExportingMetricReader(metrics))
        self._metrics = MeterProvider(readers, resource=resource, shutdown_on_exit=False)
        self._tracer = self._spans.get_tracer("ripieno", __version__)
        self._logger = self._logs.get_logger("ripieno", __version__)
        self._meter = self._metrics.get_meter("ripieno", __version__)
        self._instruments: dict[str, Any] = {}
        self._handler = _Lines(self._logger)
        logging.getLogger("ripieno").addHandler(self._handler)

    def stop(self) -> None:
        logging.getLogger("ripieno").removeHandler(self._handler)
        ends = [
            threading.Thread(target=_end, args=(provider,), name="telemetry-end", daemon=True)
            for provider in (self._spans, self._logs, self._metrics)
        ]
        for end in ends:
            end.start()
        for end in ends:
            end.join()

    # -- spans and events -----------------------------------------------------------------------------------------

    @contextmanager
    def span(
        self, name: str, kind: tracing.Kind, parent: str | None, attributes: Attributes | None
    ) -> Iterator[tracing.Span]:
        opened = self._tracer.start_span(name, _around(parent), kind=_KINDS[kind], attributes=_given(attributes or {}))
        told = _Open(opened)
        with trace.use_span(opened, end_on_exit=True, record_exception=False, set_status_on_exception=False):
            try:
                yield told
            except BaseException as fault:
                told.fail(type(fault).__name__)
                raise

    def emit(
        self, name: str, kind: tracing.Kind, parent: str, span_id: str, start_ns: int, end_ns: int,
        attributes: Attributes, error: str | None,
    ) -> None:  # fmt: skip
        token = _next_span_id.set(int(span_id, 16))
        try:
            span = self._tracer.start_span(
                name, _within(read(parent)), kind=_KINDS[kind], attributes=_given(attributes), start_time=start_ns
            )
        finally:
            _next_span_id.reset(token)
        if error is not None:
            _Open(span).fail(error)
        span.end(max(start_ns, end_ns))

    def event(self, event: Event, attributes: Attributes, at_ns: int | None, parent: str | None) -> None:
        self._logger.emit(
            LogRecord(
                timestamp=at_ns,
                context=contexts.get_current() if parent is None else _within(read(parent)),
                severity_number=SeverityNumber.INFO,
                event_name=event.name,
                attributes=_given(attributes),
            )
        )

    def current(self) -> str | None:
        return _traceparent(trace.get_current_span())

    # -- measurements ---------------------------------------------------------------------------------------------

    def record(self, instrument: Instrument, value: float, row: Row) -> None:
        made = self._instruments.get(instrument.name) or self._make(instrument)
        attributes = _attributes(instrument, row)
        if instrument.kind == "counter":
            made.add(value, attributes)
        else:
            made.record(value, attributes)

    def observe(self, instrument: Instrument, rows: Callable[[], Iterable[tuple[float, Row]]]) -> None:
        def look(_: CallbackOptions) -> list[Observation]:
            return [Observation(value, _attributes(instrument, row)) for value, row in rows()]

        self._meter.create_observable_gauge(instrument.name, [look], instrument.unit, instrument.meaning)

    def _make(self, instrument: Instrument) -> Any:
        about = {"unit": instrument.unit, "description": instrument.meaning}
        made: Any = (
            self._meter.create_counter(instrument.name, **about)
            if instrument.kind == "counter"
            else self._meter.create_histogram(
                instrument.name, **about, explicit_bucket_boundaries_advisory=list(instrument.buckets)
            )
        )
        return self._instruments.setdefault(instrument.name, made)


def _end(provider: Any) -> None:
    with suppress(Exception):
        provider.shutdown()


class _Lines(logging.Handler):
    """Log lines of our own, with the trace they belong to; of an exception its class, not what it says."""

    def __init__(self, logger: Any):
        super().__init__(logging.INFO)
        self._logger = logger

    def emit(self, record: logging.LogRecord) -> None:
        try:
            about = {"log.logger": record.name, **{f"ripieno.{name}": of for name, of in tracing.told_about().items()}}
            if record.exc_info and record.exc_info[0] is not None:
                about["exception.type"] = record.exc_info[0].__name__
            self._logger.emit(
                LogRecord(
                    timestamp=int(record.created * 1e9),
                    context=contexts.get_current(),
                    severity_number=_SEVERITIES.get(record.levelno, SeverityNumber.INFO),
                    severity_text=record.levelname,
                    body=record.getMessage(),
                    attributes=about,
                )
            )
        except Exception:
            self.handleError(record)


def _exporters() -> Iterator[tuple[Any, Any, Any]]:
    """Exporters of spans, log records and metrics, of each who is to be told."""
    all_of_it, *one_each = (bool(os.environ.get(name)) for name in OTLP)
    if all_of_it or any(one_each):
        spoken = os.environ.get("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf")
        if spoken != "http/protobuf":
            log.warning("OTEL_EXPORTER_OTLP_PROTOCOL=%s is not spoken here: http/protobuf is", spoken)
        from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
        from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

        spans, metrics, logs = (all_of_it or one for one in one_each)
        yield (
            OTLPSpanExporter() if spans else None,
            OTLPLogExporter() if logs else None,
            OTLPMetricExporter() if metrics else None,
        )
    if os.environ.get(APPLICATION_INSIGHTS):
        os.environ.setdefault("APPLICATIONINSIGHTS_STATSBEAT_DISABLED_ALL", "true")  # nothing about the exporter itself
        from azure.monitor.opentelemetry.exporter import (
            AzureMonitorLogExporter,
            AzureMonitorMetricExporter,
            AzureMonitorTraceExporter,
        )

        # What it cannot get rid of is dropped, as elsewhere, and not written to this machine's disk.
        yield (
            AzureMonitorTraceExporter(disable_offline_storage=True),
            NamedEvents(AzureMonitorLogExporter(disable_offline_storage=True)),
            AzureMonitorMetricExporter(disable_offline_storage=True),
        )


def _around(parent: str | None) -> contexts.Context | None:
    """The context that a new span belongs into: what is open here where it is of the same trace, else `parent`."""
    given = read(parent)
    here = trace.get_current_span().get_span_context()
    if given is None or (here.is_valid and here.trace_id == int(given.trace_id, 16)):
        return None
    return _within(given)


def _within(given: TraceParent | None) -> contexts.Context:
    if given is None:
        return contexts.Context()
    span = trace.SpanContext(
        int(given.trace_id, 16),
        int(given.span_id, 16),
        is_remote=True,
        trace_flags=trace.TraceFlags(int(given.flags, 16)),
    )
    return trace.set_span_in_context(trace.NonRecordingSpan(span), contexts.Context())


def _traceparent(span: trace.Span) -> str | None:
    its = span.get_span_context()
    if not its.is_valid:
        return None
    return str(TraceParent(f"{its.trace_id:032x}", f"{its.span_id:016x}", f"{its.trace_flags:02x}"))


def _given(attributes: Attributes) -> dict[str, Any]:
    return {name: value for name, value in attributes.items() if value is not None}


def _attributes(instrument: Instrument, row: Row) -> dict[str, Any]:
    named = zip(instrument.attributes, row, strict=True)
    return {name: int(value) if name in _NUMBERS and value.isdigit() else value for name, value in named if value}
