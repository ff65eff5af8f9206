"""What was refused of somebody's words: seen, appealed, and decided by operators."""

from __future__ import annotations

import azure.durable_functions as df
from pydantic import Field

from ripieno.contracts.base import Request
from ripieno.contracts.enums import ItemKind, Role
from ripieno.contracts.moderation import Appeal, Decision, Refusal, RefusalList, RefusalStatus
from ripieno.records import refusals
from ripieno.work import moderating
from triggers.routing import Answer, Call, route

blueprint = df.Blueprint()
TAG = "moderation"


class RefusalQuery(Request):
    """The filters of a listing."""

    status: RefusalStatus | None = None
    limit: int = Field(default=50, ge=1, le=200)
    cursor: str | None = Field(default=None, max_length=1000)


class AppealQuery(Request):
    """A page of what waits for an operator."""

    limit: int = Field(default=50, ge=1, le=200)
    cursor: str | None = Field(default=None, max_length=1000)


@route(blueprint, "GET", "/refusals", role=Role.VIEWER, tag=TAG, query=RefusalQuery, answers={200: RefusalList})
def list_refusals(call: Call[None]) -> Answer:
    """What was refused of your words, newest first: where, why and by which rule."""
    query: RefusalQuery = call.query
    found, cursor = refusals.listed(call.owner, status=query.status, limit=query.limit, cursor=query.cursor)
    return Answer(RefusalList(items=found, next_cursor=cursor))


@route(blueprint, "GET", "/refusals/{id}", role=Role.VIEWER, of=ItemKind.REFUSALS, tag=TAG, answers={200: Refusal})
def get_refusal(call: Call[None]) -> Answer:
    """One refusal: the words, the rule, what may be asked for instead, and what became of an appeal."""
    return Answer(refusals.get(call.owner, call.path["id"]))


@route(
    blueprint,
    "POST",
    "/refusals/{id}/appeal",
    role=Role.VIEWER,
    of=ItemKind.REFUSALS,
    tag=TAG,
    body=Appeal,
    answers={200: Refusal},
    problems=("not_appealable",),
)
def appeal_refusal(call: Call[Appeal]) -> Answer:
    """Ask an operator to look at a refusal.

    Where they grant it, you may send just this text again.
    """
    return Answer(moderating.appeal(call.owner, call.path["id"], call.body.reason))


@route(blueprint, "GET", "/ops/refusals", role=Role.ADMIN, tag=TAG, query=AppealQuery, answers={200: RefusalList})
def list_appeals(call: Call[None]) -> Answer:
    """Refusals of everybody that are appealed and not decided, the oldest first."""
    query: AppealQuery = call.query
    found, cursor = refusals.waiting(limit=query.limit, cursor=query.cursor)
    return Answer(RefusalList(items=found, next_cursor=cursor))


@route(
    blueprint,
    "POST",
    "/ops/refusals/{id}/decision",
    role=Role.ADMIN,
    of=ItemKind.APPEALS,
    tag=TAG,
    body=Decision,
    answers={200: Refusal},
    problems=("not_appealable",),
)
def decide_appeal(call: Call[Decision]) -> Answer:
    """Decide an appeal: granted, just this text of this owner passes from then on; a further decision replaces it."""
    decided = moderating.decide(
        call.path["id"], granted=call.body.granted, reason=call.body.reason, by=call.caller.owner
    )
    return Answer(decided)
