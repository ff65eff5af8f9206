"""Workflows: asked for once, and looked after until they have ended.

A run is noted in storage before anything else is done for it (`records.runs`). Whoever dies between the note and the
start, or whichever workflow is ended from outside, is found by `look_after`, which a timer calls: it starts what never
began, and gives what ended badly its end.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from azure.durable_functions import DurableOrchestrationClient
from azure.durable_functions import OrchestrationRuntimeStatus as Status

from ripieno.contracts.tracing import FIELD
from ripieno.contracts.workflow import Run
from ripieno.records import runs
from ripieno.services import telemetry
from ripieno.services.settings import settings
from ripieno.work import failing, run_telemetry

log = logging.getLogger("ripieno.runs")
ENDED = {Status.Completed, Status.Failed, Status.Terminated, Status.Canceled}
MOST_AT_ONCE = 200
_REMOVE = {"RemovalOrchestrator", "AccountRemovalOrchestrator"}
_TO_THE_END = {*_REMOVE, "CancelOrchestrator"}  # what was promised: nobody is told that it failed

_FORGOTTEN = {"IngestOrchestrator"}
"""Of what ended well nothing is asked any more, and its history has a file's name: no song knows which drop it was."""

_NUMBERED = {"CompositionOrchestrator", "SetOrchestrator"}

GiveUp = Callable[[Run, str], None]
"""Give a run's record its end, with a reason, where it has none."""


def run_of(owner: str, orchestrator: str, instance_id: str, order: dict[str, Any]) -> Run:
    """A run that is asked for now; its order says within which span, where somebody traces."""
    now = datetime.now(UTC).isoformat()
    here = telemetry.current()
    traced = order if here is None else {**order, FIELD: here}
    return Run(owner=owner, instance_id=instance_id, orchestrator=orchestrator, order=traced, asked_at=now)


async def start(client: DurableOrchestrationClient, run: Run) -> bool:
    """Start a run that was noted, unless an instance of its id exists, running or ended; whether it was started now."""
    known = await status_of(client, run.instance_id)
    if known is not None and not _came_too_early(run, known):
        return False
    try:
        await client.start_new(run.orchestrator, run.instance_id, run.order)
    except Exception:
        if await status_of(client, run.instance_id) is None:  # else another was faster
            raise
        return False
    run_telemetry.begun(run)
    return True


async def ask(client: DurableOrchestrationClient, run: Run) -> bool:
    """Note a run and start it, once."""
    await asyncio.to_thread(runs.note, run)
    return await start(client, run)


async def status_of(client: DurableOrchestrationClient, instance_id: str):
    """The status of an instance, None where there is none."""
    status = await client.get_status(instance_id)
    return status if status is not None and status.runtime_status is not None else None


async def look_after(client: DurableOrchestrationClient, give_up: GiveUp, *, most: int = MOST_AT_ONCE) -> int:
    """Start what was noted and never begun; forget what ended, after it has its end; returns how many were settled."""
    settled = 0
    until = datetime.now(UTC) - timedelta(seconds=settings().rest_seconds)
    waiting = await asyncio.to_thread(lambda: list(runs.open_since(until)))
    random.shuffle(waiting)  # so that many that take long keep none that never began from being looked at
    for run in waiting[:most]:
        try:
            status = await status_of(client, run.instance_id)
            if status is None:
                log.warning("%s was asked for and never began: it is started now", run.instance_id)
                await start(client, run)
            elif run.orchestrator in _TO_THE_END and status.runtime_status in ENDED - {Status.Completed}:
                log.warning("%s was broken off (%s): it is started again", run.instance_id, status.runtime_status.name)
                if run.orchestrator in _REMOVE:
                    await asyncio.to_thread(failing.of_removal, run, _reason(run, status))
                await client.start_new(run.orchestrator, run.instance_id, run.order)
            elif _came_too_early(run, status):
                log.warning("%s had ended before it was asked for: it is started again", run.instance_id)
                await client.start_new(run.orchestrator, run.instance_id, run.order)
            elif status.runtime_status in ENDED:
                reason = _reason(run, status)
                await asyncio.to_thread(give_up, run, reason)
                run_telemetry.ended(run, status)
                if run.orchestrator in _FORGOTTEN and status.runtime_status == Status.Completed:
                    await client.purge_instance_history(run.instance_id)
                await asyncio.to_thread(runs.forget, run)
                settled += 1
        except Exception:
            log.exception("%s could not be looked after now; it is tried again", run.instance_id)
    return settled


def _came_too_early(run: Run, status: Any) -> bool:
    """Whether its instance is of somebody who noted the same run before, died, and left nothing to be done: versions
    are numbered, and the next who asks for one gets the number that was not written."""
    if run.orchestrator not in _NUMBERED or status.runtime_status != Status.Completed:
        return False
    return status.last_updated_time < datetime.fromisoformat(run.asked_at)


def _reason(run: Run, status: Any) -> str:
    if status.runtime_status == Status.Completed:
        return "its workflow ended without a result"
    said = str(status.output or "")[:500]
    return f"its workflow was {status.runtime_status.name.lower()}" + (f": {said}" if said else "")
