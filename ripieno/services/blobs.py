"""Blobs: streamed in and out, moved, signed for a while, deleted."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import IO, Any

from azure.core import MatchConditions
from azure.core.exceptions import ResourceNotFoundError
from azure.storage.blob import BlobSasPermissions, ContentSettings, generate_blob_sas

from ripieno.services.settings import settings
from ripieno.services.storage import blob_service, container

CHUNK_BYTES = 4 * 1024 * 1024

CONTENT_TYPES = {
    "wav": "audio/wav", "mp3": "audio/mpeg", "flac": "audio/flac", "ogg": "audio/ogg", "m4a": "audio/mp4",
    "mid": "audio/midi", "json": "application/json", "jams": "application/json",
}  # fmt: skip


class BlobMissing(LookupError):
    """No blob has this name (any more)."""


def _content_settings(name: str) -> ContentSettings:
    return ContentSettings(content_type=CONTENT_TYPES.get(name.rpartition(".")[2], "application/octet-stream"))


def upload(
    container_name: str, name: str, data: bytes | IO[bytes] | Iterator[bytes], length: int | None = None
) -> None:
    """Write a blob, replacing what was there."""
    container(container_name).upload_blob(
        name, data, length=length, overwrite=True, content_settings=_content_settings(name), max_concurrency=2
    )


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
    return blob.upload_blob(data, content_settings=_content_settings(name), **conditions)["etag"]


def read(container_name: str, name: str) -> bytes:
    return read_with_etag(container_name, name)[0]


def read_with_etag(container_name: str, name: str) -> tuple[bytes, str]:
    try:
        stream = container(container_name).download_blob(name, max_concurrency=2)
        return stream.readall(), stream.properties.etag
    except ResourceNotFoundError:
        raise BlobMissing(f"{container_name}/{name} does not exist") from None


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


def download_to(container_name: str, name: str, path: Path) -> Path:
    """Write a blob to a file, in chunks."""
    try:
        with path.open("wb") as file:
            container(container_name).download_blob(name, max_concurrency=2).readinto(file)
    except ResourceNotFoundError:
        raise BlobMissing(f"{container_name}/{name} does not exist") from None
    return path


def move(container_name: str, source: str, target: str) -> None:
    """Copy within a container on the server, then delete the source; safe to repeat after a crash at any point."""
    source_blob = container(container_name).get_blob_client(source)
    target_blob = container(container_name).get_blob_client(target)
    if source_blob.exists():
        chosen = settings()
        address = source_blob.url
        if not chosen.storage_is_account_name:
            address = read_url(container_name, source)
        target_blob.start_copy_from_url(address)
        deadline = datetime.now(UTC) + timedelta(minutes=5)
        while target_blob.get_blob_properties().copy.status == "pending":
            if datetime.now(UTC) > deadline:
                raise TimeoutError(f"copying {container_name}/{source} did not end within five minutes")
        target_blob.set_http_headers(_content_settings(target))
        source_blob.delete_blob()
    elif not target_blob.exists():
        raise BlobMissing(f"{container_name}/{source} does not exist")


def delete(container_name: str, name: str) -> None:
    try:
        container(container_name).delete_blob(name)
    except ResourceNotFoundError:
        pass


def delete_prefix(container_name: str, prefix: str) -> int:
    """Delete every blob whose name starts with `prefix`; returns how many."""
    if not prefix:
        raise ValueError("an empty prefix would delete the whole container")
    names = list(container(container_name).list_blob_names(name_starts_with=prefix))
    for name in names:
        delete(container_name, name)
    return len(names)


def read_url(container_name: str, name: str, *, hours: float = 1) -> str:
    """An address anyone can read the blob at for a while."""
    return _signed(container_name, name, BlobSasPermissions(read=True), hours)


def write_url(container_name: str, name: str, *, hours: float = 1) -> str:
    """An address anyone can put one blob at for a while."""
    return _signed(container_name, name, BlobSasPermissions(create=True, write=True), hours)


def _signed(container_name: str, name: str, permission: BlobSasPermissions, hours: float) -> str:
    service = blob_service()
    now = datetime.now(UTC)
    start, expiry = now - timedelta(minutes=5), now + timedelta(hours=hours)
    if settings().storage_is_account_name:
        key: dict[str, Any] = {"user_delegation_key": service.get_user_delegation_key(start, expiry)}
    else:
        key = {"account_key": service.credential.account_key}
    token = generate_blob_sas(
        str(service.account_name), container_name, name, permission=permission, start=start, expiry=expiry, **key
    )
    return f"{container(container_name).get_blob_client(name).url}?{token}"


def parse_uri(uri: str) -> tuple[str, str]:
    """The container and name of a blob of this account.

    Raises
    ------
    ValueError
        When the address is not in the configured storage account: endpoints read nothing else.
    """
    root = blob_service().primary_endpoint.rstrip("/") + "/"
    address = uri.partition("?")[0]
    container_name, slash, name = address.removeprefix(root).partition("/")
    if not address.startswith(root) or not slash or not name:
        raise ValueError(f"{uri!r} is not a blob of the storage account at {root}")
    return container_name, name
