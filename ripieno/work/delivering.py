"""Webhooks on their way: sent once at once, and where that fails again and again by a timer, for most of a day.

Each try is signed anew, with every secret of the owner that is valid then, and has the id of the first: whoever
receives it twice knows it by that.
"""

from __future__ import annotations

import logging
import random
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any

from ripieno.contracts.webhooks import WebhookKey, WebhookState
from ripieno.records import webhooks as records
from ripieno.records.webhooks import Waiting
from ripieno.services import webhooks
from ripieno.work import failing

log = logging.getLogger("ripieno.notify")

WAITS = (
    timedelta(seconds=30), timedelta(minutes=5), timedelta(minutes=30), timedelta(hours=2), timedelta(hours=6),
    timedelta(hours=12),
)  # fmt: skip
"""From one try to the next: the seventh, the last, comes some twenty hours after the first."""
MOST_AT_ONCE = 200
MOST_SHOWN = 100
_SENDERS = 8
_A_TRY = timedelta(minutes=2)  # within which whoever took a message has told what came of it
_LOOKED_AT = 2000


def deliver(owner: str, subject: str, url: str, message_id: str, payload: dict[str, Any]) -> dict[str, Any]:
    """Send a message; one that does not arrive is tried again later. `{delivered, reason}`, no network's exception."""
    sent = webhooks.send(url, message_id, payload, secrets_of(owner))
    if sent.delivered:
        return {"delivered": True, "reason": ""}
    now = datetime.now(UTC)
    message = Waiting(
        owner=owner,
        subject=subject,
        message_id=message_id,
        url=url,
        payload=payload,
        tries=1,
        reason=sent.reason,
        first_tried_at=now.isoformat(),
        due_at=(now + WAITS[0]).isoformat(),
    )
    if sent.is_final:
        _give_up(message, sent.reason)
    else:
        records.note(message)
    log.warning("a webhook about %s did not arrive: %s", subject, sent.reason)
    return {"delivered": False, "reason": sent.reason}


def deliver_due(now: datetime | None = None) -> int:
    """Try what is due again, some of it; returns how many arrived. Of two hosts at once, one tries each."""
    now = now or datetime.now(UTC)
    waiting = list(islice(records.due(now), _LOOKED_AT))
    random.shuffle(waiting)  # so that many to somebody deaf keep none to others from its turn
    with ThreadPoolExecutor(_SENDERS) as pool:
        return sum(pool.map(lambda message: _try(message, now), waiting[:MOST_AT_ONCE]))


def _try(message: Waiting, now: datetime) -> bool:
    taken = records.take(message, now + _A_TRY)
    if taken is None:
        return False
    sent = webhooks.send(taken.url, taken.message_id, taken.payload, secrets_of(taken.owner))
    if sent.delivered:
        records.settle(taken)
    elif sent.is_final or taken.tries >= len(WAITS):
        log.warning("a webhook about %s is given up: %s", taken.subject, sent.reason)
        _give_up(taken, sent.reason, taken.tries + 1)
    else:
        records.put_off(taken, sent.reason, now + WAITS[taken.tries])
    return sent.delivered


def _give_up(message: Waiting, reason: str, tries: int = 1) -> None:
    """For its owner, and for operators, who can have it sent again."""
    failing.of_webhook(message, reason)
    records.give_up(message, reason, tries)


def secrets_of(owner: str, now: datetime | None = None) -> list[str]:
    """Every secret of an owner that is valid, the newest first."""
    key = records.key_of(owner)
    is_overlap = key.previous_until is not None and datetime.fromisoformat(key.previous_until) > (
        now or datetime.now(UTC)
    )
    return webhooks.owners_secrets(owner, [key.number, *([key.number - 1] if is_overlap else [])])


def rotate(owner: str, seed: str, overlap: timedelta) -> WebhookKey:
    """Give an owner the next secret; the one before is valid for a while more."""
    now = datetime.now(UTC)
    return records.rotate(owner, seed, (now + overlap).isoformat(), now)


def shown(owner: str) -> WebhookState:
    """An owner's newest secret, and what was not delivered to them."""
    key = records.key_of(owner)
    secrets = webhooks.owners_secrets(owner, [key.number])
    return WebhookState(
        **key.model_dump(),
        secret=secrets[0] if secrets else None,
        undelivered=records.undelivered(owner, MOST_SHOWN),
    )
