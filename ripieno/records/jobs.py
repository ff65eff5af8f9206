"""Endpoint jobs: on whose behalf each was asked for, at which address, and how it ended.

    {owner}   id|{job id}                 for looking one up, and for all of an instance
    {owner}   date|{newest first}|{job}   the same again, for listings

Both rows are written blindly in one transaction: what they say follows from the call, and a job's date from its order.
"""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import islice
from typing import Any

from azure.core.exceptions import ResourceNotFoundError
from azure.data.tables import UpdateMode

from ripieno.contracts import names
from ripieno.contracts.jobs import JobPage, JobRecord
from ripieno.records import backlog, rows
from ripieno.records import cursor as cursors
from ripieno.services.storage import table

_ENDED = {"succeeded", "failed", "cancelled", "refused"}
_BY_ID, _BY_DATE, _STOPPED = "id|", "date|", "stop|"


def record(owner: str, job_id: str, arrived_at: str, **fields: str | int | None) -> None:
    """Create or update a job's record; None leaves a field as it is. `arrived_at` is the order's, always the same."""
    known = {name: value for name, value in fields.items() if value is not None}
    if known.get("state") == "submitting" and "endpoint" in known:
        backlog.opened(job_id, owner, str(known["endpoint"]), arrived_at)
    about = {"PartitionKey": owner, "job_id": job_id, "arrived_at": arrived_at,
             "updated_at": datetime.now(UTC).isoformat(), **known}  # fmt: skip
    keys = (_BY_ID + job_id, _date_key(arrived_at, job_id))
    table(names.JOB_RECORDS).submit_transaction(
        [("upsert", {**about, "RowKey": key}, {"mode": UpdateMode.MERGE}) for key in keys]
    )
    if known.get("state") in _ENDED:
        backlog.closed(job_id)


def find(owner: str, job_id: str) -> JobRecord | None:
    if not job_id.isprintable() or set(job_id) & set("/\\#?") or len(job_id) > 400:
        return None
    try:
        return JobRecord.model_validate(dict(table(names.JOB_RECORDS).get_entity(owner, _BY_ID + job_id)))
    except ResourceNotFoundError:
        return None


def listed(
    owner: str,
    *,
    limit: int,
    cursor: str | None = None,
    state: str | None = None,
    kind: str | None = None,
    audio_file_id: str | None = None,
) -> JobPage:
    """Jobs, newest first. Raises `cursor.BadCursor`."""
    given = {"state": state, "kind": kind, "audio_file_id": audio_file_id}
    values = {name: value for name, value in given.items() if value is not None}
    items: list[JobRecord] = []
    last = ""
    found = rows.beginning_with(
        names.JOB_RECORDS,
        _BY_DATE,
        owner=owner,
        after=cursors.read(cursor, _BY_DATE),
        where=" and ".join(f"{name} eq @{name}" for name in values),
        values=values,
        results_per_page=min(limit + 1, 1000),
    )
    for row in found:
        if len(items) == limit:
            return JobPage(items=items, next_cursor=cursors.write(_BY_DATE, last))
        items.append(JobRecord.model_validate(dict(row)))
        last = row["RowKey"]
    return JobPage(items=items)


def stop(owner: str, instance_id: str) -> None:
    """Note that nothing more is wanted of an instance: a job that is being submitted at this moment is cancelled."""
    entity = {"PartitionKey": owner, "RowKey": f"{_STOPPED}{instance_id}", "stopped_at": datetime.now(UTC).isoformat()}
    table(names.JOB_RECORDS).upsert_entity(entity, mode=UpdateMode.REPLACE)


def is_stopped(owner: str, instance_id: str) -> bool:
    try:
        table(names.JOB_RECORDS).get_entity(owner, f"{_STOPPED}{instance_id}")
        return True
    except ResourceNotFoundError:
        return False


def of_instances(owner: str, prefix: str) -> list[JobRecord]:
    """The jobs of every instance whose id begins with `prefix`."""
    found = rows.beginning_with(names.JOB_RECORDS, _BY_ID + prefix, owner=owner)
    return [JobRecord.model_validate(dict(row)) for row in found]


def delete_of_instances(owner: str, prefix: str) -> None:
    """Forget the jobs of every instance whose id begins with `prefix`, and that they were stopped."""
    for row in rows.beginning_with(names.JOB_RECORDS, _BY_ID + prefix, owner=owner):
        _forget(row)
    for row in rows.beginning_with(names.JOB_RECORDS, _STOPPED + prefix, owner=owner):
        table(names.JOB_RECORDS).delete_entity(owner, row["RowKey"])


def expire(before: datetime, *, most: int = 1000) -> int:
    """Forget jobs that were last heard of before a moment, some of them, and that any were stopped; returns how many
    rows."""
    values = {"moment": before.astimezone(UTC).isoformat()}
    gone = 0
    old = rows.beginning_with(names.JOB_RECORDS, _BY_ID, where="updated_at lt @moment", values=values)
    for row in islice(old, most):
        _forget(row)
        gone += 1
    stopped = rows.beginning_with(names.JOB_RECORDS, _STOPPED, where="stopped_at lt @moment", values=values)
    for row in islice(stopped, most):
        table(names.JOB_RECORDS).delete_entity(row["PartitionKey"], row["RowKey"])
        gone += 1
    return gone


def _forget(row: Any) -> None:
    """Both rows of a job; the one by which it is found again goes last."""
    owner = row["PartitionKey"]
    backlog.closed(row["job_id"])
    table(names.JOB_RECORDS).delete_entity(owner, _date_key(row["arrived_at"], row["job_id"]))
    table(names.JOB_RECORDS).delete_entity(owner, row["RowKey"])


def _date_key(arrived_at: str, job_id: str) -> str:
    return f"{_BY_DATE}{names.newest_first(datetime.fromisoformat(arrived_at))}|{job_id}"
