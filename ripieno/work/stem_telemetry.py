"""What is told of a stem or layer in the making. An end is told of where its version has got it, and nowhere else."""

from __future__ import annotations

from datetime import UTC, datetime

from ripieno.contracts.enums import TakeStatus
from ripieno.contracts.works import Version, Work
from ripieno.services import telemetry
from ripieno.services.telemetry import events, instruments


def started(work: Work, element: str, version: Version) -> None:
    telemetry.event(events.GENERATION_STARTED, _about(work, element, version), owner=work.owner)


def ended(work: Work, element: str, version: Version) -> None:
    """A version can be heard, or has failed, or was cancelled; a mix or an export is none of this."""
    about = _about(work, element, version)
    stem = about["ripieno.stem.type"]
    if stem is None:
        return
    # A layer of a piece is asked for when its turn has come, a stem when somebody asks.
    since = work.created_at if version.number == 1 and version.revision is None else version.made_at
    seconds = max(0.0, (datetime.now(UTC) - datetime.fromisoformat(since)).total_seconds())
    outcome = TakeStatus(version.status).value
    engine = version.stem.engine.engine if version.stem is not None else None
    of_it = {"ripieno.stem.type": stem, "ripieno.outcome": outcome}
    telemetry.record(instruments.GENERATION_DURATION, seconds, of_it)
    if engine is not None:
        telemetry.record(instruments.STEMS_GENERATED, 1, {"ripieno.stem.type": stem, "ripieno.engine": engine})
    told = {"ripieno.outcome": outcome, "ripieno.duration": seconds, "ripieno.engine": engine}
    telemetry.event(events.GENERATION_ENDED, {**about, **told}, owner=work.owner)


def all_ended(work: Work, those: list[tuple[str, Version]]) -> None:
    for element, version in those:
        ended(work, element, version)


def _about(work: Work, element: str, version: Version) -> dict[str, str | int | None]:
    place = work.element(element)
    stem = str(place.stem_type) if place is not None and place.stem_type is not None else None
    return {"ripieno.work.id": work.work_id, "ripieno.stem.type": stem, "ripieno.version": version.number}
