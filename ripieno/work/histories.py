"""What the durable engine remembers of workflows that ended, forgotten by its age in slices that end in time.

Nothing goes that somebody may still ask for: what was created after the oldest run that has not been seen to end stays,
so a run is never taken for one that was not begun.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from azure.durable_functions import DurableOrchestrationClient
from azure.durable_functions import OrchestrationRuntimeStatus as Status

from ripieno.contracts.operations import Purged
from ripieno.records import runs
from ripieno.services.settings import settings
from ripieno.work import asking

LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
MARGIN = timedelta(days=1)
_ENDED = [Status.Completed, Status.Failed, Status.Terminated, Status.Canceled]
_MOST_SLICES = 12


async def purge(
    client: DurableOrchestrationClient, *, days: int | None = None, dry_run: bool = False, seconds: float = 150.0
) -> Purged:
    """Forget workflows that were created more than so many days ago and have ended; the newest slice first, until the
    time is over. A dry run counts them, and reads their states to do so."""
    kept = days if days is not None else settings().keep_history_days
    before, held_by = await asyncio.to_thread(_until, datetime.now(UTC) - timedelta(days=kept))
    deadline, gone, complete = time.monotonic() + seconds, 0, True
    for start, end in _slices(before):
        if time.monotonic() > deadline:
            complete = False
            break
        if dry_run:
            gone += len(await client.get_status_by(start, end, _ENDED) or [])
        else:
            gone += (await client.purge_instance_history_by(start, end, _ENDED)).instances_deleted
    if held_by is not None:
        asking.log.warning("histories since %s are kept: %s was asked for and has not ended", before.date(), held_by)
    return Purged(instances=gone, before=before.isoformat(), held_by=held_by, complete=complete, dry_run=dry_run)


def _until(wanted: datetime) -> tuple[datetime, str | None]:
    """The moment itself, or a day before the oldest run that is open, and which that is."""
    oldest = min(runs.open_since(wanted + MARGIN), key=lambda run: run.asked_at, default=None)
    if oldest is None:
        return wanted, None
    return min(wanted, datetime.fromisoformat(oldest.asked_at) - MARGIN), oldest.instance_id


def _slices(until: datetime) -> Iterator[tuple[datetime, datetime]]:
    """From the newest on, each twice as long as the one before; the last from ever."""
    end, length = until, timedelta(days=1)
    for _ in range(_MOST_SLICES - 1):
        yield end - length, end
        end, length = end - length, 2 * length
    yield LONG_AGO, end
