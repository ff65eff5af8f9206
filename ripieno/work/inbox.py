"""The container raw-audio: whatever lies there is taken in, and gone from there when that is done."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter, OrderedDict
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any
from urllib.parse import unquote, urlsplit

from azure.core.exceptions import AzureError
from azure.durable_functions import DurableOrchestrationClient
from azure.storage.blob import BlobPrefix, BlobProperties

from ripieno.contracts import names
from ripieno.contracts.operations import FailureKind
from ripieno.records import failures, runs, uploads
from ripieno.services import blobs, identity, logs, telemetry
from ripieno.services.outage import is_final
from ripieno.services.settings import settings
from ripieno.services.storage import container
from ripieno.work import asking, ingest
from ripieno.work.belonging import OF_A_SONG

log = logging.getLogger("ripieno.inbox")
MOST_AT_ONCE = 500
MOST_OF_ONE_OWNER = 32
MOST_LISTED = 20_000
AGAIN_AFTER = timedelta(minutes=5)
_MOST_REMEMBERED = 10_000
_asked: OrderedDict[tuple[str, str], datetime] = OrderedDict()  # this process has asked for these already


async def look(client: DurableOrchestrationClient) -> int:
    """Ask for what lies there to be taken in, each owner's in turn, the one that came first first; of one owner so many
    at a time, so that the thousand of one are not all before another's one. Returns how many were new."""
    try:
        lying = await asyncio.to_thread(_lying)
    except AzureError as fault:
        log.warning("the inbox cannot be looked into: %s", fault)
        return 0
    new, now = 0, datetime.now(UTC)
    under_way = Counter(whose for name, etag, whose in lying if _is_asked(name, etag, now))
    for name, etag, whose in lying:
        now = datetime.now(UTC)
        if _is_asked(name, etag, now) or under_way[whose] >= MOST_OF_ONE_OWNER:
            continue
        under_way[whose] += 1
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
            log.warning("an event that tells of no drop is left alone: %s", _id_of(one))


def owner_of(event: Any) -> str:
    """Whose the drops are that an event tells of, as far as their paths say."""
    told = [one for one in (event if isinstance(event, list) else [event]) if isinstance(one, dict)]
    said = next((owner for one in told if (owner := names.owner_in(_told_of(one))[0])), None)
    return identity.owner_named(said or settings().default_owner)


def _id_of(event: Any) -> str:
    return str(event.get("id", "") if isinstance(event, dict) else type(event).__name__)[:100]


def _told_of(event: Any) -> str:
    """The blob of the inbox that an event tells of; empty where it tells of none, or is no event."""
    data = event.get("data") if isinstance(event, dict) else None
    url = data.get("url") if isinstance(data, dict) else None
    try:
        path = unquote(urlsplit(str(url or "")).path)
    except ValueError:
        return ""
    return f"/{path.lstrip('/')}".partition(f"/{names.RAW_AUDIO}/")[2]


async def take(client: DurableOrchestrationClient, name: str) -> bool:
    """Ask for one blob to be taken in, once; again when the last try ended and it lies there still."""
    with telemetry.span("drop", kind="consumer"):  # nobody asked for it: it begins a trace
        return await _taken(client, name)


async def _taken(client: DurableOrchestrationClient, name: str) -> bool:
    try:
        run = await asyncio.to_thread(ingest.dropped, name)
    except ingest.DropMissing:
        return False
    status = await asking.status_of(client, run.instance_id)
    if status is not None and status.runtime_status not in asking.ENDED:
        return False
    if status is not None:  # it was tried before, and lies here still
        await asyncio.to_thread(runs.note, run)  # so that its history, which has the file's name, goes with its end
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


def _is_asked(name: str, etag: str, now: datetime) -> bool:
    asked = _asked.get((name, etag))
    return asked is not None and asked + AGAIN_AFTER > now


def _lying() -> list[tuple[str, str, str]]:
    """(name, ETag, whose it is as far as can be seen from outside) of what lies there, each owner's in turn."""
    found: dict[str, list[tuple[datetime, str, str]]] = {}
    for blob in islice(container(names.RAW_AUDIO).list_blobs(include=["metadata"]), MOST_LISTED):
        whose = names.owner_in(blob.name)[0] or (blob.metadata or {}).get("owner") or ""
        found.setdefault(whose, []).append((blob.last_modified, blob.name, str(blob.etag)))
    in_turn = [(turn, at, name, etag, whose) for whose, its in found.items()
               for turn, (at, name, etag) in enumerate(sorted(its))]  # fmt: skip
    return [(name, etag, whose) for _, _, name, etag, whose in sorted(in_turn)[:MOST_AT_ONCE]]


def forget_owner(owner: str) -> int:
    """Delete whatever of somebody lies in the inbox, and what of theirs was rejected; returns how many blobs that was.

    Their uploads and failures say which some of those are: whoever forgets these does so after this.
    """
    found = {(names.RAW_AUDIO, blob.name) for blob in _beside() if _owner_of(blob) == owner}
    for place in (names.RAW_AUDIO, names.REJECTED):
        for folder in _owners_folders(place):
            if identity.owner_named(folder.removeprefix(names.OWNER_PREFIX).rstrip("/")) == owner:
                found |= {(place, name) for name in blobs.list_names(place, folder)}
        for upload_id in uploads.ids_of(owner):
            found |= _there(place, names.uploaded_blob(upload_id))
    for failure in failures.of_owner(owner):
        if failure.kind == FailureKind.DROP and failure.order.get("blob_name"):
            found |= _there(names.REJECTED, failure.order["blob_name"])
    found |= {(names.REJECTED, blob.name) for blob in _rejected() if (blob.metadata or {}).get("owner") == owner}
    for place, name in found:
        blobs.delete(place, name)
    return len(found)


def _there(place: str, name: str) -> set[tuple[str, str]]:
    return {(place, one) for one in blobs.list_names(place, name) if one == name}


def _owners_folders(place: str) -> Iterator[str]:
    """`owners/{owner}/` for each who has something there."""
    for item in container(place).walk_blobs(name_starts_with=names.OWNER_PREFIX):
        if isinstance(item, BlobPrefix):
            yield str(item.name)


def _beside() -> Iterator[BlobProperties]:
    """The drops that lie neither below `owners/` nor below `uploads/`."""
    for item in container(names.RAW_AUDIO).walk_blobs(include=["metadata"]):
        if not isinstance(item, BlobPrefix):
            yield item
        elif item.name not in (names.OWNER_PREFIX, names.UPLOAD_PREFIX):
            yield from container(names.RAW_AUDIO).list_blobs(name_starts_with=str(item.name), include=["metadata"])


def _rejected() -> Iterator[BlobProperties]:
    """What was rejected and says itself whose it is: uploads and failures end by their age, the bytes do not."""
    for item in container(names.REJECTED).walk_blobs(include=["metadata"]):
        if not isinstance(item, BlobPrefix):
            yield item
        elif not OF_A_SONG.match(f"{item.name}0") and item.name != names.OWNER_PREFIX:
            yield from container(names.REJECTED).list_blobs(name_starts_with=str(item.name), include=["metadata"])


def _owner_of(blob: BlobProperties) -> str:
    """Whose a drop is whose path does not say."""
    return identity.owner_named((blob.metadata or {}).get("owner") or settings().default_owner)
