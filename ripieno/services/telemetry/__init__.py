"""Telemetry: what is measured, traced and told, and where it goes. Off unless a collector is named.

instruments.py  every metric
events.py       every event
recording.py    measurements, to whoever listens
tracing.py      spans and events, to whoever keeps them
exporting.py    OpenTelemetry's SDK and exporters, imported where they are wanted alone
logs.py         log lines, as text or as JSON

Off, none of it imports OpenTelemetry, starts a thread or costs more than a look at an empty tuple.
"""

from ripieno.services.telemetry.logs import configure as configure_logs
from ripieno.services.telemetry.recording import is_recording, leave, listen, observe, record, timed
from ripieno.services.telemetry.starting import is_wanted, start, stop
from ripieno.services.telemetry.tracing import about, current, emit, event, is_tracing, span

__all__ = [
    "about", "configure_logs", "current", "emit", "event", "is_recording", "is_tracing", "is_wanted", "leave", "listen",
    "observe", "record", "span", "start", "stop", "timed",
]  # fmt: skip
