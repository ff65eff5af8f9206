"""The audit log at rest: rows that are added and never changed, of one month in one partition.

    {month}   all|{newest first}|{entry id}
              who|{name}|{newest first}|{entry id}     once for who did it, once for whose it is where that is another
              item|{item}|{newest first}|{entry id}

The rows of an entry are whole, and written in one transaction: a page costs what it shows. `note` is what a call does:
it waits a moment for the row, fails nothing, and puts into the log of the process what could not be written.
"""

from __future__ import annotations

import logging
import re
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import islice
from typing import Any

from azure.core.exceptions import HttpResponseError, ResourceNotFoundError
from azure.data.tables import TableTransactionError

from ripieno.contracts import names
from ripieno.contracts.audit import AuditEntry, AuditPage
from ripieno.records import cursor as cursors
from ripieno.records import rows
from ripieno.records.store import MOST_OPERATIONS
from ripieno.services.settings import settings
from ripieno.services.storage import table

log = logging.getLogger("ripieno.audit")
WAIT_SECONDS = 0.5
MOST_WAITING = 1000
_WRITERS = 4
_CONFLICT = 409
_FIELDS = list(AuditEntry.model_fields)
_IN_A_KEY = re.compile(r"[A-Za-z0-9_.:@-]{1,200}")
_waiting = threading.Semaphore(MOST_WAITING)


def note(entry: AuditEntry) -> None:
    """Keep an entry. It is written before this returns where storage answers within half a second, and after it
    otherwise; never an exception."""
    if not _waiting.acquire(blocking=False):
        _missed(entry, f"{MOST_WAITING} entries wait to be written")
        return
    try:
        written = _writers().submit(_kept, entry)
    except RuntimeError as fault:  # the process is ending
        _waiting.release()
        _missed(entry, str(fault))
        return
    try:
        written.result(WAIT_SECONDS)
    except TimeoutError:
        log.warning("the audit log answers slowly: an entry is written after its call has ended")


def add(entry: AuditEntry) -> None:
    """Write an entry, once: what is there already stays as it is."""
    month, when = entry.at[:7], names.newest_first(datetime.fromisoformat(entry.at))
    fields = {name: value for name, value in entry.model_dump().items() if value is not None}
    people = [f"who|{name}" for name in sorted({entry.actor, entry.owner}) if _IN_A_KEY.fullmatch(name)]
    items = [f"item|{entry.item}"] if entry.item is not None and _IN_A_KEY.fullmatch(entry.item) else []
    keys = [f"{begun}|{when}|{entry.entry_id}" for begun in ("all", *people, *items)]
    try:
        table(names.AUDIT).submit_transaction(
            [("create", {"PartitionKey": month, "RowKey": key, **fields}) for key in keys]
        )
    except HttpResponseError as fault:
        if fault.status_code != _CONFLICT:
            raise


def listed(
    *,
    owner: str | None = None,
    item: str | None = None,
    after: datetime | None = None,
    before: datetime | None = None,
    limit: int,
    cursor: str | None = None,
    now: datetime | None = None,
) -> AuditPage:
    """What was done, newest first: by somebody or to what is theirs (`owner`), to one item, in a time; of as long ago
    as it is kept. Raises `cursor.BadCursor`."""
    now = now or datetime.now(UTC)
    since = max(_utc(after) or _kept_since(now), _kept_since(now))
    until = min(_utc(before) or now + timedelta(days=1), now + timedelta(days=1))
    prefix = "all|"
    if item is not None:
        prefix = f"item|{item}|"
    elif owner is not None:
        prefix = f"who|{owner}|"
    if (owner and not _IN_A_KEY.fullmatch(owner)) or (item and not _IN_A_KEY.fullmatch(item)) or since >= until:
        return AuditPage(items=[])
    listing = f"audit {prefix}{owner or ''}"
    month, _, key = (cursors.read(cursor, listing) or "").partition("/")
    found: list[tuple[str, AuditEntry]] = []
    for one in _months(since, until):
        if month and one > month:
            continue
        found += islice(_of_month(one, prefix, owner, since, until, key if one == month else None, limit), limit + 1)
        if len(found) > limit:
            break
    more = cursors.write(listing, found[limit - 1][0]) if len(found) > limit else None
    return AuditPage(items=[entry for _, entry in found[:limit]], next_cursor=more)


def expire(now: datetime, *, most: int = 1000) -> int:
    """Forget entries that are older than `RIPIENO_AUDIT_DAYS`, some of them; returns how many rows."""
    before = _kept_since(now)
    old = table(names.AUDIT).query_entities(
        "PartitionKey le @month and at lt @moment",
        parameters={"month": before.isoformat()[:7], "moment": before.isoformat()},
        select=["PartitionKey", "RowKey"],
        results_per_page=1000,
    )
    of_months: dict[str, list[dict[str, str]]] = {}
    for row in islice(old, most):
        key = {"PartitionKey": row["PartitionKey"], "RowKey": row["RowKey"]}
        of_months.setdefault(row["PartitionKey"], []).append(key)
    for keys in of_months.values():
        for at in range(0, len(keys), MOST_OPERATIONS):
            _delete(keys[at : at + MOST_OPERATIONS])
    return sum(map(len, of_months.values()))


# -- parts --------------------------------------------------------------------------------------------------------


@lru_cache(maxsize=1)
def _writers() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(_WRITERS, thread_name_prefix="audit")


def _kept(entry: AuditEntry) -> None:
    try:
        add(entry)
    except Exception as fault:
        _missed(entry, f"{type(fault).__name__}: {fault}")
    finally:
        _waiting.release()


def _missed(entry: AuditEntry, why: str) -> None:
    """It is nowhere else: whoever keeps the process's log has it there."""
    log.error("an audit entry could not be written (%s): %s", why[:300], entry.model_dump_json())


def _kept_since(now: datetime) -> datetime:
    return now - timedelta(days=settings().audit_days)


def _utc(moment: datetime | None) -> datetime | None:
    if moment is None:
        return None
    try:
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except OverflowError:  # at the end of all calendars
        return moment.replace(tzinfo=UTC)


def _months(since: datetime, until: datetime) -> Iterator[str]:
    """The partitions that a time touches, newest first."""
    year, month = until.year, until.month
    while (year, month) >= (since.year, since.month):
        yield f"{year:04d}-{month:02d}"
        year, month = (year, month - 1) if month > 1 else (year - 1, 12)


def _of_month(
    month: str, prefix: str, owner: str | None, since: datetime, until: datetime, after: str | None, limit: int
) -> Iterator[tuple[str, AuditEntry]]:
    # The SDK finds parameters between blanks alone.
    also = "( actor eq @name or owner eq @name )" if owner is not None and prefix.startswith("item|") else ""
    found = rows.beginning_with(
        names.AUDIT,
        prefix,
        owner=month,
        start=names.newest_first(until),
        end=f"{names.newest_first(since)}{rows.LAST}",
        after=after,
        where=also,
        values={"name": owner} if also else None,
        results_per_page=min(limit + 1, 1000),
        select=["RowKey", *_FIELDS],
    )
    for row in found:
        known: dict[str, Any] = dict(row)
        yield f"{month}/{known['RowKey']}", AuditEntry.model_validate(known)


def _delete(keys: list[dict[str, str]]) -> None:
    try:
        table(names.AUDIT).submit_transaction([("delete", key) for key in keys])
    except (TableTransactionError, ResourceNotFoundError):  # another host was at the same rows
        for key in keys:
            table(names.AUDIT).delete_entity(key["PartitionKey"], key["RowKey"])
