"""Direct uploads in the making: what a blob under raw-audio/uploads/ will be called, and whose it is."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from azure.core.exceptions import ResourceNotFoundError
from azure.data.tables import UpdateMode

from ripieno.contracts import names
from ripieno.contracts.workflow import Upload
from ripieno.services.storage import table


def create(upload: Upload) -> None:
    """Keep an upload; the same again is the same."""
    fields = {name: value for name, value in upload.model_dump().items() if value is not None}
    table(names.UPLOADS).upsert_entity(_key(upload.upload_id) | fields, mode=UpdateMode.REPLACE)


def find(upload_id: str) -> Upload | None:
    if not upload_id.isalnum():
        return None
    try:
        return Upload.model_validate(dict(table(names.UPLOADS).get_entity(upload_id[:2], upload_id)))
    except ResourceNotFoundError:
        return None


def note(upload_id: str, **fields: Any) -> None:
    """Add what became of an upload: its workflow, then its song. Nothing happens when it has expired."""
    known = {name: value for name, value in fields.items() if value is not None}
    try:
        table(names.UPLOADS).update_entity(_key(upload_id) | known, mode=UpdateMode.MERGE)
    except ResourceNotFoundError:
        pass


def expire(before: datetime, *, most: int = 1000, also: Callable[[Upload], None] = lambda upload: None) -> int:
    """Forget uploads that were begun before a moment, and what `also` does for each, some of them; returns how many."""
    rows = table(names.UPLOADS).query_entities(
        "created_at lt @moment", parameters={"moment": before.astimezone(UTC).isoformat()}
    )
    gone = 0
    for row, _ in zip(rows, range(most), strict=False):
        also(Upload.model_validate(dict(row)))
        table(names.UPLOADS).delete_entity(row["PartitionKey"], row["RowKey"])
        gone += 1
    return gone


def delete_of(owner: str, audio_file_id: str) -> None:
    """Forget the uploads that became a song: a scan of what came in the last days."""
    found = table(names.UPLOADS).query_entities(
        "owner eq @owner and audio_file_id eq @song",
        parameters={"owner": owner, "song": audio_file_id},
        select=["PartitionKey", "RowKey"],
    )
    for row in found:
        table(names.UPLOADS).delete_entity(row["PartitionKey"], row["RowKey"])


def ids_of(owner: str) -> list[str]:
    """All that somebody began to upload in the last days."""
    found = table(names.UPLOADS).query_entities(
        "owner eq @owner", parameters={"owner": owner}, select=["PartitionKey", "RowKey"]
    )
    return [row["RowKey"] for row in found]


def delete_all(owner: str) -> list[str]:
    """Forget all that somebody began to upload; the ids of it."""
    gone = ids_of(owner)
    for upload_id in gone:
        table(names.UPLOADS).delete_entity(upload_id[:2], upload_id)
    return gone


def _key(upload_id: str) -> dict[str, str]:
    return {"PartitionKey": upload_id[:2], "RowKey": upload_id}
