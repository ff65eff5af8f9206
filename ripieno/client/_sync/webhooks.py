# Made by scripts/unasync.py from _async/webhooks.py: change that one.
"""What you are told by webhook: the secret to check it with, and what did not arrive."""

from __future__ import annotations

from ripieno.client._sync.connection import Connection
from ripieno.contracts.webhooks import RotationOrder, WebhookKey, WebhookState


class Webhooks(Connection):
    def webhooks(self) -> WebhookState:
        """Your webhooks' secret (Standard Webhooks), and the messages that did not arrive.

        Examples
        --------
        >>> ripieno.webhooks().secret[:6]
        'whsec_'
        """
        return self._ask(WebhookState, "GET", "webhooks")

    def rotate_webhook_secret(self, *, overlap_hours: float = 24.0, idempotency_key: str | None = None) -> WebhookKey:
        """Take a new secret; messages are signed with the one before, too, for `overlap_hours` (0 to 168) more.

        Raises
        ------
        RipienoError
            `invalid_request`.
        """
        order = RotationOrder(overlap_hours=overlap_hours)
        return self._ask(WebhookKey, "POST", "webhooks/rotate", order=order, idempotency_key=idempotency_key)
