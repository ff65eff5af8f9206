"""What a user is told by webhook: the secret to check it with, and what did not arrive."""

from __future__ import annotations

from datetime import timedelta

import azure.durable_functions as df

from ripieno.contracts.enums import Role
from ripieno.contracts.webhooks import RotationOrder, WebhookKey, WebhookState
from ripieno.work import delivering
from triggers.routing import Answer, Call, route

blueprint = df.Blueprint()
TAG = "platform"


@route(blueprint, "GET", "/webhooks", role=Role.ANALYST, tag=TAG, answers={200: WebhookState})
def get_webhooks(call: Call[None]) -> Answer:
    """Your webhooks' secret, and what was not delivered.

    Every message to a `webhook_url` of yours is signed with it as Standard Webhooks say; nobody else has it. What does
    not arrive is tried seven times within a day, with the same `webhook-id`, then given up and kept here for 30 days.
    An Admin who looks at another owner's is shown no secret.
    """
    found = delivering.shown(call.owner)
    if call.owner != call.caller.owner:
        found = found.model_copy(update={"secret": None})
    return Answer(found, headers={"Cache-Control": "no-store"})


@route(blueprint, "POST", "/webhooks/rotate", role=Role.ANALYST, tag=TAG, body=RotationOrder, answers={200: WebhookKey})
def rotate_webhook_secret(call: Call[RotationOrder]) -> Answer:
    """Take a new secret for your webhooks.

    Messages are signed with the new one at once, and with the one before for `overlap_hours` more: enough to bring the
    new one, which `GET /webhooks` has, to whoever checks them.
    """
    return Answer(delivering.rotate(call.owner, call.seed, timedelta(hours=call.body.overlap_hours)))
