"""For operators: what failed and its re-drive, the backlog, how things stand, history, orphans, checks."""

from __future__ import annotations

from datetime import timedelta

import azure.durable_functions as df
from pydantic import AwareDatetime, Field

from ripieno.contracts.base import Request
from ripieno.contracts.enums import ItemKind, Role
from ripieno.contracts.operations import (
    Backlog,
    Checked,
    CheckOrder,
    FailureKind,
    FailurePage,
    FailureStatus,
    FailureView,
    Orphans,
    OrphansOrder,
    Overview,
    Purged,
    PurgeOrder,
    Redriven,
    RedriveOrder,
)
from ripieno.records import backlog, failures
from ripieno.work import histories, orphans, overseeing, redriving
from triggers.routing import Answer, Call, route

blueprint = df.Blueprint()
TAG = "operations"


class FailureQuery(Request):
    """The filters of a listing; all given ones must hold."""

    kind: FailureKind | None = None
    owner: str | None = Field(default=None, min_length=1, max_length=100)
    status: FailureStatus | None = None
    failed_after: AwareDatetime | None = None
    failed_before: AwareDatetime | None = None
    limit: int = Field(default=50, ge=1, le=200)
    cursor: str | None = Field(default=None, max_length=1000)


@route(blueprint, "GET", "/ops/failures", role=Role.ADMIN, tag=TAG, query=FailureQuery, answers={200: FailurePage})
def list_failures(call: Call[None]) -> Answer:
    """What failed for good, of everybody, the newest first: why, and what a re-drive does."""
    query: FailureQuery = call.query
    found, cursor = failures.listed(
        kind=query.kind,
        owner=query.owner,
        status=query.status,
        after=query.failed_after,
        before=query.failed_before,
        limit=query.limit,
        cursor=query.cursor,
    )
    return Answer(FailurePage(items=[redriving.view(redriving.seen(one)) for one in found], next_cursor=cursor))


@route(
    blueprint, "GET", "/ops/failures/{id}", role=Role.ADMIN, of=ItemKind.FAILURES, tag=TAG, answers={200: FailureView}
)
def get_failure(call: Call[None]) -> Answer:
    """One failure, and what became of its re-drive."""
    return Answer(redriving.view(redriving.seen(failures.get(call.path["id"]))))


@route(
    blueprint,
    "POST",
    "/ops/failures/{id}/redrive",
    role=Role.ADMIN,
    of=ItemKind.FAILURES,
    tag=TAG,
    answers={202: FailureView},
    with_client=True,
    problems=("not_redrivable",),
)
async def redrive_failure(call: Call[None]) -> Answer:
    """Begin it again from where it makes sense.

    Asked for twice, by one or by two, it is one re-drive. `redriven_into` is the workflow that is at it; what fails
    again is open again.
    """
    return Answer(redriving.view(await redriving.one(call.durable, call.path["id"], call.owner)), 202)


@route(
    blueprint,
    "POST",
    "/ops/failures/redrive",
    role=Role.ADMIN,
    tag=TAG,
    body=RedriveOrder,
    answers={202: Redriven},
    with_client=True,
    problems=("not_redrivable",),
)
async def redrive_failures(call: Call[RedriveOrder]) -> Answer:
    """Begin several again: those that are open and match.

    With `dry_run` they are shown and nothing is done.
    """
    return Answer(await redriving.many(call.durable, call.body, call.owner), 202)


@route(blueprint, "GET", "/ops/backlog", role=Role.SCALER, tag=TAG, answers={200: Backlog})
def get_backlog(call: Call[None]) -> Answer:
    """Jobs that wait and run, by endpoint, as the app knows them.

    Those are counted too that no endpoint has taken yet, so that one can be scaled from zero. KEDA's metrics-api scaler
    reads `endpoints.analysis.jobs`.
    """
    return Answer(backlog.counted())


@route(blueprint, "GET", "/ops/overview", role=Role.ADMIN, tag=TAG, answers={200: Overview})
def get_overview(call: Call[None]) -> Answer:
    """How things stand: queues and how old they are, what waits longest, open failures by kind, what storage holds."""
    return Answer(overseeing.overview())


@route(
    blueprint,
    "POST",
    "/ops/history/purge",
    role=Role.ADMIN,
    tag=TAG,
    body=PurgeOrder,
    answers={200: Purged},
    with_client=True,
)
async def purge_histories(call: Call[PurgeOrder]) -> Answer:
    """Forget the histories of workflows that ended long ago, as every night.

    What was created after the oldest run that is still open stays. Where `complete` is false, ask again.
    """
    return Answer(await histories.purge(call.durable, days=call.body.days, dry_run=call.body.dry_run))


@route(blueprint, "POST", "/ops/orphans", role=Role.ADMIN, tag=TAG, body=OrphansOrder, answers={200: Orphans})
def look_for_orphans(call: Call[OrphansOrder]) -> Answer:
    """Find blobs that belong to nothing; without `dry_run` remove them.

    Where `complete` is false, go on with `next_cursor`.
    """
    order = call.body
    found = orphans.look(dry_run=order.dry_run, older_than=timedelta(hours=order.older_than_hours), cursor=order.cursor)
    return Answer(found)


@route(blueprint, "POST", "/ops/check", role=Role.ADMIN, tag=TAG, body=CheckOrder, answers={200: Checked})
def check_storage(call: Call[CheckOrder]) -> Answer:
    """Look whether a page of songs, works or voices has all that it must have; nothing is changed."""
    return Answer(overseeing.check(call.body))
