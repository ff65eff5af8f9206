"""Blob triggers by polling, with a receipt for each (function, blob, ETag): Azurite has no Event Grid."""

from __future__ import annotations

import asyncio
import json
import logging
from datetime import UTC, datetime

from azure.core.exceptions import AzureError, ResourceNotFoundError
from azure.functions.blob import InputStream
from azure.storage.blob import BlobServiceClient
from azure.storage.queue import QueueServiceClient

from ripieno.local.durable.store import Store
from ripieno.local.host.functions import Function
from ripieno.local.host.invoke import invoke

log = logging.getLogger("ripieno.host.blob")
POISON_QUEUE = "webjobs-blobtrigger-poison"


class LazyStream(InputStream):
    """A blob as a trigger hands it to a function, read from storage only when the function reads it."""

    def __init__(self, blob, *, name: str, length: int, properties: dict):
        super().__init__(data=b"", name=name, uri=blob.url, length=length, blob_properties=properties, metadata={})
        self._blob = blob
        self._stream = None

    def read(self, size: int = -1) -> bytes:
        if self._stream is None:
            self._stream = self._blob.download_blob()
        return self._stream.read(size)

    read1 = read


async def watch(
    function: Function,
    *,
    connection: str,
    store: Store,
    client_binding: str,
    interval: float,
    parallel: int,
    tries: int,
) -> None:
    """Poll a container until cancelled and call `function` once for each new version of a blob.

    Blobs are taken in the order of their arrival; a function that fails is tried again `tries` times in all, then the
    blob's name goes to the poison queue, as in Azure.
    """
    container_name, _, pattern = function.trigger["path"].partition("/")
    prefix = pattern.partition("{")[0]
    container = BlobServiceClient.from_connection_string(connection).get_container_client(container_name)
    done: set[str] = set()
    gate = asyncio.Semaphore(parallel)

    async def handle(key: str, blob) -> None:
        async with gate:
            attempts, finished = store.receipt(key)
            if finished:
                done.add(key)
                return
            stream = LazyStream(
                container.get_blob_client(blob.name), name=f"{container_name}/{blob.name}", length=blob.size,
                properties={"ETag": blob.etag, "LastModified": str(blob.last_modified)},
            )  # fmt: skip
            try:
                await invoke(function, stream, client_binding)
            except Exception as fault:
                attempts += 1
                log.exception("%s failed for %s (%d of %d)", function.name, blob.name, attempts, tries)
                if attempts >= tries:
                    await asyncio.to_thread(_poison, connection, function, container_name, blob.name, str(fault))
                store.write_receipt(key, attempts=attempts, done=attempts >= tries)
                return
            store.write_receipt(key, attempts=attempts + 1, done=True)
            done.add(key)

    while True:
        try:
            blobs = await asyncio.to_thread(lambda: list(container.list_blobs(name_starts_with=prefix)))
        except (AzureError, ResourceNotFoundError):
            blobs = []  # storage or the container is not there yet
        fresh = {f"{function.name}|{blob.name}|{blob.etag}": blob for blob in blobs}
        new = [(key, blob) for key, blob in fresh.items() if key not in done]
        new.sort(key=lambda pair: pair[1].last_modified or datetime.now(UTC))
        await asyncio.gather(*(handle(key, blob) for key, blob in new))
        done &= fresh.keys()
        await asyncio.sleep(interval)


def _poison(connection: str, function: Function, container_name: str, name: str, reason: str) -> None:
    queue = QueueServiceClient.from_connection_string(connection).get_queue_client(POISON_QUEUE)
    try:
        queue.create_queue()
    except AzureError:
        pass  # it exists
    message = {"FunctionId": function.name, "ContainerName": container_name, "BlobName": name, "Reason": reason[:1000]}
    queue.send_message(json.dumps(message))
