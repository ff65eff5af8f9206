"""Visits that are over: everything of each visitor deleted, again and again until nothing was left to delete."""

from __future__ import annotations

import asyncio
import logging
import uuid
from datetime import UTC, datetime, timedelta
from itertools import islice

from azure.core.exceptions import AzureError
from azure.durable_functions import DurableOrchestrationClient

from ripieno.contracts.workflow import Run
from ripieno.records import runs, visits
from ripieno.services import visitors
from ripieno.services.visitors import Visitor
from ripieno.work import accounts, asking, leaving

log = logging.getLogger("ripieno.visits")
MOST_AT_ONCE = 50


def begin() -> tuple[Visitor, str]:
    """A visit, noted, and its token.

    Raises
    ------
    visitors.NoVisitors, records.visits.TooManyVisits
    """
    visitor, token = visitors.new()
    visits.begin(visitor.owner, visitor.ends_at)
    return visitor, token


async def end(client: DurableOrchestrationClient, now: datetime | None = None) -> int:
    """Delete what is left of the visits that are over; how many are done with. A visit is forgotten when a whole look
    finds nothing of it, so that whatever was being written meanwhile goes too."""
    over = await asyncio.to_thread(lambda: list(islice(visits.ended(now), MOST_AT_ONCE)))
    done = 0
    for visit in over:
        try:
            removal = await asyncio.to_thread(_removal, visit.owner)
            if removal is not None:
                await asking.start(client, removal)
            elif await asyncio.to_thread(_is_empty, visit.owner):
                await asyncio.to_thread(visits.forget, visit)
                done += 1
        except AzureError as fault:
            log.warning("a visit that is over is looked at again: %s", fault)
    await asyncio.to_thread(visits.expire, (now or datetime.now(UTC)) - timedelta(hours=2))
    return done


def _removal(owner: str) -> Run | None:
    """The removal of everything of an owner, noted; None where nothing is left that it is for."""
    if (known := accounts.under_way(owner)) is not None:
        return known
    return accounts.remove(owner, uuid.uuid4().hex) if accounts.has_something(owner) else None


def _is_empty(owner: str) -> bool:
    """Whether nothing runs for an owner, and nothing was kept of them; what was is gone now."""
    return not runs.beginning_with(owner, "") and leaving.forget_visitor(owner) == 0
