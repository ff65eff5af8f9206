"""What lies in the inbox, and whose it is: of each owner by itself, so that nobody's many hide another's one.

    owners/{owner}/…   the path says whose
    uploads/{id}       the upload's row says whose; without one it is nobody's, and is deleted
    all else           its metadata says, else a setting

Of one owner so many are looked at. Whoever has what they had there at the last looks, which waits for a quota, is
looked at less often, up to every half a minute. Of direct uploads each look goes on where the last one ended.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from azure.storage.blob import BlobPrefix, BlobProperties

from ripieno.contracts import names
from ripieno.services import blobs
from ripieno.services.storage import container
from ripieno.work import ingest

MOST_OF_ONE_OWNER = 1000
MOST_OWNERS = 200
MOST_LISTED = 20_000
MOST_ASKED_FOR = 500
SAME_BEFORE_REST = 3
LONGEST_REST_SECONDS = 30.0
_MOST_REMEMBERED = 50_000


@dataclass(frozen=True)
class Lying:
    """A blob of the inbox, and whose it is as far as can be seen from outside."""

    name: str
    etag: str
    owner: str
    since: datetime


@dataclass
class _Seen:
    """What an owner had there when it was looked the last time, and for how many looks it had been that."""

    at: float
    what: frozenset[tuple[str, str]]
    same: int = 0

    def may_rest(self, now: float) -> bool:
        return self.same >= SAME_BEFORE_REST and now < self.at + min(self.same, LONGEST_REST_SECONDS)


_seen: dict[str, _Seen] = {}  # by folder
_uploaders: OrderedDict[tuple[str, str], str] = OrderedDict()  # by blob and ETag, since a later one may be nobody's
_next_uploads: list[str | None] = [None]


def found() -> list[Lying]:
    """What lies there: all of it, or as much of it as one look takes."""
    root = list(islice(container(names.RAW_AUDIO).walk_blobs(include=["metadata"]), MOST_LISTED))
    folders = {str(item.name) for item in root if isinstance(item, BlobPrefix)}
    if len(root) == MOST_LISTED:
        folders |= {names.OWNER_PREFIX, names.UPLOAD_PREFIX}
    lying = [_lying(blob) for blob in islice(_of(root), MOST_LISTED)]
    if names.OWNER_PREFIX in folders:
        lying += _of_owners()
    if names.UPLOAD_PREFIX in folders:
        lying += _uploaded()
    return lying


def forget() -> None:
    """Remember nothing of earlier looks."""
    _seen.clear()
    _uploaders.clear()
    _next_uploads[0] = None


def beside() -> Iterator[BlobProperties]:
    """The drops whose path does not say whose they are, but for direct uploads."""
    yield from _of(container(names.RAW_AUDIO).walk_blobs(include=["metadata"]))
    for item in container(names.RAW_AUDIO).walk_blobs(name_starts_with=names.OWNER_PREFIX, include=["metadata"]):
        if not isinstance(item, BlobPrefix):
            yield item


def folders_of_owners(place: str) -> Iterator[str]:
    """`owners/{owner}/` for each who has something in a container."""
    for item in container(place).walk_blobs(name_starts_with=names.OWNER_PREFIX):
        if isinstance(item, BlobPrefix):
            yield str(item.name)


# -- parts --------------------------------------------------------------------------------------------------------


def _of(root) -> Iterator[BlobProperties]:
    """The blobs of the container's uppermost level, and of its folders but for those of owners and uploads."""
    for item in root:
        if not isinstance(item, BlobPrefix):
            yield item
        elif item.name not in (names.OWNER_PREFIX, names.UPLOAD_PREFIX):
            yield from container(names.RAW_AUDIO).list_blobs(name_starts_with=str(item.name), include=["metadata"])


def _of_owners() -> list[Lying]:
    """Of each owner the first; of many owners those in turn whose look is longest ago."""
    now, lying, folders = time.monotonic(), [], set()
    for item in container(names.RAW_AUDIO).walk_blobs(name_starts_with=names.OWNER_PREFIX, include=["metadata"]):
        if isinstance(item, BlobPrefix):
            folders.add(str(item.name))
        else:
            lying.append(_lying(item))
    for gone in _seen.keys() - folders:
        del _seen[gone]
    due = [one for one in sorted(folders) if one not in _seen or not _seen[one].may_rest(now)]
    for folder in sorted(due, key=lambda one: _seen[one].at if one in _seen else 0.0)[:MOST_OWNERS]:
        listed = container(names.RAW_AUDIO).list_blobs(name_starts_with=folder, include=["metadata"])
        its = [_lying(blob) for blob in islice(listed, MOST_OF_ONE_OWNER)]
        what, known = frozenset((one.name, one.etag) for one in its), _seen.get(folder)
        same = known.same + 1 if known is not None and known.what == what else 0
        _seen[folder] = _Seen(time.monotonic(), what, same)
        lying += its
    return lying


def _uploaded() -> list[Lying]:
    """Direct uploads that are whoever's began them; what belongs to nobody is deleted."""
    listed = container(names.RAW_AUDIO).list_blobs(name_starts_with=names.UPLOAD_PREFIX, results_per_page=5000)
    pages, lying, seen, asked = listed.by_page(continuation_token=_next_uploads[0]), [], 0, 0
    _next_uploads[0] = None
    for page in pages:
        for blob in page:
            seen += 1
            name, etag = str(blob.name), str(blob.etag)
            if (name, etag) not in _uploaders:
                asked += 1
                if asked > MOST_ASKED_FOR:
                    continue  # at the next look, which knows those before
                if not _remember(name, etag):
                    continue
            lying.append(Lying(name, etag, _uploaders[name, etag], blob.last_modified))
        if seen >= MOST_LISTED:
            _next_uploads[0] = pages.continuation_token  # pyright: ignore[reportAttributeAccessIssue]
            break
    return lying


def _remember(name: str, etag: str) -> bool:
    """Whose upload it is; False where it was nobody's, and is gone."""
    upload = ingest.open_upload(name)
    if upload is None:
        blobs.delete(names.RAW_AUDIO, name)
        return False
    _uploaders[name, etag] = upload.owner
    while len(_uploaders) > _MOST_REMEMBERED:
        _uploaders.popitem(last=False)
    return True


def _lying(blob: BlobProperties) -> Lying:
    whose = ingest.owner_of_drop(str(blob.name), blob.metadata)
    return Lying(str(blob.name), str(blob.etag), whose, blob.last_modified)
