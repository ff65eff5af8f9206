"""What is told of workflows that were asked for: the span of each, how long it took, and its events where it has some.

An orchestrator is replayed and can tell nothing itself. Its span has an id that follows from its trace and its instance
(`contracts.tracing.within`), so that its steps know it before anybody has told of it, and who tells twice tells of one
span. It is told of by whoever looks after runs, once it has ended.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from ripieno.contracts.tracing import FIELD, read, span_of
from ripieno.contracts.workflow import Run
from ripieno.services import telemetry
from ripieno.services.telemetry import events, instruments

COMPLETED = "completed"


def begun(run: Run) -> None:
    """A run's instance was started now."""
    first = events.OF_RUNS.get(run.orchestrator)
    if first is not None:
        telemetry.event(
            first[0], {"ripieno.instance.id": run.instance_id}, owner=run.owner, parent=run.order.get(FIELD)
        )


def ended(run: Run, status: Any) -> None:
    """A run's instance was seen to have ended; `status` is the durable client's."""
    _told(run, status.runtime_status.name.lower(), _aware(status.created_time), _aware(status.last_updated_time))


def finished(run: Run) -> None:
    """A run is at its last step, which forgets it: nobody will see it end."""
    _told(run, COMPLETED, datetime.fromisoformat(run.asked_at), datetime.now(UTC))


def removed(run: Run) -> None:
    """A run is forgotten since what it was for is removed; when it ended nobody has seen, but it is before now."""
    if telemetry.is_tracing():
        _span(run, "removed", datetime.fromisoformat(run.asked_at), datetime.now(UTC))


def _told(run: Run, outcome: str, start: datetime, end: datetime) -> None:
    if not telemetry.is_recording():
        return
    seconds = max(0.0, (end - start).total_seconds())
    about = {"ripieno.orchestration": run.orchestrator, "ripieno.outcome": outcome}
    telemetry.record(instruments.ORCHESTRATION_DURATION, seconds, about)
    _span(run, outcome, start, end)
    last = events.OF_RUNS.get(run.orchestrator)
    if last is not None:
        told = {"ripieno.instance.id": run.instance_id, "ripieno.outcome": outcome, "ripieno.duration": seconds}
        telemetry.event(last[1], told, owner=run.owner, at_ns=_ns(end), parent=run.order.get(FIELD))


def _span(run: Run, outcome: str, start: datetime, end: datetime) -> None:
    outer = read(run.order.get(FIELD))
    if outer is not None:
        telemetry.emit(
            run.orchestrator,
            parent=str(outer),
            span_id=span_of(outer.trace_id, run.instance_id),
            start_ns=_ns(start),
            end_ns=_ns(end),
            attributes={"ripieno.instance.id": run.instance_id, "ripieno.outcome": outcome},
            error=None if outcome in (COMPLETED, "removed") else outcome,
        )


def _aware(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _ns(moment: datetime) -> int:
    return int(moment.timestamp() * 1e9)
