"""Blobs through Azurite: copied or left as they were, signed with few keys, named in any letters."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import httpx
import pytest
from azure.storage.blob import UserDelegationKey

from ripieno.contracts import names
from ripieno.services import blobs, storage

NAME = "ünïcode/a b#c%20d 🎷.wav"


def test_a_copy_goes_across_containers_and_keeps_the_source(stack):
    blobs.upload(names.JOBS, "copied", b"some bytes")
    blobs.copy(names.JOBS, "copied", names.REJECTED, NAME, metadata={"code": "why"})
    assert blobs.read(names.REJECTED, NAME) == b"some bytes"
    assert blobs.properties(names.REJECTED, NAME).metadata == {"code": "why"}
    assert blobs.read(names.JOBS, "copied") == b"some bytes"
    for container, name in ((names.JOBS, "copied"), (names.REJECTED, NAME)):
        blobs.delete(container, name)


def test_a_copy_that_fails_says_so(stack, monkeypatch):
    with pytest.raises(blobs.BlobMissing):
        blobs.copy(names.JOBS, "nobody", names.SONGS, "x/y/original.wav")
    blobs.upload(names.JOBS, "unlucky", b"some bytes")
    failed = SimpleNamespace(copy=SimpleNamespace(status="failed", status_description="no room", id="1"))
    client = type(storage.container(names.SONGS).get_blob_client("x"))
    monkeypatch.setattr(client, "get_blob_properties", lambda self, **_: failed)
    with pytest.raises(blobs.CopyFailed, match="no room"):
        blobs.copy(names.JOBS, "unlucky", names.REJECTED, "x/y/original.wav")
    monkeypatch.undo()
    assert blobs.read(names.JOBS, "unlucky") == b"some bytes"
    blobs.delete(names.JOBS, "unlucky")
    blobs.delete(names.REJECTED, "x/y/original.wav")


def test_an_address_names_its_blob_in_any_letters(stack):
    blobs.upload(names.STEMS, NAME, b"some bytes")
    address = blobs.read_url(names.STEMS, NAME)
    assert httpx.get(address).content == b"some bytes"
    assert blobs.parse_uri(address) == (names.STEMS, NAME)
    with pytest.raises(ValueError, match="is not a blob of the storage account"):
        blobs.parse_uri("https://elsewhere.example/stems/x.wav")
    blobs.delete(names.STEMS, NAME)


def test_only_that_version_of_a_blob_is_deleted(stack):
    blobs.upload(names.STEMS, "versions/x.wav", b"one")
    etag = blobs.properties(names.STEMS, "versions/x.wav").etag
    blobs.upload(names.STEMS, "versions/x.wav", b"two")
    blobs.delete(names.STEMS, "versions/x.wav", etag=etag)
    assert blobs.read(names.STEMS, "versions/x.wav") == b"two"
    blobs.delete(names.STEMS, "versions/x.wav")


def test_one_user_delegation_key_signs_many_addresses(monkeypatch):
    """The storage service is asked for a key once, and again only when it would end before an address does."""
    monkeypatch.setenv("AzureWebJobsStorage__accountName", "theaccount")
    monkeypatch.delenv("AzureWebJobsStorage", raising=False)
    asked: list[datetime] = []

    def key(start: datetime, expiry: datetime) -> UserDelegationKey:
        asked.append(expiry)
        made = UserDelegationKey()
        made.signed_oid = made.signed_tid = "0" * 8
        made.signed_start, made.signed_expiry = start.isoformat(), expiry.isoformat()
        made.signed_service, made.signed_version, made.value = "b", "2020-01-01", "c2VjcmV0"
        return made

    service = SimpleNamespace(
        account_name="theaccount",
        get_user_delegation_key=key,
        primary_endpoint="https://theaccount.blob.core.windows.net/",
    )
    monkeypatch.setattr(blobs, "blob_service", lambda: service)
    monkeypatch.setattr(blobs, "_delegation", [])
    client = SimpleNamespace(get_blob_client=lambda name: SimpleNamespace(url=f"https://theaccount/{name}"))
    monkeypatch.setattr(blobs, "container", lambda name: client)
    addresses = {blobs.read_url(names.STEMS, f"{number}.wav") for number in range(100)}
    assert len(addresses) == 100 and len(asked) == 1 and all("sig=" in address for address in addresses)
    monkeypatch.setenv("RIPIENO_UPLOAD_MINUTES", str(24 * 60))
    blobs._delegation[:] = [(datetime.now(UTC) + timedelta(hours=23), blobs._delegation[0][1])]
    blobs.write_url(names.RAW_AUDIO, "x.wav")
    assert len(asked) == 2 and asked[1] > datetime.now(UTC) + timedelta(hours=24)
