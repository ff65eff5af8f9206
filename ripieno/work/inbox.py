"""The container raw-audio: whatever lies there is taken in, and gone from there when that is done."""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import unquote, urlsplit

from azure.core.exceptions import AzureError
from azure.durable_functions import DurableOrchestrationClient

from ripieno.contracts import names
from ripieno.services import identity, logs
from ripieno.services.outage import is_final
from ripieno.services.settings import settings
from ripieno.services.storage import container
from ripieno.work import asking, ingest

log = logging.getLogger("ripieno.inbox")
MOST_AT_ONCE = 500
AGAIN_AFTER = timedelta(minutes=5)
_MOST_REMEMBERED = 10_000
_asked: OrderedDict[tuple[str, str], datetime] = OrderedDict()  # this process has asked for these already


async def look(client: DurableOrchestrationClient) -> int:
    """Ask for every blob that lies there to be taken in, the one that came first first; returns how many were new."""
    try:
        lying = await asyncio.to_thread(_lying)
    except AzureError as fault:
        log.warning("the inbox cannot be looked into: %s", fault)
        return 0
    new = 0
    for name, etag in lying:
        now = datetime.now(UTC)
        if _asked.get((name, etag), datetime.min.replace(tzinfo=UTC)) + AGAIN_AFTER > now:
            continue
        try:
            new += await take(client, name)
        except Exception as problem:  # of one blob: it keeps no other waiting
            if not is_final(problem):
                log.warning("%s cannot be taken in now: %s", logs.shown(name), logs.without_words(problem))
                continue
            await _reject(name, problem)
        _asked[name, etag] = now
        _asked.move_to_end((name, etag))
        while len(_asked) > _MOST_REMEMBERED:
            _asked.popitem(last=False)
    return new


async def hear(client: DurableOrchestrationClient, event: Any) -> None:
    """Ask for the blobs that Event Grid tells of: one event or several, of its own schema or of CloudEvents 1.0."""
    for one in event if isinstance(event, list) else [event]:
        name = _told_of(one)
        if name:
            await take(client, name)
        else:
            log.warning("an event that tells of no drop is left alone: %s", str(one.get("id", ""))[:100])


def owner_of(event: Any) -> str:
    """Whose the drops are that an event tells of, as far as their paths say."""
    told = [one for one in (event if isinstance(event, list) else [event]) if isinstance(one, dict)]
    said = next((owner for one in told if (owner := names.owner_in(_told_of(one))[0])), None)
    return identity.owner_named(said or settings().default_owner)


def _told_of(one: dict[str, Any]) -> str:
    """The name of the blob that an event tells of, empty where it tells of none."""
    path = unquote(urlsplit(str(one.get("data", {}).get("url", ""))).path)
    return f"/{path.lstrip('/')}".partition(f"/{names.RAW_AUDIO}/")[2]


async def take(client: DurableOrchestrationClient, name: str) -> bool:
    """Ask for one blob to be taken in, once; again when the last try ended and it lies there still."""
    try:
        run = await asyncio.to_thread(ingest.dropped, name)
    except ingest.DropMissing:
        return False
    status = await asking.status_of(client, run.instance_id)
    if status is not None and status.runtime_status not in asking.ENDED:
        return False
    if status is not None:  # it was tried before, and lies here still
        await client.start_new(run.orchestrator, run.instance_id, run.order)
        return True
    return await asking.ask(client, run)


async def _reject(name: str, problem: Exception) -> None:
    """Out of the inbox with what cannot be taken in however often it is tried."""
    log.warning("%s cannot be taken in: %s: %s", logs.shown(name), type(problem).__name__, logs.without_words(problem))
    try:
        await asyncio.to_thread(ingest.reject_unasked, name, str(problem) or type(problem).__name__)
    except Exception as fault:
        log.warning("%s cannot be rejected now: %s", logs.shown(name), logs.without_words(fault))


def _lying() -> list[tuple[str, str]]:
    found = []
    for blob in container(names.RAW_AUDIO).list_blobs():
        found.append((blob.last_modified, blob.name, str(blob.etag)))
        if len(found) >= MOST_AT_ONCE:
            break
    return [(name, etag) for _, name, etag in sorted(found)]
