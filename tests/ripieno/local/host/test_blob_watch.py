"""The polling source of blobs: what has been handled costs nothing again, and what is gone is forgotten."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import azure.functions as func
from azure.storage.blob import BlobClient, BlobServiceClient, ContainerClient

from ripieno.local.durable.store import Store
from ripieno.local.host import blob_trigger, functions


def watching(stack, store: Store, container: str, on_blob, *, until: threading.Event) -> None:
    app = func.FunctionApp()
    app.blob_trigger(arg_name="blob", path=f"{container}/{{name}}", connection="AzureWebJobsStorage")(on_blob)
    indexed = functions.index(app)
    (function,) = indexed.of("blobTrigger")

    async def watch() -> None:
        task = asyncio.create_task(
            blob_trigger.watch(
                indexed,
                function,
                connection=stack.connection_string,
                store=store,
                client_binding="",
                interval=0.05,
                parallel=4,
                tries=2,
            )
        )
        assert await asyncio.to_thread(until.wait, 60)
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task

    asyncio.run(watch())


def counted_lists(monkeypatch, *, count: int) -> threading.Event:
    """Set at the `count`th listing."""
    reached, seen, listed = threading.Event(), [], ContainerClient.list_blobs

    def list_blobs(self, *args, **kwargs):
        seen.append(1)
        if len(seen) >= count:
            reached.set()
        return listed(self, *args, **kwargs)

    monkeypatch.setattr(ContainerClient, "list_blobs", list_blobs)
    return reached


def test_two_thousand_handled_blobs_cost_one_list_and_nothing_else(stack, tmp_path, monkeypatch):
    service = BlobServiceClient.from_connection_string(stack.connection_string)
    container = service.create_container("two-thousand")
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: container.upload_blob(f"{n}", b"x"), range(2000)))
    store = Store(tmp_path / "durable.db")
    for blob in container.list_blobs():
        store.write_receipt(f"on_blob|{blob.name}|{blob.etag}", attempts=1, done=True)
    store.write_receipt("on_blob|gone|etag", attempts=1, done=True)

    def on_blob(blob: func.InputStream) -> None:
        raise AssertionError(f"{blob.name} was handled already")

    touched = []
    monkeypatch.setattr(BlobClient, "download_blob", lambda self, *_, **__: touched.append(self))
    monkeypatch.setattr(Store, "write_receipt", lambda self, *_, **__: touched.append(self))
    watching(stack, store, "two-thousand", on_blob, until=counted_lists(monkeypatch, count=4))
    assert touched == []
    assert len(store.receipts("on_blob|")) == 2000  # the receipt of the blob that is gone went with it
    store.close()


def test_a_blob_that_keeps_failing_is_read_as_often_as_allowed_and_no_more(stack, tmp_path, monkeypatch):
    service = BlobServiceClient.from_connection_string(stack.connection_string)
    service.create_container("failing").upload_blob("bad", b"content")
    store = Store(tmp_path / "durable.db")
    read = []

    def on_blob(blob: func.InputStream) -> None:
        read.append(blob.read())
        raise ValueError("not today")

    watching(stack, store, "failing", on_blob, until=counted_lists(monkeypatch, count=12))
    assert read == [b"content"] * 2
    assert list(store.receipts("on_blob|").values()) == [(2, True)]
    store.close()
