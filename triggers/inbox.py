"""Drops as Event Grid tells of them, through the storage queue `drops`: the file itself never comes this way."""

from __future__ import annotations

import json

import azure.durable_functions as df
import azure.functions as func

from ripieno.contracts import names
from ripieno.work import inbox

blueprint = df.Blueprint()


@blueprint.function_name("blob_dropped")
@blueprint.queue_trigger(arg_name="message", queue_name=names.DROPS_QUEUE, connection="AzureWebJobsStorage")
@blueprint.durable_client_input(client_name="client")
async def blob_dropped(message: func.QueueMessage, client: df.DurableOrchestrationClient) -> None:
    """Take in a blob that Event Grid tells of. Events come at least once: a second one finds the first one's work."""
    await inbox.hear(client, json.loads(message.get_body()))
