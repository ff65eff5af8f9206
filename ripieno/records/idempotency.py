"""`Idempotency-Key`: the first of equal POSTs does the work, all of them get its answer.

A key is claimed before anything is done. Whoever comes second waits for the first one's answer; when the first one
died, or could not keep its answer, the claim is taken over with its `seed`, from which ids are made, so that what was
done or half done is not done twice.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import math
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

from azure.core import MatchConditions
from azure.core.exceptions import (
    AzureError,
    ResourceExistsError,
    ResourceModifiedError,
    ResourceNotFoundError,
    ServiceResponseError,
)
from azure.data.tables import UpdateMode

from ripieno.contracts import names
from ripieno.contracts.problems import Problem
from ripieno.services import blobs
from ripieno.services.storage import container, table

MOST_KEY = 255
WAIT_SECONDS = 20.0
DEAD_AFTER = timedelta(seconds=60)
_ANSWERS = "idempotency/"  # those that are too large for a row, in the container of records
_PROPERTY_CHARACTERS = 30_000
_TRIES = 3


class BadKey(ValueError):
    """The key cannot be one."""


class KeyReused(ValueError):
    """The same key came with another request."""


class StillRunning(RuntimeError):
    """The first request with this key has not been answered yet."""


@dataclass(frozen=True)
class Claim:
    """The right to do what was asked. `seed` is the same when a dead claim is taken over; `etag` is not."""

    owner: str
    row_key: str
    seed: str
    etag: str


@dataclass(frozen=True)
class Answered:
    """What the first request was answered with."""

    status: int
    headers: dict[str, str]
    body: str


_DELETED_SINCE = Problem(
    title="Not found", status=404, code="not_found", detail="what this request made was deleted since"
)
_GONE = Answered(404, {}, _DELETED_SINCE.model_dump_json(exclude_none=True))


def claim(owner: str, key: str, request: bytes, *, wait: float = WAIT_SECONDS) -> Claim | Answered:
    """Claim a key, or wait for the answer of whoever has. Sleeps in its thread: a coroutine waits by `pauses` itself.

    Raises
    ------
    BadKey, KeyReused, StillRunning
    """
    for pause in pauses(wait):
        found = attempt(owner, key, request)
        if found is not None:
            return found
        time.sleep(pause)
    raise AssertionError("pauses end by raising")


def pauses(wait: float = WAIT_SECONDS) -> Iterator[float]:
    """Seconds to wait between one attempt and the next, growing; raises `StillRunning` after `wait` seconds."""
    deadline, pause = time.monotonic() + wait, 0.02
    yield pause
    while time.monotonic() < deadline:
        pause = min(2 * pause, 0.5)
        yield pause
    raise StillRunning("the first request with this Idempotency-Key is still at work: ask again in a moment")


def attempt(owner: str, key: str, request: bytes) -> Claim | Answered | None:
    """Claim a key or get its answer; None while whoever claimed it is at work.

    Raises
    ------
    BadKey, KeyReused
    """
    if not 0 < len(key) <= MOST_KEY or not key.isprintable():
        raise BadKey(f"an Idempotency-Key has 1 to {MOST_KEY} printable characters")
    row_key, fingerprint = hashlib.sha256(key.encode()).hexdigest(), hashlib.sha256(request).hexdigest()
    now = datetime.now(UTC)
    seed = names.seed(now)
    entity = {"PartitionKey": owner, "RowKey": row_key, "request": fingerprint, "seed": seed,
              "created_at": now.isoformat()}  # fmt: skip
    try:
        made = table(names.IDEMPOTENCY_KEYS).create_entity(entity)
        return Claim(owner, row_key, seed, str(made["etag"]))
    except (ResourceExistsError, ServiceResponseError):
        pass  # where the answer was lost, the row may be there all the same
    known = _read(owner, row_key)
    if known is None:
        return None  # it was let go meanwhile
    row, etag, age = known
    if row["seed"] == seed:
        return Claim(owner, row_key, seed, etag)
    if row["request"] != fingerprint:
        raise KeyReused("this Idempotency-Key was used for another request: send a new key")
    if "status" in row:
        return _answered(row)
    if row.get("given_up") or age > DEAD_AFTER:
        taken = _taken_over(owner, row_key, etag)
        return Claim(owner, row_key, row["seed"], taken) if taken is not None else None
    return None


def answer(claimed: Claim, status: int, headers: dict[str, str], body: str) -> None:
    """Keep the answer for every repetition. Where storage does not take it, whoever comes next takes the claim over."""
    try:
        _keep(claimed, status, headers, body)
    except AzureError:
        give_up(claimed)
        raise


def _keep(claimed: Claim, status: int, headers: dict[str, str], body: str) -> None:
    fields: dict[str, Any] = {"status": status, "headers": json.dumps(headers)}
    if len(body) > _PROPERTY_CHARACTERS:
        fields["blob"] = _blob_name(claimed.owner, claimed.row_key)
        blobs.upload(names.RECORDS, fields["blob"], body.encode())
    else:
        fields["body"] = body
    try:
        _merge(claimed, fields)
    except ResourceNotFoundError:  # it has expired, or was let go by whoever took it over
        if "blob" in fields:
            blobs.delete(names.RECORDS, fields["blob"])


def _merge(claimed: Claim, fields: dict[str, Any]) -> None:
    """Written again where it is not known whether it was: the second time it is the same."""
    entity = {"PartitionKey": claimed.owner, "RowKey": claimed.row_key, **fields}
    for _ in range(_TRIES - 1):
        with contextlib.suppress(ServiceResponseError):
            table(names.IDEMPOTENCY_KEYS).update_entity(entity, mode=UpdateMode.MERGE)
            return
    table(names.IDEMPOTENCY_KEYS).update_entity(entity, mode=UpdateMode.MERGE)


def give_up(claimed: Claim) -> None:
    """It broke on the way, and a part of it may be done: whoever comes next goes on with its seed, at once."""
    entity = {"PartitionKey": claimed.owner, "RowKey": claimed.row_key, "given_up": True}
    with contextlib.suppress(AzureError):  # another has it by now; or storage is away, and it is dead in a minute
        table(names.IDEMPOTENCY_KEYS).update_entity(
            entity, mode=UpdateMode.MERGE, etag=claimed.etag, match_condition=MatchConditions.IfNotModified
        )


def renewed(claimed: Claim) -> str | None:
    """Write a claim anew, so that it is not taken for dead; its new ETag, None where another has it."""
    return _taken_over(claimed.owner, claimed.row_key, claimed.etag)


def let_go(claimed: Claim) -> None:
    """Nothing was done: the next request with this key may try. Who was slow does not let go another's claim."""
    with contextlib.suppress(ResourceModifiedError, ResourceNotFoundError):
        table(names.IDEMPOTENCY_KEYS).delete_entity(
            claimed.owner, claimed.row_key, etag=claimed.etag, match_condition=MatchConditions.IfNotModified
        )


def expire(before: datetime, *, most: int = 1000) -> int:
    """Forget keys that were claimed before a moment, some of them; returns how many."""
    rows = table(names.IDEMPOTENCY_KEYS).query_entities(
        "created_at lt @moment", parameters={"moment": before.astimezone(UTC).isoformat()}
    )
    gone = 0
    for row, _ in zip(rows, range(most), strict=False):
        _delete_blob(row)
        table(names.IDEMPOTENCY_KEYS).delete_entity(row["PartitionKey"], row["RowKey"])
        gone += 1
    return gone


def strays() -> Iterator[str]:
    """The answers, by the names of their blobs, that belong to no key any more: of who died between the blob and the
    row. A key is there before its answer, so one that is being kept is none of them."""
    for blob in container(names.RECORDS).list_blobs(name_starts_with=_ANSWERS):
        owner, _, file = blob.name.removeprefix(_ANSWERS).partition("/")
        try:
            table(names.IDEMPOTENCY_KEYS).get_entity(owner, file.removesuffix(".json"), select=["RowKey"])
        except ResourceNotFoundError:
            yield blob.name


def sweep(seconds: float = math.inf) -> int:
    """Delete the answers that belong to no key, as far as there is time; returns how many."""
    until, gone = time.monotonic() + seconds, 0
    for name in strays():
        blobs.delete(names.RECORDS, name)
        gone += 1
        if time.monotonic() > until:
            break
    return gone


def forget_about(owner: str, subject: str) -> int:
    """Forget what was answered about something that is gone, of the last days; returns how many answers that was.

    The keys stay until they expire, and say that it is gone: a late repetition does not make it again.
    """
    gone, judged = 0, set()
    for row in table(names.IDEMPOTENCY_KEYS).query_entities("PartitionKey eq @owner", parameters={"owner": owner}):
        judged.add(row.get("blob"))
        if "status" in row and (subject in row["headers"] or subject in (_body(row) or "")):
            kept = {name: row[name] for name in ("PartitionKey", "RowKey", "request", "seed", "created_at")}
            answer = {"status": _GONE.status, "headers": "{}", "body": _GONE.body}
            table(names.IDEMPOTENCY_KEYS).upsert_entity(kept | answer, mode=UpdateMode.REPLACE)
            _delete_blob(row)
            gone += 1
    for name in blobs.list_names(names.RECORDS, _blobs_of(owner)):
        if name not in judged and subject in (_read_blob(name) or ""):
            blobs.delete(names.RECORDS, name)
            gone += 1
    return gone


def delete_all(owner: str) -> int:
    """Forget all keys of somebody, and every answer; returns how many rows and blobs."""
    gone = 0
    for row in table(names.IDEMPOTENCY_KEYS).query_entities("PartitionKey eq @owner", parameters={"owner": owner}):
        table(names.IDEMPOTENCY_KEYS).delete_entity(owner, row["RowKey"])
        gone += 1
    return gone + blobs.delete_prefix(names.RECORDS, _blobs_of(owner))


# -- answers ------------------------------------------------------------------------------------------------------


def _blobs_of(owner: str) -> str:
    return f"{_ANSWERS}{owner}/"


def _blob_name(owner: str, row_key: str) -> str:
    """Where a long answer lies. It is written before the row that points at it: whoever was killed in between left one
    that no row tells of, and whoever deletes looks under this name."""
    return f"{_blobs_of(owner)}{row_key}.json"


def _delete_blob(row: Any) -> None:
    blobs.delete(names.RECORDS, _blob_name(row["PartitionKey"], row["RowKey"]))


def _answered(row: Any) -> Answered:
    body = _body(row)
    return _GONE if body is None else Answered(row["status"], json.loads(row["headers"]), body)


def _body(row: Any) -> str | None:
    """None where it was deleted with what it tells of."""
    return _read_blob(row["blob"]) if row.get("blob") else row["body"]


def _read_blob(name: str) -> str | None:
    try:
        return blobs.read(names.RECORDS, name).decode()
    except blobs.BlobMissing:
        return None


# -- claims -------------------------------------------------------------------------------------------------------


def _read(owner: str, row_key: str) -> tuple[Any, str, timedelta] | None:
    """A key's row, its ETag, and how long ago it was last written, both moments by the storage service's own clock."""
    told: list[datetime] = []

    def note(answer: Any) -> None:
        told.append(parsedate_to_datetime(answer.http_response.headers["Date"]))

    try:
        row = table(names.IDEMPOTENCY_KEYS).get_entity(owner, row_key, raw_response_hook=note)
        return row, str(row.metadata["etag"]), told[-1] - _written(row)
    except ResourceNotFoundError:
        return None


def _written(row: Any) -> datetime:
    return row.metadata["timestamp"]


def _taken_over(owner: str, row_key: str, etag: str) -> str | None:
    """The new ETag, None when another was faster."""
    entity = {"PartitionKey": owner, "RowKey": row_key, "given_up": False}  # written anew, it is young again
    try:
        changed = table(names.IDEMPOTENCY_KEYS).update_entity(
            entity, mode=UpdateMode.MERGE, etag=etag, match_condition=MatchConditions.IfNotModified
        )
        return str(changed["etag"])
    except (ResourceModifiedError, ResourceNotFoundError):
        return None
