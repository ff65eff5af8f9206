"""What you let others look at, and what they let you."""

from __future__ import annotations

import azure.durable_functions as df
from pydantic import Field

from ripieno.contracts.base import Request
from ripieno.contracts.enums import ItemKind, Role
from ripieno.contracts.shares import Share, ShareDirection, ShareKind, ShareList, ShareOrder
from ripieno.records import shares
from ripieno.services.settings import settings
from ripieno.work import sharing
from triggers.problems import ApiError
from triggers.routing import Answer, Call, route

blueprint = df.Blueprint()
TAG = "shares"


class ShareQuery(Request):
    """The filters of a listing."""

    direction: ShareDirection = "given"
    kind: ShareKind | None = None
    limit: int = Field(default=50, ge=1, le=200)
    cursor: str | None = Field(default=None, max_length=1000)


@route(blueprint, "POST", "/shares", role=Role.GENERATOR, tag=TAG, body=ShareOrder, answers={201: Share})
def give_share(call: Call[ShareOrder]) -> Answer:
    """Let somebody look at a song, a work or a set, and at all that it consists of.

    They read, hear and download it by its own routes; they neither change nor delete it, nor is anything made of it in
    their name. It ends when you take it back, at `until`, or with the thing itself. The same again is the same share.
    """
    try:
        share = sharing.give(call.owner, call.body)
    except sharing.CannotShare as fault:
        raise ApiError(400, "invalid_request", str(fault)) from None
    return Answer(share, 201, {"Location": f"{settings().public_url}/api/shares/{share.share_id}"})


@route(blueprint, "GET", "/shares", role=Role.VIEWER, tag=TAG, query=ShareQuery, answers={200: ShareList})
def list_shares(call: Call[None]) -> Answer:
    """What you gave others to look at, newest first; with `direction=received` what they gave you.

    `url` is where a shared thing is read, as if it were yours.
    """
    query: ShareQuery = call.query
    if query.direction == "received":
        found, cursor = shares.received(call.owner, kind=query.kind, limit=query.limit, cursor=query.cursor)
    else:
        found, cursor = shares.given(call.owner, kind=query.kind, limit=query.limit, cursor=query.cursor)
    return Answer(ShareList(items=found, next_cursor=cursor))


@route(blueprint, "DELETE", "/shares/{id}", role=Role.GENERATOR, of=ItemKind.SHARES, tag=TAG, answers={200: Share})
def end_share(call: Call[None]) -> Answer:
    """Take a share back.

    It stops at once. An address in storage that was answered before ends by itself, within the hour.
    """
    return Answer(sharing.end(call.owner, call.path["id"]))
