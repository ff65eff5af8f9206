"""Blobs: streamed in and out, moved, signed for a while, deleted."""

from __future__ import annotations

import hashlib
import json
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import IO, Any, Literal
from urllib.parse import quote, unquote, urlsplit

from azure.core import MatchConditions
from azure.core.exceptions import ResourceModifiedError, ResourceNotFoundError
from azure.storage.blob import BlobSasPermissions, ContentSettings, generate_blob_sas

from ripieno.services.settings import settings
from ripieno.services.storage import blob_service, container
from ripieno.services.transfers import measured

COPY_WITHIN = timedelta(minutes=5)
_COPY_READS = timedelta(minutes=10)
_CLOCKS_DIFFER = timedelta(minutes=5)

CONTENT_TYPES = {
    "wav": "audio/wav", "mp3": "audio/mpeg", "flac": "audio/flac", "ogg": "audio/ogg", "m4a": "audio/mp4",
    "mid": "audio/midi", "json": "application/json", "jams": "application/json", "zip": "application/zip",
}  # fmt: skip


class BlobMissing(LookupError):
    """No blob has this name (any more)."""


class CopyFailed(RuntimeError):
    """The storage service could not copy a blob; the source is as it was."""


_listeners: list[Callable[[str, str], None]] = []


def before_writes(tell: Callable[[str, str], None]) -> None:
    """From now on `tell` hears of each blob (container, name) that this process is about to write."""
    _listeners.append(tell)


def _about_to_write(container_name: str, name: str) -> None:
    for tell in _listeners:
        tell(container_name, name)


def _content_settings(name: str) -> ContentSettings:
    return ContentSettings(content_type=CONTENT_TYPES.get(name.rpartition(".")[2], "application/octet-stream"))


def upload(
    container_name: str,
    name: str,
    data: bytes | IO[bytes] | Iterator[bytes],
    length: int | None = None,
    *,
    metadata: dict[str, str] | None = None,
) -> None:
    """Write a blob, replacing what was there. `metadata` is ASCII."""

    _about_to_write(container_name, name)

    def put() -> tuple[None, int]:
        container(container_name).upload_blob(
            name,
            data,
            length=length,
            overwrite=True,
            content_settings=_content_settings(name),
            max_concurrency=2,
            metadata=metadata or None,
        )
        return None, _size(data, length)

    measured("write", container_name, put)


def _size(data: bytes | IO[bytes] | Iterator[bytes], length: int | None) -> int:
    """How many bytes were written: as it was said, or as far as the file was read."""
    if length is not None:
        return length
    if isinstance(data, (bytes, bytearray, memoryview)):
        return len(data)
    try:
        return data.tell()  # type: ignore[union-attr]
    except (AttributeError, OSError, ValueError):
        return 0


def upload_json(container_name: str, name: str, document: Any, *, etag: str | None = None, create: bool = False) -> str:
    """Write a JSON blob and return its ETag.

    With `etag` only when the blob has not changed since, with `create` only when there is none.

    Raises
    ------
    azure.core.exceptions.ResourceModifiedError, ResourceExistsError
        When somebody else was first.
    """
    conditions: dict[str, Any] = {"overwrite": not create}
    if etag is not None:
        conditions |= {"etag": etag, "match_condition": MatchConditions.IfNotModified}
    data = json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()
    blob = container(container_name).get_blob_client(name)
    _about_to_write(container_name, name)

    def put() -> tuple[str, int]:
        return blob.upload_blob(data, content_settings=_content_settings(name), **conditions)["etag"], len(data)

    return measured("write", container_name, put)


def read(container_name: str, name: str) -> bytes:
    return read_with_etag(container_name, name)[0]


def read_with_etag(container_name: str, name: str) -> tuple[bytes, str]:
    def get() -> tuple[tuple[bytes, str], int]:
        stream = container(container_name).download_blob(name, max_concurrency=2)
        data = stream.readall()
        return (data, stream.properties.etag), len(data)

    try:
        return measured("read", container_name, get)
    except ResourceNotFoundError:
        raise BlobMissing(f"{container_name}/{name} does not exist") from None


def read_aged(container_name: str, name: str) -> tuple[bytes, datetime, timedelta]:
    """A blob's bytes, when they were written and how long ago that was, both by the storage service's own clock.

    Raises
    ------
    BlobMissing
    """
    told: list[datetime] = []

    def note(answer: Any) -> None:
        told.append(parsedate_to_datetime(answer.http_response.headers["Date"]))

    try:
        stream = container(container_name).download_blob(name, raw_response_hook=note)
        data = stream.readall()
    except ResourceNotFoundError:
        raise BlobMissing(f"{container_name}/{name} does not exist") from None
    written = stream.properties.last_modified
    return data, written, told[0] - written


def read_json(container_name: str, name: str) -> Any:
    return json.loads(read(container_name, name))


def properties(container_name: str, name: str):
    try:
        return container(container_name).get_blob_client(name).get_blob_properties()
    except ResourceNotFoundError:
        raise BlobMissing(f"{container_name}/{name} does not exist") from None


def sha256(container_name: str, name: str) -> str:
    """The hash of a blob's bytes, read in chunks."""
    digest = hashlib.sha256()
    if properties(container_name, name).size:
        for chunk in container(container_name).download_blob(name, max_concurrency=1).chunks():
            digest.update(chunk)
    return digest.hexdigest()


def read_range(container_name: str, name: str, start: int, length: int) -> bytes:
    """Some of a blob's bytes. Raises `BlobMissing`."""

    def get() -> tuple[bytes, int]:
        data = container(container_name).download_blob(name, offset=start, length=length).readall()
        return data, len(data)

    try:
        return measured("read", container_name, get)
    except ResourceNotFoundError:
        raise BlobMissing(f"{container_name}/{name} does not exist") from None


def download_to(container_name: str, name: str, path: Path, *, etag: str | None = None) -> Path:
    """Write a blob to a file, in chunks; with `etag` just that version of it. Raises `BlobMissing`."""
    conditions: dict[str, Any] = {"etag": etag, "match_condition": MatchConditions.IfNotModified} if etag else {}

    def get() -> tuple[None, int]:
        with path.open("wb") as file:
            return None, container(container_name).download_blob(name, max_concurrency=2, **conditions).readinto(file)

    try:
        measured("read", container_name, get)
    except (ResourceNotFoundError, ResourceModifiedError):
        raise BlobMissing(f"{container_name}/{name} does not exist") from None
    return path


def copy(
    source_container: str,
    source: str,
    target_container: str,
    target: str,
    *,
    etag: str | None = None,
    metadata: dict[str, str] | None = None,
) -> None:
    """Copy on the server, replacing what was there; safe to repeat. With `etag` just that version of the source.

    Raises
    ------
    BlobMissing, CopyFailed, TimeoutError
    """
    source_blob = container(source_container).get_blob_client(source)
    target_blob = container(target_container).get_blob_client(target)
    address = source_blob.url
    if not settings().uses_identity:
        address = _signed(source_container, source, BlobSasPermissions(read=True), _COPY_READS)
    conditions: dict[str, Any] = (
        {"source_etag": etag, "source_match_condition": MatchConditions.IfNotModified} if etag else {}
    )
    try:
        target_blob.start_copy_from_url(address, metadata=metadata or None, **conditions)
    except (ResourceNotFoundError, ResourceModifiedError):
        raise BlobMissing(f"{source_container}/{source} does not exist") from None
    deadline = datetime.now(UTC) + COPY_WITHIN
    while (state := target_blob.get_blob_properties().copy).status == "pending":
        if datetime.now(UTC) > deadline:
            target_blob.abort_copy(str(state.id))
            raise TimeoutError(f"copying {source_container}/{source} did not end within {COPY_WITHIN}")
        time.sleep(0.1)
    if state.status != "success":
        raise CopyFailed(f"{source_container}/{source} was not copied: {state.status_description or state.status}")
    target_blob.set_http_headers(_content_settings(target))


def delete(container_name: str, name: str, *, etag: str | None = None) -> None:
    """Delete a blob, with `etag` just that version of it; nothing happens when it is not there."""
    conditions: dict[str, Any] = {"etag": etag, "match_condition": MatchConditions.IfNotModified} if etag else {}
    try:
        container(container_name).delete_blob(name, **conditions)
    except (ResourceNotFoundError, ResourceModifiedError):
        pass


def list_names(container_name: str, prefix: str = "") -> list[str]:
    return list(container(container_name).list_blob_names(name_starts_with=prefix))


def size_of(container_name: str, prefix: str) -> int:
    """The bytes of all blobs whose names begin with `prefix`."""
    return sum(blob.size or 0 for blob in container(container_name).list_blobs(name_starts_with=prefix))


def delete_prefix(container_name: str, prefix: str) -> int:
    """Delete every blob whose name starts with `prefix`; returns how many."""
    if not prefix:
        raise ValueError("an empty prefix would delete the whole container")
    found = list_names(container_name, prefix)
    for name in found:
        delete(container_name, name)
    return len(found)


def delete_older(container_name: str, before: datetime, *, seconds: float, prefix: str = "") -> int:
    """Delete every blob that was last written before a moment, by the storage service's clock, until the time is over;
    returns how many."""
    deadline, gone = time.monotonic() + seconds, 0
    for blob in container(container_name).list_blobs(name_starts_with=prefix):
        if time.monotonic() > deadline:
            break
        if blob.last_modified < before:
            etag = str(blob.etag).strip('"')
            delete(container_name, blob.name, etag=f'"{etag}"')  # listings give it bare; what is written now stays
            gone += 1
    return gone


def read_url(container_name: str, name: str, *, file_name: str | None = None) -> str:
    """An address anyone can read this one blob at for `RIPIENO_READ_MINUTES`; with a `file_name` it is saved under
    that."""
    shown = disposition(file_name, "attachment") if file_name is not None else None
    minutes = settings().read_minutes
    return _signed(container_name, name, BlobSasPermissions(read=True), timedelta(minutes=minutes), shown)


def disposition(file_name: str, kind: Literal["inline", "attachment"] = "inline") -> str:
    """The header Content-Disposition (RFC 6266): the name in UTF-8, and what older readers can show of it."""
    named = "".join(char if char.isprintable() else "_" for char in file_name)  # lone surrogates are not, either
    plain = "".join(char if char.isascii() and char not in '"\\%' else "_" for char in named)
    return f"{kind}; filename=\"{plain}\"; filename*=UTF-8''{quote(named, safe='')}"


def write_url(container_name: str, name: str) -> str:
    """An address anyone can put this one blob at for `RIPIENO_UPLOAD_MINUTES`, and nothing else: neither read it,
    delete it, nor list what is beside it."""
    minutes = settings().upload_minutes
    return _signed(container_name, name, BlobSasPermissions(create=True, write=True), timedelta(minutes=minutes))


def _signed(
    container_name: str, name: str, permission: BlobSasPermissions, life: timedelta, shown: str | None = None
) -> str:
    """The one place where addresses are signed (a service SAS of one blob; in Azure by a user-delegation key)."""
    service = blob_service()
    now = datetime.now(UTC)
    start, expiry = now - _CLOCKS_DIFFER, now + life
    if settings().uses_identity:
        key: dict[str, Any] = {"user_delegation_key": _delegation_key(expiry)}
    else:
        key = {"account_key": service.credential.account_key}
    token = generate_blob_sas(
        str(service.account_name),
        container_name,
        name,
        permission=permission,
        start=start,
        expiry=expiry,
        content_disposition=shown,
        protocol=_protocol(service.primary_endpoint),
        **key,
    )
    return f"{container(container_name).get_blob_client(name).url}?{token}"


def _protocol(address: str) -> str:
    """Signed addresses travel encrypted, but where they do not leave the machine, or the operator says otherwise."""
    parts = urlsplit(address)
    is_here = parts.hostname in ("127.0.0.1", "localhost", "::1")
    return "https,http" if parts.scheme == "http" and (is_here or settings().allow_http_storage) else "https"


_KEY_HOURS = 24.0
_delegation: list[tuple[datetime, Any]] = []  # until when, and the key
_delegation_lock = threading.Lock()


def _delegation_key(expiry: datetime) -> Any:
    """A user-delegation key that lasts longer than `expiry`: one for a day serves every address signed meanwhile."""
    with _delegation_lock:
        if not _delegation or _delegation[0][0] <= expiry:
            now = datetime.now(UTC)
            until = max(expiry, now + timedelta(hours=_KEY_HOURS)) + timedelta(minutes=5)
            key = blob_service().get_user_delegation_key(now - timedelta(minutes=5), until)
            _delegation[:] = [(until, key)]
        return _delegation[0][1]


def parse_uri(uri: str) -> tuple[str, str]:
    """The container and name of a blob of this account.

    Raises
    ------
    ValueError
        When the address is not in the configured storage account: endpoints read nothing else.
    """
    root = blob_service().primary_endpoint.rstrip("/") + "/"
    address = uri.partition("?")[0]
    container_name, slash, name = unquote(address.removeprefix(root)).partition("/")
    parts = [container_name, *name.split("/")]
    is_odd = not name.isprintable() or "\\" in name or not {".", ".."}.isdisjoint(parts)  # another place, to some
    if not address.startswith(root) or not slash or not name or is_odd:
        raise ValueError(f"{uri!r} is not a blob of the storage account at {root}")
    return container_name, name
