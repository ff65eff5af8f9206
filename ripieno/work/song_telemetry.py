"""What is told of a song's analysis. Call it where the song's row has changed, and by nobody who found it changed."""

from __future__ import annotations

from datetime import UTC, datetime

from ripieno.contracts.analysis import Analysis
from ripieno.contracts.workflow import SongOrder
from ripieno.services import telemetry
from ripieno.services.telemetry import events, instruments


def started(order: SongOrder) -> None:
    telemetry.event(events.ANALYSIS_STARTED, _about(order), owner=order.owner)


def ended(order: SongOrder, outcome: str, found: Analysis | None = None, engine: str | None = None) -> None:
    """It is `analyzed` or `failed`; `engine` is what separated it."""
    seconds = max(0.0, (datetime.now(UTC) - datetime.fromisoformat(order.arrived_at)).total_seconds())
    telemetry.record(instruments.AUDIO_DURATION, seconds, {"ripieno.outcome": outcome})
    if found is not None and found.duration_seconds > 0:
        telemetry.record(instruments.AUDIO_ANALYZED, found.duration_seconds)
        telemetry.record(instruments.AUDIO_RATIO, seconds / found.duration_seconds)
    what = {"ripieno.outcome": outcome, "ripieno.duration": seconds, "ripieno.engine": engine}
    telemetry.event(events.ANALYSIS_ENDED, {**_about(order), **what}, owner=order.owner)


def _about(order: SongOrder) -> dict[str, str]:
    return {"ripieno.audio_file.id": order.audio_file_id, "ripieno.instance.id": order.instance_id}
