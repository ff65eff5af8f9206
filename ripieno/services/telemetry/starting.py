"""Whether telemetry is wanted, and its beginning and end in a process."""

from __future__ import annotations

import atexit
import os
import threading
from typing import Protocol

from ripieno.services.telemetry import recording, tracing

APPLICATION_INSIGHTS = "APPLICATIONINSIGHTS_CONNECTION_STRING"
OTLP = tuple(f"OTEL_EXPORTER_OTLP_{signal}ENDPOINT" for signal in ("", "TRACES_", "METRICS_", "LOGS_"))
STOP_SECONDS = 3.0


class _Pipeline(recording.Listener, tracing.Tracer, Protocol):
    def stop(self) -> None: ...


_running: list[_Pipeline] = []


def is_wanted() -> bool:
    """Whether one of the standard variables names somebody to tell, and `OTEL_SDK_DISABLED` does not forbid it."""
    if os.environ.get("OTEL_SDK_DISABLED", "").lower() == "true":
        return False
    return any(os.environ.get(name) for name in (APPLICATION_INSIGHTS, *OTLP))


def start(service: str) -> bool:
    """Begin to tell, once in a process, as `ripieno-{service}` where `OTEL_SERVICE_NAME` gives no other name; whether
    there is somebody to tell. Call it in the process that works: threads do not survive a fork."""
    if _running or not is_wanted():
        return bool(_running)
    from ripieno.services.telemetry.exporting import Exporting  # late: it brings the SDK along

    pipeline = Exporting(service)
    _running.append(pipeline)
    atexit.register(stop)
    tracing.keep(pipeline)
    recording.listen(pipeline)
    return True


def stop(seconds: float = STOP_SECONDS) -> None:
    """Tell what is still to be told, for some seconds at most: whoever does not listen then misses it."""
    while _running:
        pipeline = _running.pop()
        tracing.keep(None)
        recording.leave(pipeline)
        last = threading.Thread(target=pipeline.stop, name="telemetry-end", daemon=True)
        last.start()
        last.join(seconds)
