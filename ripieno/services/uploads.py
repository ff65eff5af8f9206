"""Direct uploads in the making: what a blob under raw-audio/uploads/ will be called, and whose it is."""

from __future__ import annotations

from azure.core.exceptions import ResourceNotFoundError
from azure.data.tables import UpdateMode

from ripieno.contracts import names
from ripieno.services.storage import table


def remember(upload_id: str, *, owner: str, file_name: str, webhook_url: str | None) -> None:
    entity = {"PartitionKey": upload_id[:2], "RowKey": upload_id, "owner": owner, "file_name": file_name}
    if webhook_url:
        entity["webhook_url"] = webhook_url
    table(names.UPLOADS).create_entity(entity)


def find(upload_id: str) -> dict | None:
    try:
        return dict(table(names.UPLOADS).get_entity(upload_id[:2], upload_id))
    except ResourceNotFoundError:
        return None


def started(upload_id: str, instance_id: str) -> None:
    """Note which workflow took the upload in, so that asking again finds it."""
    entity = {"PartitionKey": upload_id[:2], "RowKey": upload_id, "instance_id": instance_id}
    table(names.UPLOADS).update_entity(entity, mode=UpdateMode.MERGE)
