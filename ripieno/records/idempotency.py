"""`Idempotency-Key`: the first of equal POSTs does the work, all of them get its answer.

A key is claimed before anything is done. Whoever comes second waits for the first one's answer; when the first one
died, the claim is taken over with its `seed`, from which ids are made, so that what was half done is not done twice.
"""

from __future__ import annotations

import hashlib
import json
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from azure.core import MatchConditions
from azure.core.exceptions import ResourceExistsError, ResourceModifiedError, ResourceNotFoundError
from azure.data.tables import UpdateMode

from ripieno.contracts import names
from ripieno.services import blobs
from ripieno.services.storage import table

MOST_KEY = 255
WAIT_SECONDS = 20.0
DEAD_AFTER = timedelta(seconds=60)
_PROPERTY_CHARACTERS = 30_000


class BadKey(ValueError):
    """The key cannot be one."""


class KeyReused(ValueError):
    """The same key came with another request."""


class StillRunning(RuntimeError):
    """The first request with this key has not been answered yet."""


@dataclass(frozen=True)
class Claim:
    """The right to do what was asked. `seed` is the same when a dead claim is taken over."""

    owner: str
    row_key: str
    seed: str


@dataclass(frozen=True)
class Answered:
    """What the first request was answered with."""

    status: int
    headers: dict[str, str]
    body: str


def claim(owner: str, key: str, request: bytes, *, wait: float = WAIT_SECONDS) -> Claim | Answered:
    """Claim a key, or wait for the answer of whoever has.

    Raises
    ------
    BadKey, KeyReused, StillRunning
    """
    if not 0 < len(key) <= MOST_KEY or not key.isprintable():
        raise BadKey(f"an Idempotency-Key has 1 to {MOST_KEY} printable characters")
    row_key, fingerprint = hashlib.sha256(key.encode()).hexdigest(), hashlib.sha256(request).hexdigest()
    deadline, pause = time.monotonic() + wait, 0.02
    while True:
        now = datetime.now(UTC)
        seed = names.seed(now)
        entity = {"PartitionKey": owner, "RowKey": row_key, "request": fingerprint, "seed": seed,
                  "created_at": now.isoformat(), "claimed_at": now.isoformat()}  # fmt: skip
        try:
            table(names.IDEMPOTENCY_KEYS).create_entity(entity)
            return Claim(owner, row_key, seed)
        except ResourceExistsError:
            pass
        known = _read(owner, row_key)
        if known is None:
            continue  # it was let go meanwhile
        row, etag = known
        if row["request"] != fingerprint:
            raise KeyReused("this Idempotency-Key was used for another request: send a new key")
        if "status" in row:
            return Answered(row["status"], json.loads(row["headers"]), _body(row))
        if datetime.fromisoformat(row["claimed_at"]) + DEAD_AFTER < now and _taken_over(owner, row_key, etag, now):
            return Claim(owner, row_key, row["seed"])
        if time.monotonic() > deadline:
            raise StillRunning("the first request with this Idempotency-Key is still at work: ask again in a moment")
        time.sleep(pause)
        pause = min(2 * pause, 0.5)


def answer(claimed: Claim, status: int, headers: dict[str, str], body: str) -> None:
    """Keep the answer for every repetition."""
    fields: dict[str, Any] = {"status": status, "headers": json.dumps(headers)}
    if len(body) > _PROPERTY_CHARACTERS:
        fields["blob"] = f"idempotency/{claimed.owner}/{claimed.row_key}.json"
        blobs.upload(names.RECORDS, fields["blob"], body.encode())
    else:
        fields["body"] = body
    table(names.IDEMPOTENCY_KEYS).upsert_entity(
        {"PartitionKey": claimed.owner, "RowKey": claimed.row_key, **fields}, mode=UpdateMode.MERGE
    )


def let_go(claimed: Claim) -> None:
    """Nothing was done: the next request with this key may try."""
    table(names.IDEMPOTENCY_KEYS).delete_entity(claimed.owner, claimed.row_key)


def expire(before: datetime, *, most: int = 1000) -> int:
    """Forget keys that were claimed before a moment; returns how many."""
    rows = table(names.IDEMPOTENCY_KEYS).query_entities(
        "created_at lt @moment", parameters={"moment": before.astimezone(UTC).isoformat()}
    )
    gone = 0
    for row, _ in zip(rows, range(most), strict=False):
        if row.get("blob"):
            blobs.delete(names.RECORDS, row["blob"])
        table(names.IDEMPOTENCY_KEYS).delete_entity(row["PartitionKey"], row["RowKey"])
        gone += 1
    return gone


def _read(owner: str, row_key: str) -> tuple[Any, str] | None:
    try:
        row = table(names.IDEMPOTENCY_KEYS).get_entity(owner, row_key)
        return row, str(row.metadata["etag"])
    except ResourceNotFoundError:
        return None


def _body(row: Any) -> str:
    return blobs.read(names.RECORDS, row["blob"]).decode() if row.get("blob") else row["body"]


def _taken_over(owner: str, row_key: str, etag: str, now: datetime) -> bool:
    entity = {"PartitionKey": owner, "RowKey": row_key, "claimed_at": now.isoformat()}
    try:
        table(names.IDEMPOTENCY_KEYS).update_entity(
            entity, mode=UpdateMode.MERGE, etag=etag, match_condition=MatchConditions.IfNotModified
        )
        return True
    except (ResourceModifiedError, ResourceNotFoundError):
        return False
