"""Blob triggers by polling, with a receipt for each (function, blob, ETag): Azurite has no Event Grid."""

from __future__ import annotations

import asyncio
import json
import logging
from datetime import UTC, datetime

from azure.core.exceptions import AzureError, ResourceNotFoundError
from azure.functions.blob import InputStream
from azure.storage.blob import BlobProperties, BlobServiceClient
from azure.storage.queue import QueueServiceClient

from ripieno.local.durable.store import Store
from ripieno.local.host.functions import AppFunctions, Function
from ripieno.local.host.invoke import invoke
from ripieno.services import logs

log = logging.getLogger("ripieno.host.blob")
POISON_QUEUE = "webjobs-blobtrigger-poison"


class Delivered(InputStream):
    """A blob as a trigger hands it to a function: all of it, since Azure sends it through gRPC before the call."""

    def __init__(self, data: bytes, *, name: str, uri: str, properties: dict):
        super().__init__(data=data, name=name, uri=uri, length=len(data), blob_properties=properties, metadata={})


async def watch(
    functions: AppFunctions,
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
    known = store.receipts(f"{function.name}|")
    in_flight: set[str] = set()
    gate = asyncio.Semaphore(parallel)

    async def handle(key: str, blob: BlobProperties) -> None:
        try:
            async with gate:
                await deliver(key, blob)
        except ResourceNotFoundError:
            pass  # it was taken away meanwhile
        except Exception:
            log.exception("%s could not be given %s; it is tried again", function.name, logs.shown(blob.name))
        finally:
            in_flight.discard(key)

    async def deliver(key: str, blob: BlobProperties) -> None:
        client = container.get_blob_client(blob.name)
        data = await asyncio.to_thread(lambda: client.download_blob().readall())
        log.info("%s gets %s (%.1f MB through memory)", function.name, logs.shown(blob.name), len(data) / 1e6)
        properties = {"ETag": blob.etag, "LastModified": str(blob.last_modified)}
        given = Delivered(data, name=f"{container_name}/{blob.name}", uri=client.url, properties=properties)
        del data
        attempts = known.get(key, (0, False))[0] + 1
        done = True
        try:
            await invoke(functions, function, given, client_binding)
        except Exception as fault:
            log.exception("%s failed for %s (%d of %d)", function.name, logs.shown(blob.name), attempts, tries)
            done = attempts >= tries
            if done:
                await asyncio.to_thread(_poison, connection, function, container_name, blob.name, str(fault))
        known[key] = (attempts, done)
        store.write_receipt(key, attempts=attempts, done=done)

    async with asyncio.TaskGroup() as deliveries:
        while True:
            try:
                blobs = await asyncio.to_thread(lambda: list(container.list_blobs(name_starts_with=prefix)))
            except AzureError:
                await asyncio.sleep(interval)  # storage or the container is not there yet
                continue
            present = {f"{function.name}|{blob.name}|{blob.etag}": blob for blob in blobs}
            new = [key for key in present if key not in in_flight and not known.get(key, (0, False))[1]]
            for key in sorted(new, key=lambda key: present[key].last_modified or datetime.now(UTC)):
                in_flight.add(key)
                deliveries.create_task(handle(key, present[key]))
            gone = known.keys() - present.keys() - in_flight
            if gone:
                store.forget_receipts(gone)
                for key in gone:
                    del known[key]
            await asyncio.sleep(interval)


def _poison(connection: str, function: Function, container_name: str, name: str, reason: str) -> None:
    queue = QueueServiceClient.from_connection_string(connection).get_queue_client(POISON_QUEUE)
    try:
        queue.create_queue()
    except AzureError:
        pass  # it exists
    message = {"FunctionId": function.name, "ContainerName": container_name, "BlobName": name, "Reason": reason[:1000]}
    queue.send_message(json.dumps(message))
