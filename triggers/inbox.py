"""Drops as Event Grid tells of them, through the storage queue `drops`: the file itself never comes this way."""

from __future__ import annotations

import json

import azure.durable_functions as df
import azure.functions as func

from ripieno.contracts import names
from ripieno.work import failing, inbox

blueprint = df.Blueprint()


@blueprint.function_name("keep_poison")
@blueprint.queue_trigger(arg_name="message", queue_name=names.POISON_DROPS, connection="AzureWebJobsStorage")
def keep_poison(message: func.QueueMessage) -> None:
    """Keep a message that could not be handled however often, for an operator to see and to have heard again."""
    try:
        event = json.loads(message.get_body())
    except ValueError:
        event = []  # nothing that can be heard: it is kept that it came
    failing.of_message(names.DROPS_QUEUE, str(message.id), event, owner=inbox.owner_of(event))


@blueprint.function_name("blob_dropped")
@blueprint.queue_trigger(arg_name="message", queue_name=names.DROPS_QUEUE, connection="AzureWebJobsStorage")
@blueprint.durable_client_input(client_name="client")
async def blob_dropped(message: func.QueueMessage, client: df.DurableOrchestrationClient) -> None:
    """Take in a blob that Event Grid tells of. Events come at least once: a second one finds the first one's work."""
    await inbox.hear(client, json.loads(message.get_body()))
