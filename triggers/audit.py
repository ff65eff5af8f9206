"""The audit log, for operators."""

from __future__ import annotations

from datetime import datetime

import azure.durable_functions as df
from pydantic import Field

from ripieno.contracts.audit import AuditPage
from ripieno.contracts.base import Request
from ripieno.contracts.enums import Role
from ripieno.records import audit
from triggers.routing import Answer, Call, route

blueprint = df.Blueprint()


class AuditQuery(Request):
    """The filters of a listing; all given ones must hold."""

    owner: str | None = Field(default=None, min_length=1, max_length=200)
    item: str | None = Field(default=None, min_length=1, max_length=200)
    after: datetime | None = None
    before: datetime | None = None
    limit: int = Field(default=50, ge=1, le=200)
    cursor: str | None = Field(default=None, max_length=1000)


@route(blueprint, "GET", "/ops/audit", role=Role.ADMIN, tag="operations", query=AuditQuery, answers={200: AuditPage})
def list_audit(call: Call[None]) -> Answer:
    """Who did what, newest first: every act that changed something or was refused, and every look of an Admin at what
    is not theirs.

    By somebody or to what is theirs (`owner`), to one thing (`item`), in a time. Never what was said, sent or answered.
    """
    query: AuditQuery = call.query
    found = audit.listed(
        owner=query.owner,
        item=query.item,
        after=query.after,
        before=query.before,
        limit=query.limit,
        cursor=query.cursor,
    )
    return Answer(found)
