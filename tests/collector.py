"""A small OpenTelemetry collector for tests: it takes OTLP over HTTP as protobuf, and keeps what it was told."""

from __future__ import annotations

import gzip
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest


@dataclass(frozen=True)
class Told:
    """A span: ids in hexadecimal digits, `parent` empty for the first of its trace; nanoseconds since 1970."""

    service: str
    name: str
    trace_id: str
    span_id: str
    parent: str
    kind: int
    start: int
    end: int
    attributes: dict[str, Any]
    failed: bool


@dataclass(frozen=True)
class Line:
    """A log record; an event has a name."""

    service: str
    event: str
    body: str
    trace_id: str
    attributes: dict[str, Any]


@dataclass(frozen=True)
class Point:
    """One row of a metric, as it was told last; of a histogram its count and bounds."""

    service: str
    value: float
    bounds: tuple[float, ...]
    unit: str
    attributes: dict[str, Any]


@dataclass
class Collector:
    """What was told so far. Until `answers` is set it takes what comes and leaves whoever tells waiting."""

    url: str = ""
    spans: list[Told] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    metrics: dict[str, dict[tuple, Point]] = field(default_factory=dict)
    raw: list[bytes] = field(default_factory=list)
    requests: int = 0
    answers: threading.Event = field(default_factory=threading.Event)
    heard: threading.Condition = field(default_factory=threading.Condition)

    def until(self, is_so: Callable[[], Any], what: str, seconds: float = 90) -> Any:
        """What `is_so` returns once that is something."""
        deadline = time.monotonic() + seconds
        with self.heard:
            while not (found := is_so()):
                assert time.monotonic() < deadline, f"nobody told of {what}"
                self.heard.wait(1)
            return found

    def events(self, name: str) -> list[Line]:
        return [line for line in self.lines if line.event == name]

    def points(self, name: str) -> list[Point]:
        return list(self.metrics.get(name, {}).values())

    def take(self, path: str, body: bytes) -> None:
        with self.heard:
            self.raw.append(body)
            match path:
                case "/v1/traces":
                    self._take_spans(ExportTraceServiceRequest.FromString(body))
                case "/v1/logs":
                    self._take_lines(ExportLogsServiceRequest.FromString(body))
                case "/v1/metrics":
                    self._take_metrics(ExportMetricsServiceRequest.FromString(body))
            self.heard.notify_all()

    def _take_spans(self, told: ExportTraceServiceRequest) -> None:
        for resource in told.resource_spans:
            service = _attributes(resource.resource.attributes)["service.name"]
            for scope in resource.scope_spans:
                self.spans += [
                    Told(
                        service, one.name, one.trace_id.hex(), one.span_id.hex(), one.parent_span_id.hex(), one.kind,
                        one.start_time_unix_nano, one.end_time_unix_nano, _attributes(one.attributes),
                        one.status.code == one.status.STATUS_CODE_ERROR,
                    )
                    for one in scope.spans
                ]  # fmt: skip

    def _take_lines(self, told: ExportLogsServiceRequest) -> None:
        for resource in told.resource_logs:
            service = _attributes(resource.resource.attributes)["service.name"]
            for scope in resource.scope_logs:
                self.lines += [
                    Line(
                        service, one.event_name, one.body.string_value, one.trace_id.hex(), _attributes(one.attributes)
                    )
                    for one in scope.log_records
                ]

    def _take_metrics(self, told: ExportMetricsServiceRequest) -> None:
        for resource in told.resource_metrics:
            about = _attributes(resource.resource.attributes)
            for scope in resource.scope_metrics:
                for metric in scope.metrics:
                    kept = self.metrics.setdefault(metric.name, {})
                    for point in getattr(metric, metric.WhichOneof("data")).data_points:
                        attributes = _attributes(point.attributes)
                        bounds = tuple(getattr(point, "explicit_bounds", ()))
                        value = point.count if bounds else point.as_double or point.as_int
                        row = (about["service.instance.id"], *sorted(attributes.items()))
                        kept[row] = Point(about["service.name"], value, bounds, metric.unit, attributes)


def _attributes(given: Any) -> dict[str, Any]:
    return {one.key: getattr(one.value, one.value.WhichOneof("value")) for one in given}


@contextmanager
def collecting(*, answers: bool = True) -> Iterator[Collector]:
    collector = Collector()
    if answers:
        collector.answers.set()

    class Door(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            if self.headers.get("content-encoding") == "gzip":
                body = gzip.decompress(body)
            with collector.heard:
                collector.requests += 1
                collector.heard.notify_all()
            collector.answers.wait()
            collector.take(self.path, body)
            try:
                self.send_response(200)
                self.send_header("content-length", "0")
                self.end_headers()
            except OSError:
                pass  # whoever told has gone

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Door) as server:
        server.daemon_threads = True
        collector.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield collector
        finally:
            collector.answers.set()
            server.shutdown()
            thread.join()
