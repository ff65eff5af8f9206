"""Visitors without an account, where a setting lets them in."""

from __future__ import annotations

import azure.durable_functions as df

from ripieno.contracts.usage import Visit
from ripieno.work import visiting
from triggers.routing import Answer, Call, route

blueprint = df.Blueprint()


@route(
    blueprint,
    "POST",
    "/visits",
    role=None,
    tag="usage",
    answers={201: Visit},
    problems=("no_visitors", "too_many_visits"),
)
def begin_visit(call: Call[None]) -> Answer:
    """Try Ripieno without an account.

    The token is yours alone, and for a day: send it as `Authorization: Bearer …`. You have a small quota; when the day
    is over, everything of yours is deleted. Each request begins a visit: an `Idempotency-Key` is not heeded, since the
    answer is a secret, and whose key it is nobody can say. A visit whose token was lost on the way ends by itself.
    """
    visitor, token = visiting.begin()
    visit = Visit(token=token, owner=visitor.owner, role=visitor.role, ends_at=visitor.ends_at.isoformat())
    return Answer(visit, 201, {"Cache-Control": "no-store"})
