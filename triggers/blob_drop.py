"""A file dropped into raw-audio/ by any client, and the direct uploads that arrive the same way."""

from __future__ import annotations

import asyncio
import logging
import os
from datetime import UTC, datetime

import azure.durable_functions as df
import azure.functions as func

from ripieno.contracts import names
from ripieno.contracts.workflow import PipelineInput
from ripieno.services import blobs, uploads
from ripieno.services.identity import LOCAL_OWNER
from triggers import workflows
from triggers.audio import clean_name

blueprint = df.Blueprint()
log = logging.getLogger("ripieno.drop")

# Azure's Event Grid is quick and misses nothing; Azurite and plain accounts are polled.
SOURCE = (
    func.BlobSource.EVENT_GRID
    if os.environ.get("RIPIENO_BLOB_SOURCE") == "EventGrid"
    else func.BlobSource.LOGS_AND_CONTAINER_SCAN
)


@blueprint.function_name("blob_dropped")
@blueprint.blob_trigger(arg_name="dropped", path="raw-audio/{name}", connection="AzureWebJobsStorage", source=SOURCE)
@blueprint.durable_client_input(client_name="client")
async def blob_dropped(dropped: func.InputStream, client: df.DurableOrchestrationClient) -> None:
    """Start the pipeline for a new blob; events come at least once, so a second one finds the first one's work."""
    name = (dropped.name or "").partition("/")[2]
    if names.is_canonical(name):
        return  # ingestion itself put it there
    try:
        await start_dropped(client, name)
    except blobs.BlobMissing:
        log.info("raw-audio/%s is gone: an earlier event took it in", name)


async def start_dropped(client: df.DurableOrchestrationClient, name: str) -> str:
    """Start the pipeline for this version of a blob, once; its instance id. Raises `BlobMissing`."""
    found = await asyncio.to_thread(blobs.properties, names.RAW_AUDIO, name)
    upload = None
    if name.startswith(names.UPLOAD_PREFIX):
        upload = await asyncio.to_thread(uploads.find, name.removeprefix(names.UPLOAD_PREFIX))
    instance_id = names.drop_instance(name, found.etag)
    order = PipelineInput(
        owner=upload["owner"] if upload else LOCAL_OWNER,
        blob_name=name,
        original_file_name=upload["file_name"] if upload else clean_name(name),
        webhook_url=upload.get("webhook_url") if upload else None,
        arrived_at=datetime.now(UTC).isoformat(),  # finer than the blob's own time, which has whole seconds
    )
    await workflows.start_once(client, "PipelineOrchestrator", instance_id, order.model_dump())
    return instance_id
