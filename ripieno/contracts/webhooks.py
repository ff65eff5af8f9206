"""What a user is told by webhook: the secret that it is signed with, and what could not be delivered."""

from __future__ import annotations

from pydantic import Field

from ripieno.contracts.base import Contract, Request

MOST_OVERLAP_HOURS = 168.0


class RotationOrder(Request):
    """`POST /webhooks/rotate`. For so many hours messages are signed with the secret before, too."""

    overlap_hours: float = Field(default=24.0, ge=0, le=MOST_OVERLAP_HOURS)


class WebhookKey(Contract):
    """Which of an owner's secrets is the newest, and until when the one before is valid."""

    number: int = 1
    rotated_at: str | None = None
    previous_until: str | None = None


class Undelivered(Contract):
    """A message that did not arrive. `next_try_at` is missing once it is given up."""

    message_id: str
    type: str
    url: str
    tries: int
    reason: str
    first_tried_at: str
    next_try_at: str | None = None


class WebhookState(Contract):
    """`GET /webhooks`."""

    secret: str | None
    number: int
    rotated_at: str | None = None
    previous_until: str | None = None
    undelivered: list[Undelivered] = []
