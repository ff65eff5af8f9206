"""Queue triggers: messages are invisible while they are handled, tried again when that fails, then poisoned."""

from __future__ import annotations

import asyncio
import base64
import binascii
import logging

from azure.core.exceptions import AzureError
from azure.functions.queue import QueueMessage
from azure.storage.queue import QueueServiceClient

from ripieno.local.host.functions import AppFunctions, Function
from ripieno.local.host.invoke import invoke

log = logging.getLogger("ripieno.host.queue")
VISIBILITY_SECONDS = 600
BATCH = 16
PAUSE_GROWTH, LONGEST_PAUSE_SECONDS = 1.5, 3.0


async def watch(
    functions: AppFunctions,
    function: Function,
    *,
    connection: str,
    client_binding: str,
    interval: float,
    max_dequeue: int,
) -> None:
    """Poll a queue until cancelled: every `interval` seconds where messages come, less and less often where none do, as
    Azure does."""
    name = function.trigger["queueName"]
    service = QueueServiceClient.from_connection_string(connection)
    queue, poison = service.get_queue_client(name), service.get_queue_client(f"{name}-poison")
    pause = interval
    while True:
        messages = await asyncio.to_thread(_receive, queue)
        for message in messages:
            try:
                await invoke(functions, function, _decoded(message), client_binding)
            except Exception:
                log.exception("%s failed for message %s (%s)", function.name, message.id, message.dequeue_count)
                await asyncio.to_thread(_give_back, queue, poison, message, max_dequeue)
            else:
                await asyncio.to_thread(queue.delete_message, message)
        if messages:
            pause = interval
        else:
            await asyncio.sleep(pause)
            pause = min(pause * PAUSE_GROWTH, LONGEST_PAUSE_SECONDS)


def _receive(queue) -> list:
    try:
        return list(queue.receive_messages(max_messages=BATCH, visibility_timeout=VISIBILITY_SECONDS))
    except AzureError:
        return []  # the queue is not there yet


def _give_back(queue, poison, message, max_dequeue: int) -> None:
    if message.dequeue_count < max_dequeue:
        queue.update_message(message, visibility_timeout=1)
        return
    try:
        poison.create_queue()
    except AzureError:
        pass  # it exists
    poison.send_message(message.content)
    queue.delete_message(message)


def _decoded(message) -> QueueMessage:
    """Functions' queues carry base64 by default; plain text is accepted too."""
    try:
        body = base64.b64decode(message.content, validate=True)
    except (binascii.Error, ValueError):
        body = message.content.encode()
    return QueueMessage(id=message.id, body=body, pop_receipt=message.pop_receipt)
