"""What of webhooks is at rest: each owner's number of secrets, and the messages that did not arrive.

    Webhooks   {owner}   key                                   the number of the newest secret
               {owner}   given-up|{newest first}|{message}     a message that nobody tries any more
               |due      {message}                             one that is tried again, in a partition that no owner has

`{message}` is a hash of owner and message id: the same message is one row, whoever notes it. Whoever tries a message
first takes it, by its ETag, for as long as a try may last: of two hosts one sends it. Who dies with it leaves it to the
next.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from azure.core import MatchConditions
from azure.core.exceptions import ResourceExistsError, ResourceModifiedError, ResourceNotFoundError
from azure.data.tables import UpdateMode

from ripieno.contracts import names
from ripieno.contracts.webhooks import Undelivered, WebhookKey
from ripieno.records import rows
from ripieno.services.storage import table

_KEY, _DUE, _GIVEN_UP = "key", "|due", "given-up|"
_RACES = 20


@dataclass(frozen=True)
class Waiting:
    """A message that did not arrive yet. `subject` is the song or work that it is about."""

    owner: str
    subject: str
    message_id: str
    url: str
    payload: dict[str, Any]
    tries: int
    reason: str
    first_tried_at: str
    due_at: str
    etag: str = ""

    def shown(self, *, given_up: bool = False) -> Undelivered:
        return Undelivered(
            message_id=self.message_id,
            type=str(self.payload.get("type", "")),
            url=self.url,
            tries=self.tries,
            reason=self.reason,
            first_tried_at=self.first_tried_at,
            next_try_at=None if given_up else self.due_at,
        )


# -- secrets ------------------------------------------------------------------------------------------------------


def key_of(owner: str) -> WebhookKey:
    """Which secret is an owner's newest; the first one, where nobody asked for another."""
    return _key(owner)[0]


def rotate(owner: str, seed: str, previous_until: str, now: datetime) -> WebhookKey:
    """The next secret of an owner; the same `seed` again is the same rotation."""
    for _ in range(_RACES):
        known, row = _key(owner)
        if row is not None and row["seed"] == seed:
            return known
        new = WebhookKey(number=known.number + 1, rotated_at=now.isoformat(), previous_until=previous_until)
        entity = {"PartitionKey": owner, "RowKey": _KEY, "seed": seed, "document": new.model_dump_json()}
        try:
            if row is None:
                table(names.WEBHOOKS).create_entity(entity)
            else:
                table(names.WEBHOOKS).update_entity(entity, mode=UpdateMode.REPLACE, **_unchanged(row.metadata["etag"]))
            return new
        except (ResourceExistsError, ResourceModifiedError, ResourceNotFoundError):
            continue  # somebody else was faster
    raise TimeoutError(f"the secret of {owner} was changed by others {_RACES} times in a row")


def _key(owner: str) -> tuple[WebhookKey, Any]:
    try:
        row = table(names.WEBHOOKS).get_entity(owner, _KEY)
    except ResourceNotFoundError:
        return WebhookKey(), None
    return WebhookKey.model_validate_json(row["document"]), row


# -- messages -----------------------------------------------------------------------------------------------------


def note(message: Waiting) -> None:
    """A message that did not arrive is tried again when it is due. Noted before, it stays as it is."""
    with contextlib.suppress(ResourceExistsError):
        table(names.WEBHOOKS).create_entity(_entity(message))


def due(now: datetime) -> Iterator[Waiting]:
    """What is to be tried again by now."""
    found = rows.beginning_with(
        names.WEBHOOKS, "", owner=_DUE, where="due_at le @now", values={"now": now.astimezone(UTC).isoformat()}
    )
    return (_waiting(row) for row in found)


def take(message: Waiting, until: datetime) -> Waiting | None:
    """The right to try a message, until a moment; None where another host has it, or it is gone."""
    return _changed(message, due_at=until.astimezone(UTC).isoformat())


def put_off(taken: Waiting, reason: str, due_at: datetime) -> None:
    """It did not arrive again."""
    _changed(taken, due_at=due_at.astimezone(UTC).isoformat(), reason=reason, tries=taken.tries + 1)


def settle(taken: Waiting) -> None:
    """It has arrived, or is not to: nobody tries it any more."""
    if taken.etag:
        with contextlib.suppress(ResourceModifiedError, ResourceNotFoundError):
            table(names.WEBHOOKS).delete_entity(_DUE, _row_key(taken), **_unchanged(taken.etag))


def give_up(taken: Waiting, reason: str, tries: int = 1) -> None:
    """Nobody tries it any more; its owner finds it among what was not delivered. Twice is once."""
    moment = names.newest_first(datetime.fromisoformat(taken.first_tried_at))
    kept = _entity(taken) | {"reason": reason, "tries": tries, "PartitionKey": taken.owner}
    table(names.WEBHOOKS).upsert_entity(kept | {"RowKey": f"{_GIVEN_UP}{moment}|{_row_key(taken)}"})
    settle(taken)


def undelivered(owner: str, limit: int) -> list[Undelivered]:
    """What of an owner's did not arrive: first what is tried again, then what was given up, newest first."""
    waits = rows.beginning_with(names.WEBHOOKS, "", owner=_DUE, where="owner eq @of", values={"of": owner})
    found = [_waiting(row).shown() for row, _ in zip(waits, range(limit), strict=False)]
    gone = rows.beginning_with(names.WEBHOOKS, _GIVEN_UP, owner=owner, results_per_page=limit)
    return found + [_waiting(row).shown(given_up=True) for row, _ in zip(gone, range(limit - len(found)), strict=False)]


def forget(owner: str, subject: str) -> int:
    """Delete every message about a song or work; returns how many."""
    values = {"of": owner, "subject": subject}
    waits = rows.beginning_with(
        names.WEBHOOKS, "", owner=_DUE, where="owner eq @of and subject eq @subject", values=values
    )
    gone = rows.beginning_with(names.WEBHOOKS, _GIVEN_UP, owner=owner, where="subject eq @subject", values=values)
    return _delete([*waits, *gone])


def forget_owner(owner: str) -> int:
    """Delete every message to an owner; returns how many rows. Which secret is theirs stays, a number: else the first
    one, which they may have rotated away from, would be theirs again."""
    waits = rows.beginning_with(names.WEBHOOKS, "", owner=_DUE, where="owner eq @of", values={"of": owner})
    return _delete([*waits, *rows.beginning_with(names.WEBHOOKS, _GIVEN_UP, owner=owner)])


def expire(before: datetime, *, most: int = 1000) -> int:
    """Forget what was given up before a moment, some of it; returns how many."""
    old = table(names.WEBHOOKS).query_entities(
        "RowKey ge @first and RowKey lt @last and first_tried_at lt @moment",
        parameters={
            "first": _GIVEN_UP, "last": _GIVEN_UP + rows.LAST, "moment": before.astimezone(UTC).isoformat()
        },
        select=["PartitionKey", "RowKey"],
    )  # fmt: skip
    return _delete([row for row, _ in zip(old, range(most), strict=False)])


def _delete(found: list[Any]) -> int:
    for row in found:
        with contextlib.suppress(ResourceNotFoundError):
            table(names.WEBHOOKS).delete_entity(row["PartitionKey"], row["RowKey"])
    return len(found)


def _changed(message: Waiting, **fields: Any) -> Waiting | None:
    new = replace(message, **fields)
    try:
        answer = table(names.WEBHOOKS).update_entity(_entity(new), mode=UpdateMode.REPLACE, **_unchanged(message.etag))
    except (ResourceModifiedError, ResourceNotFoundError):
        return None
    return replace(new, etag=str(answer["etag"]))


def _entity(message: Waiting) -> dict[str, Any]:
    fields = {name: value for name, value in vars(message).items() if name not in ("etag", "payload")}
    return {"PartitionKey": _DUE, "RowKey": _row_key(message), "payload": json.dumps(message.payload), **fields}


def _waiting(row: Any) -> Waiting:
    fields = {name: row[name] for name in Waiting.__dataclass_fields__ if name not in ("etag", "payload")}
    return Waiting(**fields, payload=json.loads(row["payload"]), etag=str(row.metadata["etag"]))


def _row_key(message: Waiting) -> str:
    return hashlib.sha256(f"{message.owner}\n{message.message_id}".encode()).hexdigest()


def _unchanged(etag: str) -> dict[str, Any]:
    return {"etag": etag, "match_condition": MatchConditions.IfNotModified}
