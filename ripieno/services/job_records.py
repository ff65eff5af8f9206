"""The Jobs table: which endpoint jobs were asked for on behalf of which song, and how they ended."""

from __future__ import annotations

from datetime import UTC, datetime

from azure.core.exceptions import ResourceNotFoundError
from azure.data.tables import UpdateMode

from ripieno.contracts import names
from ripieno.services.storage import table

_STOPPED = "stopped"


def record(job_id: str, **fields: str | int | None) -> None:
    """Create or update a job's record; None leaves a field as it is."""
    known = {name: value for name, value in fields.items() if value is not None}
    now = datetime.now(UTC).isoformat()
    table(names.JOB_RECORDS).upsert_entity(
        {"PartitionKey": _partition(job_id), "RowKey": job_id, "updated_at": now, **known}, mode=UpdateMode.MERGE
    )


def find(job_id: str) -> dict | None:
    try:
        return dict(table(names.JOB_RECORDS).get_entity(_partition(job_id), job_id))
    except ResourceNotFoundError:
        return None


def stop(instance_id: str) -> None:
    """Note that nothing more is wanted of an instance: a job that is being submitted at this moment is cancelled."""
    record(f"{instance_id}:{_STOPPED}", state=_STOPPED)


def is_stopped(job_id: str) -> bool:
    return find(f"{_partition(job_id)}:{_STOPPED}") is not None


def of_instance(instance_id: str) -> list[dict]:
    rows = table(names.JOB_RECORDS).query_entities("PartitionKey eq @instance", parameters={"instance": instance_id})
    return [dict(row) for row in rows]


def delete_of_instance(instance_id: str) -> None:
    for row in of_instance(instance_id):
        table(names.JOB_RECORDS).delete_entity(row["PartitionKey"], row["RowKey"])


def _partition(job_id: str) -> str:
    """A job belongs to the workflow instance that its id starts with."""
    return job_id.partition(":")[0]
