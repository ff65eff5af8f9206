"""Each activity as a span of the workflow that it is a step of, and as a measurement."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from ripieno.contracts import names
from ripieno.contracts.tracing import FIELD
from ripieno.services import telemetry
from ripieno.services.telemetry import instruments
from ripieno.services.telemetry.tracing import Span

_SHOWN = {"instance_id": "ripieno.instance.id", "job_id": "ripieno.job.id", "audio_file_id": "ripieno.audio_file.id",
          "work_id": "ripieno.work.id", "voice_id": "ripieno.voice.id", "attempt": "ripieno.attempt"}  # fmt: skip
"""Of an order, what its span shows: ids."""


@dataclass
class Watching:
    """An activity at work, and what came of it so far."""

    span: Span
    outcome: str = "done"

    def fault(self, fault: dict[str, str]) -> dict[str, str]:
        """It cannot be done, for good."""
        self.outcome = "fault"
        self.span.fail(fault["code"])
        _error(fault["code"])
        return fault


@contextmanager
def watched(function: str, given: Sequence[Any]) -> Iterator[Watching]:
    """An activity by the name of its function; `given` are its arguments, the order among them."""
    order = next((one for one in given if isinstance(one, dict)), {})
    name = "".join(part.capitalize() for part in function.split("_"))
    shown = {label: order[field] for field, label in _SHOWN.items() if isinstance(order.get(field), (str, int))}
    began = time.perf_counter()
    with (
        telemetry.span(name, parent=order.get(FIELD), attributes=shown) as span,
        telemetry.about(function=name, owner=order.get("owner"), instance_id=_instance(order)),
    ):
        watching = Watching(span)
        try:
            yield watching
        except BaseException as fault:
            watching.outcome = "raised"
            _error(type(fault).__name__)
            raise
        finally:
            about = {"ripieno.activity": name, "ripieno.outcome": watching.outcome}
            telemetry.record(instruments.ACTIVITY_DURATION, time.perf_counter() - began, about)


def _instance(order: dict[str, Any]) -> str | None:
    found = order.get("instance_id")
    return found if isinstance(found, str) else names.instance_of_job(str(order.get("job_id") or "")) or None


def _error(kind: str) -> None:
    telemetry.record(instruments.ERRORS, 1, {"ripieno.where": "activity", "error.type": kind})
