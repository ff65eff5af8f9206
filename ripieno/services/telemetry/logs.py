"""Log lines of every process: as text for people, or as JSON, an object a line, where `RIPIENO_LOG_FORMAT` says so."""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime

from ripieno.contracts.tracing import read
from ripieno.services import logs
from ripieno.services.settings import settings
from ripieno.services.telemetry import tracing

_TEXT = "%(asctime)s %(levelname)s %(name)s: %(message)s"


class JsonLines(logging.Formatter):
    """`time` (ISO 8601, UTC), `level`, `logger`, `message`, `exception` with its traceback; `trace_id` and `span_id` of
    what is open, and what is worked at: `function`, `instance_id`, `job_id`, `owner` (hashed)."""

    def format(self, record: logging.LogRecord) -> str:
        told: dict[str, str] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        if (here := read(tracing.current())) is not None:
            told |= {"trace_id": here.trace_id, "span_id": here.span_id}
        told |= tracing.told_about()
        if record.exc_info:
            told["exception"] = self.formatException(record.exc_info)
        return json.dumps(told, ensure_ascii=False)


def configure() -> None:
    """How the process logs, by its settings, and what no log may have. Where somebody has handlers already, as Azure's
    worker has, those stay."""
    logging.basicConfig(level=logging.INFO, format=_TEXT)
    if settings().log_format == "json":
        for handler in logging.getLogger().handlers:
            handler.setFormatter(JsonLines())
    logs.guard()
    # of a collector that is away, what was lost, not each try
    logging.getLogger("opentelemetry").setLevel(logging.ERROR)
