"""Drops as Event Grid tells of them, through the storage queue `drops`: the file itself never comes this way."""

from __future__ import annotations

import json
import logging
from urllib.parse import unquote, urlsplit

import azure.durable_functions as df
import azure.functions as func

from ripieno.contracts import names
from ripieno.work import inbox

blueprint = df.Blueprint()
log = logging.getLogger("ripieno.drop")


@blueprint.function_name("blob_dropped")
@blueprint.queue_trigger(arg_name="message", queue_name=names.DROPS_QUEUE, connection="AzureWebJobsStorage")
@blueprint.durable_client_input(client_name="client")
async def blob_dropped(message: func.QueueMessage, client: df.DurableOrchestrationClient) -> None:
    """Take in a blob that Event Grid tells of. Events come at least once: a second one finds the first one's work."""
    event = json.loads(message.get_body())
    for one in event if isinstance(event, list) else [event]:
        path = unquote(urlsplit(str(one.get("data", {}).get("url", ""))).path)
        _, container, name = f"/{path.lstrip('/')}".partition(f"/{names.RAW_AUDIO}/")
        if container and name:
            await inbox.take(client, name)
        else:
            log.warning("an event that tells of no drop is left alone: %s", str(one)[:500])
