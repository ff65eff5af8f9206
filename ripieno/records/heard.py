"""The ids of callbacks that were heard, so that none is heard twice, by whichever host (Standard Webhooks: replays).

    HeardMessages   callback   sha-256 of the id    created_at

An id is of use as long as its signature holds, which is five minutes to either side; housekeeping takes it away.
"""

from __future__ import annotations

import contextlib
import hashlib
from datetime import UTC, datetime

from azure.core.exceptions import ResourceExistsError, ResourceNotFoundError, ServiceResponseError

from ripieno.contracts import names
from ripieno.services.storage import table

_PARTITION = "callback"


def first_time(message_id: str) -> bool:
    """Note that a message is heard; False where it was heard before. Of many hosts at once, one is told True."""
    row = {"PartitionKey": _PARTITION, "RowKey": _key(message_id), "created_at": datetime.now(UTC).isoformat()}
    try:
        table(names.HEARD).create_entity(row)
    except ResourceExistsError:
        return False
    except ServiceResponseError:
        return True  # it is not known whether the row was ours: rather a hint twice than a hint lost
    return True


def forget(message_id: str) -> None:
    """It was heard and nothing came of it: the next time is the first."""
    with contextlib.suppress(ResourceNotFoundError):
        table(names.HEARD).delete_entity(_PARTITION, _key(message_id))


def expire(before: datetime, *, most: int = 1000) -> int:
    """Forget ids from before a moment, some of them; returns how many."""
    found = table(names.HEARD).query_entities(
        "created_at lt @moment", parameters={"moment": before.astimezone(UTC).isoformat()}, select=["RowKey"]
    )
    gone = 0
    for row, _ in zip(found, range(most), strict=False):
        with contextlib.suppress(ResourceNotFoundError):
            table(names.HEARD).delete_entity(_PARTITION, row["RowKey"])
        gone += 1
    return gone


def _key(message_id: str) -> str:
    return hashlib.sha256(message_id.encode("utf-8", "replace")).hexdigest()
