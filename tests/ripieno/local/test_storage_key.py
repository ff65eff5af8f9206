"""A stack's storage takes the stack's own key, and not the one that every emulator has."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from azure.core.exceptions import HttpResponseError
from azure.data.tables import TableServiceClient
from azure.storage.blob import BlobServiceClient
from azure.storage.queue import QueueServiceClient

from ripieno.local import azurite
from ripieno.local.stack import PROJECT, Ports, Stack
from tests.stacks import free_ports

PUBLISHED = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="


def with_key(connection: str, key: str) -> str:
    head, _, tail = connection.partition("AccountKey=")
    return f"{head}AccountKey={key};{tail.partition(';')[2]}"


def containers(connection: str, **headers: str) -> list[str]:
    with BlobServiceClient.from_connection_string(connection) as service:
        return [one.name for one in service.list_containers(headers=headers)]


def queues(connection: str, **headers: str) -> list[str]:
    with QueueServiceClient.from_connection_string(connection) as service:
        return [one.name for one in service.list_queues(headers=headers)]


def tables(connection: str, **headers: str) -> list[str]:
    with TableServiceClient.from_connection_string(connection) as service:
        return [one.name for one in service.list_tables(headers=headers)]


@pytest.mark.parametrize("listed", [containers, queues, tables])
@pytest.mark.parametrize("headers", [{}, {"Host": "devstoreaccount1.evil.example"}])
def test_the_published_key_opens_nothing(storage, listed, headers):
    """Who knows it reaches storage by DNS rebinding, whatever `Host` says."""
    with pytest.raises(HttpResponseError) as refused:
        listed(with_key(storage, PUBLISHED), **headers)
    assert refused.value.status_code == 403


def test_a_host_name_names_no_account(storage):
    assert containers(storage, Host="devstoreaccount1.evil.example") == containers(storage)


def test_the_key_is_made_once_and_nobody_else_reads_it(tmp_path, monkeypatch):
    monkeypatch.setenv("AZURITE_ACCOUNTS", f"devstoreaccount1:{PUBLISHED}")
    stack = Stack(tmp_path / "home")
    key = stack.storage_key
    assert stack.environment()["AZURITE_ACCOUNTS"] == f"devstoreaccount1:{key}"
    assert key != PUBLISHED and key in stack.connection_string
    assert stat.S_IMODE((stack.home / "storage.secret").stat().st_mode) == 0o600
    assert Stack(tmp_path / "home").storage_key == key != Stack(tmp_path / "other").storage_key


def test_a_library_that_was_kept_with_the_published_key_is_there_after_an_update(tmp_path):
    stack = Stack(tmp_path / "home", Ports(*free_ports(6)))
    before = with_key(stack.connection_string, PUBLISHED)
    with running(stack, azurite.environment(PUBLISHED)), BlobServiceClient.from_connection_string(before) as service:
        service.create_container("songs").upload_blob("a.wav", b"music")
    with running(stack, {}), BlobServiceClient.from_connection_string(stack.connection_string) as service:
        assert service.get_blob_client("songs", "a.wav").download_blob().readall() == b"music"


@contextmanager
def running(stack: Stack, environment: dict[str, str]) -> Iterator[None]:
    """The storage of a stack alone."""
    tools = Path(os.environ.get("RIPIENO_TOOLS", PROJECT / ".ripieno" / "tools"))
    azurite.install(tools)
    (child,) = [one for one in stack._plan(tools) if one.name == "storage"]
    child.env |= environment
    child.start()
    try:
        child.wait_healthy(60)
        yield
    finally:
        child.stop()
