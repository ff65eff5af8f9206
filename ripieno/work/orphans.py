"""Blobs that belong to nothing: found page by page, looked at once more, and removed where nobody wrote them since.

Nothing is touched that is younger than a day, so what is being made now is never among them; and before anything is
removed everything that is there is read once more, so a row that appeared meanwhile keeps its blobs.
"""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from ripieno.contracts import names
from ripieno.contracts.operations import Orphan, Orphans
from ripieno.records.cursor import BadCursor
from ripieno.services import blobs
from ripieno.services.storage import container
from ripieno.work.belonging import SONG_CONTAINERS, Known

CONTAINERS = (*SONG_CONTAINERS, names.GENERATED, names.VOICES, names.JOBS)
GRACE = timedelta(days=1)
MOST_SHOWN = 100
_MOST_AT_ONCE = 5000  # that are remembered before they are removed
_PAGE = 2000
_MARK = "housekeeping/orphans.json"
Place = tuple[int, str | None]  # which container, and where in it


def look(
    *,
    dry_run: bool,
    older_than: timedelta = GRACE,
    cursor: str | None = None,
    seconds: float = 120.0,
    now: datetime | None = None,
    done_with: Callable[[str | None], None] = lambda cursor: None,
) -> Orphans:
    """Find orphans from a place on, for so many seconds, and remove them unless it is a dry run.

    Reading what is there is a part of the time, and so is reading it once more before anything goes. `done_with` is
    told of each place up to which all is done, None at the end.

    Raises
    ------
    BadCursor
    ValueError
        For less than a day.
    """
    if older_than < GRACE:
        raise ValueError("an orphan is at least a day old: what is being made now belongs to nothing yet")
    before = (now or datetime.now(UTC)) - older_than
    place = _place(cursor)
    began = time.monotonic()
    known = Known.take()
    deadline, reading = began + seconds, time.monotonic() - began
    until = deadline if dry_run else deadline - reading  # it is done once more before anything goes
    told = Orphans(looked_at=0, found=0, bytes=0, removed=0, complete=False, dry_run=dry_run, items=[])
    while not told.complete:
        found, further = _found(known, place, before, until, told)
        _count(told, found)
        if found and not dry_run:
            known = Known.take()
            gone, are_all = _remove(known, found, deadline)
            told.removed += gone
            further = further if are_all else place
        place, told.complete = further, further[0] >= len(CONTAINERS)
        told.next_cursor = None if told.complete else _written(*place)
        done_with(told.next_cursor)
        if time.monotonic() > until:
            break
    return told


def tidy(*, dry_run: bool, seconds: float, now: datetime | None = None) -> Orphans:
    """As `look`, from where the last time ended, killed or not: for a timer, whose nights are short."""

    def remember(cursor: str | None) -> None:
        blobs.upload_json(names.RECORDS, _MARK, {"cursor": cursor})

    try:
        cursor = blobs.read_json(names.RECORDS, _MARK)["cursor"]
    except blobs.BlobMissing:
        cursor = None
    try:
        return look(dry_run=dry_run, cursor=cursor, seconds=seconds, now=now, done_with=remember)
    except BadCursor:  # of a container that another version had
        return look(dry_run=dry_run, seconds=seconds, now=now, done_with=remember)


# -- parts --------------------------------------------------------------------------------------------------------


def _found(
    known: Known, place: Place, before: datetime, until: float, told: Orphans
) -> tuple[list[tuple[Orphan, str]], Place]:
    """The orphans of a container from a place on, each with its ETag, and the place after them: a page at least, and no
    further than there is time or can be removed at once."""
    name, found = CONTAINERS[place[0]], []
    pages = container(name).list_blobs(results_per_page=_PAGE).by_page(continuation_token=place[1])
    token = None
    for page in pages:
        for blob in page:
            told.looked_at += 1
            why = known.why_orphan(name, blob.name) if blob.last_modified < before else None
            if why is not None:
                written = blob.last_modified.isoformat()
                one = Orphan(container=name, name=blob.name, bytes=blob.size or 0, written_at=written, why=why)
                found.append((one, str(blob.etag)))
        token = pages.continuation_token  # pyright: ignore[reportAttributeAccessIssue]
        if len(found) >= _MOST_AT_ONCE or time.monotonic() > until:
            break
    return found, (place[0], token) if token else (place[0] + 1, None)


def _count(told: Orphans, found: list[tuple[Orphan, str]]) -> None:
    told.found += len(found)
    told.bytes += sum(one.bytes for one, _ in found)
    told.items += [one for one, _ in found[: MOST_SHOWN - len(told.items)]]


def _remove(known: Known, found: list[tuple[Orphan, str]], until: float) -> tuple[int, bool]:
    """Remove those that belong to nothing still, one at least; how many, and whether there was time for all."""
    gone = 0
    for one, etag in found:
        if known.why_orphan(one.container, one.name) is not None:
            if gone and time.monotonic() > until:
                return gone, False
            bare = etag.strip('"')  # listings give it bare
            blobs.delete(one.container, one.name, etag=f'"{bare}"')
            gone += 1
    return gone, True


def _written(at: int, token: str | None) -> str:
    return base64.urlsafe_b64encode(json.dumps([CONTAINERS[at], token]).encode()).decode()


def _place(cursor: str | None) -> Place:
    if cursor is None:
        return 0, None
    try:
        name, token = json.loads(base64.urlsafe_b64decode(cursor))
        return CONTAINERS.index(name), token
    except (ValueError, TypeError):
        raise BadCursor("the cursor cannot be read: use next_cursor of the page before, unchanged") from None
