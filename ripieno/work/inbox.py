"""The container raw-audio: whatever lies there is taken in, and gone from there when that is done."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter, OrderedDict
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
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
from ripieno.services.storage import container
from ripieno.work import asking, ingest, lying
from ripieno.work.belonging import OF_A_SONG
from ripieno.work.lying import Lying

log = logging.getLogger("ripieno.inbox")
MOST_AT_ONCE = 500
MOST_OF_ONE_OWNER = 32
AGAIN_AFTER = timedelta(minutes=5)
_MOST_REMEMBERED = 10_000
_asked: OrderedDict[tuple[str, str], datetime] = OrderedDict()  # this process has asked for these already


async def look(client: DurableOrchestrationClient) -> int:
    """Ask for what lies there to be taken in, each owner's in turn, the one that came first first; of one owner so many
    at a time, so that the thousand of one are not all before another's one. Returns how many were new."""
    try:
        there = await asyncio.to_thread(lying.found)
    except AzureError as fault:
        log.warning("the inbox cannot be looked into: %s", fault)
        return 0
    new, now = 0, datetime.now(UTC)
    under_way = Counter(one.owner for one in there if _is_asked(one, now))
    left = MOST_AT_ONCE
    for one in _in_turn([one for one in there if not _is_asked(one, now)]):
        if under_way[one.owner] >= MOST_OF_ONE_OWNER:
            continue
        if left == 0:
            break
        left -= 1
        under_way[one.owner] += 1
        try:
            new += await take(client, one.name)
        except Exception as problem:  # of one blob: it keeps no other waiting
            if not is_final(problem):
                log.warning("%s cannot be taken in now: %s", logs.shown(one.name), logs.without_words(problem))
                continue
            await _reject(one.name, problem)
        _asked[one.name, one.etag] = datetime.now(UTC)
        _asked.move_to_end((one.name, one.etag))
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
    """Whose the drops are that an event tells of, as far as their paths and the rows of uploads say."""
    told = [_told_of(one) for one in (event if isinstance(event, list) else [event]) if isinstance(one, dict)]
    begun = (uploads.find(one.removeprefix(names.UPLOAD_PREFIX)) for one in told if one.startswith(names.UPLOAD_PREFIX))
    upload = next((one for one in begun if one is not None), None)
    if upload is not None:
        return upload.owner
    return ingest.owner_of_drop(next((one for one in told if names.owner_in(one)[0]), ""), None)


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


def _is_asked(one: Lying, now: datetime) -> bool:
    asked = _asked.get((one.name, one.etag))
    return asked is not None and asked + AGAIN_AFTER > now


def _in_turn(lying: list[Lying]) -> list[Lying]:
    """Each owner's first, then each one's second."""
    its: dict[str, list[Lying]] = {}
    for one in sorted(lying, key=lambda one: (one.since, one.name)):
        its.setdefault(one.owner, []).append(one)
    turns = [(turn, one.since, one.name, one) for those in its.values() for turn, one in enumerate(those)]
    return [one for *_, one in sorted(turns, key=lambda turn: turn[:3])]


def forget_owner(owner: str) -> int:
    """Delete whatever of somebody lies in the inbox, and what of theirs was rejected; returns how many blobs that was.

    Their uploads and failures say which some of those are: whoever forgets these does so after this.
    """
    found = {
        (names.RAW_AUDIO, str(blob.name))
        for blob in lying.beside()
        if ingest.owner_of_drop(str(blob.name), blob.metadata) == owner
    }
    for place in (names.RAW_AUDIO, names.REJECTED):
        for folder in lying.folders_of_owners(place):
            if identity.owner_named(folder.removeprefix(names.OWNER_PREFIX).rstrip("/")) == owner:
                found |= {(place, name) for name in blobs.list_names(place, folder)}
        for upload_id in uploads.ids_of(owner):
            found |= _there(place, names.uploaded_blob(upload_id))
    for failure in failures.of_owner(owner):
        if failure.kind == FailureKind.DROP and (rejected := failure.order.get("blob_name")):
            found |= _there(names.REJECTED, rejected)
    found |= {(names.REJECTED, str(blob.name)) for blob in _rejected() if (blob.metadata or {}).get("owner") == owner}
    for place, name in found:
        blobs.delete(place, name)
    return len(found)


def _there(place: str, name: str) -> set[tuple[str, str]]:
    return {(place, one) for one in blobs.list_names(place, name) if one == name}


def _rejected() -> Iterator[BlobProperties]:
    """What was rejected and says itself whose it is: uploads and failures end by their age, the bytes do not."""
    for item in container(names.REJECTED).walk_blobs(include=["metadata"]):
        if not isinstance(item, BlobPrefix):
            yield item
        elif not OF_A_SONG.match(f"{item.name}0") and item.name != names.OWNER_PREFIX:
            yield from container(names.REJECTED).list_blobs(name_starts_with=str(item.name), include=["metadata"])
