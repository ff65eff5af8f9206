"""Endpoint jobs: on whose behalf each was asked for, at which address, and how it ended.

    {owner}   id|{job id}                 for looking one up, and for all of an instance
    {owner}   date|{newest first}|{job}   the same again, for listings

Both rows are written blindly in one transaction: what they say follows from the call, and a job's date from its order.
"""

from __future__ import annotations

import base64
from datetime import UTC, datetime
from typing import Any

from azure.core.exceptions import ResourceNotFoundError
from azure.data.tables import UpdateMode

from ripieno.contracts import names
from ripieno.contracts.jobs import JobPage, JobRecord
from ripieno.services.storage import table

_LAST = "\x7e"
_STOPPED = "stop|"


class BadCursor(ValueError):
    """The cursor was not made by this listing."""


def record(owner: str, job_id: str, arrived_at: str, **fields: str | int | None) -> None:
    """Create or update a job's record; None leaves a field as it is. `arrived_at` is the order's, always the same."""
    known = {name: value for name, value in fields.items() if value is not None}
    about = {"PartitionKey": owner, "job_id": job_id, "arrived_at": arrived_at,
             "updated_at": datetime.now(UTC).isoformat(), **known}  # fmt: skip
    keys = (f"id|{job_id}", f"date|{_newest_first(arrived_at)}|{job_id}")
    table(names.JOB_RECORDS).submit_transaction(
        [("upsert", {**about, "RowKey": key}, {"mode": UpdateMode.MERGE}) for key in keys]
    )


def find(owner: str, job_id: str) -> JobRecord | None:
    if not job_id.isprintable() or set(job_id) & set("/\\#?") or len(job_id) > 400:
        return None
    try:
        return JobRecord.model_validate(dict(table(names.JOB_RECORDS).get_entity(owner, f"id|{job_id}")))
    except ResourceNotFoundError:
        return None


def listed(
    owner: str, *, limit: int, cursor: str | None = None, state: str | None = None, kind: str | None = None,
    audio_file_id: str | None = None,
) -> JobPage:  # fmt: skip
    """Jobs, newest first. Raises `BadCursor`."""
    conditions = ["PartitionKey eq @owner", "RowKey gt @after", "RowKey lt @last"]
    values: dict[str, Any] = {"owner": owner, "after": _read_cursor(cursor), "last": f"date|{_LAST}"}
    for name, value in (("state", state), ("kind", kind), ("audio_file_id", audio_file_id)):
        if value is not None:
            conditions.append(f"{name} eq @{name}")
            values[name] = value
    items: list[JobRecord] = []
    last = ""
    rows = table(names.JOB_RECORDS).query_entities(
        " and ".join(conditions), parameters=values, results_per_page=min(limit + 1, 1000)
    )
    for row in rows:
        if len(items) == limit:
            return JobPage(items=items, next_cursor=base64.urlsafe_b64encode(last.encode()).decode().rstrip("="))
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
    return [JobRecord.model_validate(dict(row)) for row in _rows(owner, f"id|{prefix}")]


def delete_of_instances(owner: str, prefix: str) -> None:
    """Forget the jobs of every instance whose id begins with `prefix`, and that they were stopped."""
    for row in _rows(owner, f"id|{prefix}"):
        for key in (f"date|{_newest_first(row['arrived_at'])}|{row['job_id']}", row["RowKey"]):
            table(names.JOB_RECORDS).delete_entity(owner, key)
    for row in _rows(owner, f"{_STOPPED}{prefix}"):
        table(names.JOB_RECORDS).delete_entity(owner, row["RowKey"])


def expire(before: datetime, *, most: int = 1000) -> list[str]:
    """Forget jobs that were last heard of before a moment; their ids, so that their documents can go too."""
    moment = before.astimezone(UTC).isoformat()
    condition = "RowKey ge 'id|' and RowKey lt 'id}' and updated_at lt @moment"
    gone: list[str] = []
    for row, _ in zip(
        table(names.JOB_RECORDS).query_entities(condition, parameters={"moment": moment}), range(most), strict=False
    ):
        owner = row["PartitionKey"]
        table(names.JOB_RECORDS).delete_entity(owner, f"date|{_newest_first(row['arrived_at'])}|{row['job_id']}")
        table(names.JOB_RECORDS).delete_entity(owner, row["RowKey"])
        gone.append(row["job_id"])
    stopped = table(names.JOB_RECORDS).query_entities(
        "RowKey ge 'stop|' and RowKey lt 'stop}' and stopped_at lt @moment", parameters={"moment": moment}
    )
    for row, _ in zip(stopped, range(most), strict=False):
        table(names.JOB_RECORDS).delete_entity(row["PartitionKey"], row["RowKey"])
    return gone


def _rows(owner: str, prefix: str):
    return table(names.JOB_RECORDS).query_entities(
        "PartitionKey eq @owner and RowKey ge @first and RowKey lt @last",
        parameters={"owner": owner, "first": prefix, "last": prefix + _LAST},
    )  # fmt: skip


def _newest_first(moment: str) -> str:
    return names.newest_first(datetime.fromisoformat(moment))


def _read_cursor(cursor: str | None) -> str:
    if cursor is None:
        return "date|"
    try:
        key = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
    except ValueError:
        key = ""
    if not key.startswith("date|"):
        raise BadCursor("the cursor cannot be read: use next_cursor of the page before, unchanged")
    return key
