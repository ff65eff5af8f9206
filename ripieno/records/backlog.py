"""Jobs that have not ended, by endpoint: a row each, so that counting them costs as much as there are, and no more.

    open   {job id}    endpoint, state, since when, last heard of

A row comes before its job is submitted, and goes once its end is recorded; what dies in between leaves one that
`stale` finds.
"""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from azure.core.exceptions import ResourceNotFoundError
from azure.data.tables import UpdateMode

from ripieno.contracts import names
from ripieno.contracts.operations import Backlog, Queue
from ripieno.services.settings import settings
from ripieno.services.storage import table

FRESH_SECONDS = 2.0
"""For how long a count is given again, at least: whoever scales asks every few seconds, and so may others. One that
took long is given longer, so that counting is never most of what storage does."""
_TIMES_AS_LONG = 4
_OPEN = "open"
_lock = threading.Lock()
_counted: dict[str, tuple[float, Backlog]] = {}


def opened(job_id: str, owner: str, endpoint: str, since: str) -> None:
    """A job waits, or is to be submitted."""
    now = datetime.now(UTC).isoformat()
    row = {"PartitionKey": _OPEN, "RowKey": job_id, "owner": owner, "endpoint": endpoint, "state": "waiting",
           "since": since, "heard_at": now}  # fmt: skip
    table(names.OPEN_JOBS).upsert_entity(row, mode=UpdateMode.REPLACE)


def running(job_id: str) -> None:
    """It runs; nothing happens where it has ended meanwhile."""
    row = {"PartitionKey": _OPEN, "RowKey": job_id, "state": "running", "heard_at": datetime.now(UTC).isoformat()}
    try:
        table(names.OPEN_JOBS).update_entity(row, mode=UpdateMode.MERGE)
    except ResourceNotFoundError:
        pass


def closed(job_id: str) -> None:
    table(names.OPEN_JOBS).delete_entity(_OPEN, job_id)


def stale(older_than: timedelta) -> Iterator[str]:
    """Jobs that nothing was heard of for so long: they wait in a queue, or have ended."""
    moment = (datetime.now(UTC) - older_than).isoformat()
    found = table(names.OPEN_JOBS).query_entities(
        "PartitionKey eq @open and heard_at lt @moment", parameters={"open": _OPEN, "moment": moment}, select=["RowKey"]
    )
    for row in found:
        yield row["RowKey"]


def everything() -> Iterator[str]:
    """Every job that is open: for invariants."""
    for row in table(names.OPEN_JOBS).query_entities("PartitionKey eq @open", parameters={"open": _OPEN}):
        yield row["RowKey"]


def counted(*, now: datetime | None = None) -> Backlog:
    """The backlog of every endpoint that is configured, and of any other that has one, some seconds old at most."""
    account = str(table(names.OPEN_JOBS).url)
    with _lock:  # many who ask at once are one who counts
        known = _counted.get(account)
        if now is None and known is not None and time.monotonic() < known[0]:
            return known[1]
        began = time.monotonic()
        found = _count(now or datetime.now(UTC))
        took = time.monotonic() - began
        _counted[account] = (time.monotonic() + max(FRESH_SECONDS, _TIMES_AS_LONG * took), found)
        return found


def _count(now: datetime) -> Backlog:
    waiting: dict[str, int] = defaultdict(int)
    at_work: dict[str, int] = defaultdict(int)
    oldest: dict[str, str] = {}
    rows = table(names.OPEN_JOBS).query_entities(
        "PartitionKey eq @open", parameters={"open": _OPEN}, select=["endpoint", "state", "since"]
    )
    for row in rows:
        endpoint, since = str(row["endpoint"]), str(row["since"])
        (at_work if row["state"] == "running" else waiting)[endpoint] += 1
        oldest[endpoint] = min(oldest.get(endpoint, since), since)
    queues = {}
    for endpoint in sorted({*settings().endpoints, *waiting, *at_work}):
        first = oldest.get(endpoint)
        seconds = max(0.0, (now - datetime.fromisoformat(first)).total_seconds()) if first else 0.0
        both = waiting[endpoint] + at_work[endpoint]
        queues[endpoint] = Queue(
            waiting=waiting[endpoint], running=at_work[endpoint], jobs=both, oldest_seconds=round(seconds, 1)
        )
    return Backlog(at=now.isoformat(), jobs=sum(one.jobs for one in queues.values()), endpoints=queues)
