"""`Idempotency-Key`: the first answer to a POST is the answer to every repetition of it."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from azure.core.exceptions import ResourceExistsError, ResourceNotFoundError

from ripieno.contracts import names
from ripieno.services.storage import table


class KeyReused(ValueError):
    """The same key came with another request."""


def recall(owner: str, key: str, request: bytes) -> tuple[int, dict[str, Any]] | None:
    """The status and body that this key's first request was answered with, None when it is new.

    Raises
    ------
    KeyReused
        When the key was used for a different request.
    """
    try:
        row = table(names.IDEMPOTENCY_KEYS).get_entity(owner, _row_key(key))
    except ResourceNotFoundError:
        return None
    if row["request"] != hashlib.sha256(request).hexdigest():
        raise KeyReused("this Idempotency-Key was used for another request: send a new key")
    return row["status"], json.loads(row["body"])


def remember(owner: str, key: str, request: bytes, status: int, body: dict[str, Any]) -> None:
    entity = {
        "PartitionKey": owner, "RowKey": _row_key(key), "request": hashlib.sha256(request).hexdigest(),
        "status": status, "body": json.dumps(body),
    }  # fmt: skip
    try:
        table(names.IDEMPOTENCY_KEYS).create_entity(entity)
    except ResourceExistsError:
        pass


def _row_key(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()
