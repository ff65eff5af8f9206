"""What operators look at: how things stand, whether what must hold holds, and the backlog kept true."""

from __future__ import annotations

import asyncio
import random
import time
from datetime import UTC, datetime, timedelta
from itertools import islice

from azure.durable_functions import DurableOrchestrationClient

from ripieno.contracts import names
from ripieno.contracts.audio import AudioFile
from ripieno.contracts.operations import Checked, CheckOrder, ContainerUse, Overview
from ripieno.contracts.voice_profiles import Voice
from ripieno.contracts.workflow import Run
from ripieno.contracts.works import Work
from ripieno.records import backlog, cursor, failures, runs, songs, voices, works
from ripieno.services.storage import container
from ripieno.work import asking
from ripieno.work.invariants import Snapshot, violations_of_part

STALE = timedelta(minutes=3)
CLOSING_SECONDS = 240.0  # of the five minutes until the next time
_AT_ONCE = 16
_MOST_COUNTED = 20_000  # blobs of a container


def overview() -> Overview:
    """For a person: some seconds of work where there is much."""
    now = datetime.now(UTC)
    oldest: Run | None = None
    count = 0
    for run in runs.everything():
        count += 1
        oldest = run if oldest is None or run.asked_at < oldest.asked_at else oldest
    waited = (now - datetime.fromisoformat(oldest.asked_at)).total_seconds() if oldest else 0.0
    return Overview(
        at=now.isoformat(),
        backlog=backlog.counted(),
        open_runs=count,
        oldest_run=oldest.instance_id if oldest else None,
        oldest_run_seconds=round(max(0.0, waited), 1),
        failures=failures.counted(),
        storage={name: _use(name) for name in names.CONTAINERS},
    )


def _use(name: str) -> ContainerUse:
    use = ContainerUse(blobs=0, bytes=0, complete=True)
    for blob in islice(container(name).list_blobs(), _MOST_COUNTED + 1):
        if use.blobs == _MOST_COUNTED:
            use.complete = False
            break
        use.blobs, use.bytes = use.blobs + 1, use.bytes + (blob.size or 0)
    return use


def check(order: CheckOrder) -> Checked:
    """Whether a page of songs, works or voices has all that it must have; nothing is changed. Raises `BadCursor`."""
    listing = f"check|{order.of}"
    text = cursor.read(order.cursor, listing)
    owner, bar, key = text.partition("|") if text else ("", "", "")
    after = (owner, key) if bar else None
    store = {"songs": songs, "works": works, "voices": voices}[order.of]
    found = list(islice(store.everything(after), order.limit + 1))
    page = [document for _, document in found[: order.limit]]
    snapshot = Snapshot.of(
        of_songs=[one for one in page if isinstance(one, AudioFile)],
        of_works=[one for one in page if isinstance(one, Work)],
        of_voices=[one for one in page if isinstance(one, Voice)],
    )
    more = len(found) > order.limit
    last = found[order.limit - 1] if more else None
    return Checked(
        checked=len(page),
        violations=list(violations_of_part(snapshot)),
        next_cursor=cursor.write(listing, f"{last[0]}|{_key(last[1])}") if last else None,
    )


def _key(document: AudioFile | Work | Voice) -> str:
    match document:
        case AudioFile():
            return document.audio_file_id
        case Work():
            return document.work_id
    return document.voice_id


async def close_what_ended(client: DurableOrchestrationClient, *, seconds: float = CLOSING_SECONDS) -> int:
    """Take jobs out of the backlog that nobody is at any more: whoever ended them died before saying so. Returns how
    many. It looks at all that nothing was heard of for long; what it has no time for another time, in no order."""

    async def is_over(job_id: str) -> bool:
        status = await asking.status_of(client, job_id)
        if status is not None and status.runtime_status not in asking.ENDED:
            return False
        await asyncio.to_thread(backlog.closed, job_id)
        return True

    until = time.monotonic() + seconds
    found = await asyncio.to_thread(lambda: list(backlog.stale(STALE)))
    random.shuffle(found)
    gone = 0
    for at in range(0, len(found), _AT_ONCE):
        gone += sum(await asyncio.gather(*map(is_over, found[at : at + _AT_ONCE])))
        if time.monotonic() > until:
            break
    return gone
