"""Large files: a time-limited address to put them at, straight into storage."""

from __future__ import annotations

import asyncio
import json
import uuid
from datetime import UTC, datetime, timedelta

import azure.durable_functions as df
import azure.functions as func

from ripieno.contracts import names
from ripieno.contracts.audio import UploadRequest, UploadTicket
from ripieno.services import blobs, idempotency, limits, uploads, webhooks
from ripieno.services.identity import owner_of
from ripieno.services.settings import settings
from triggers import workflows
from triggers.answers import ApiError, answers, ok
from triggers.audio import clean_name
from triggers.blob_drop import start_dropped

blueprint = df.Blueprint()
TICKET_HOURS = 4


@blueprint.function_name("create_upload")
@blueprint.route(route="uploads", methods=["POST"], auth_level=func.AuthLevel.FUNCTION)
@answers
def create_upload(req: func.HttpRequest) -> func.HttpResponse:
    """Ask for an address to PUT a file at."""
    owner, key = owner_of(req.headers), req.headers.get("idempotency-key")
    if key and (earlier := idempotency.recall(owner, key, req.get_body())):
        return ok(earlier[1], earlier[0])
    try:
        wanted = UploadRequest.model_validate(req.get_json())
    except json.JSONDecodeError as fault:
        raise ApiError(400, "invalid_request", f"the body is not JSON: {fault}") from None
    limits.check_size(wanted.file_size_bytes)
    if wanted.webhook_url:
        webhooks.check_user_url(wanted.webhook_url)
    upload_id = uuid.uuid4().hex
    file_name = clean_name(wanted.file_name)
    uploads.remember(upload_id, owner=owner, file_name=file_name, webhook_url=wanted.webhook_url)
    ticket = UploadTicket(
        upload_id=upload_id,
        upload_url=blobs.write_url(names.RAW_AUDIO, names.uploaded_blob(upload_id), hours=TICKET_HOURS),
        headers={"x-ms-blob-type": "BlockBlob"},
        expires_at=(datetime.now(UTC) + timedelta(hours=TICKET_HOURS)).isoformat(),
        complete_url=f"{settings().public_url}/api/uploads/{upload_id}/complete",
    )
    if key:
        idempotency.remember(owner, key, req.get_body(), 201, ticket.model_dump())
    return ok(ticket, 201)


@blueprint.function_name("complete_upload")
@blueprint.route(route="uploads/{id}/complete", methods=["POST"], auth_level=func.AuthLevel.FUNCTION)
@blueprint.durable_client_input(client_name="client")
@answers
async def complete_upload(req: func.HttpRequest, client: df.DurableOrchestrationClient) -> func.HttpResponse:
    """Say that the bytes are there (a blob event says so too, later) and learn which song they are.

    202 while the file is being read, 200 with the song's id as soon as it is known; ask again until then.
    """
    upload = await asyncio.to_thread(uploads.find, req.route_params["id"])
    if upload is None or upload["owner"] != owner_of(req.headers):
        raise ApiError(404, "not_found", "there is no such upload")
    instance_id = upload.get("instance_id")
    if instance_id is None:
        try:
            instance_id = await start_dropped(client, names.uploaded_blob(upload["RowKey"]))
        except blobs.BlobMissing:
            raise ApiError(409, "nothing_uploaded", "no bytes have arrived: PUT them to upload_url first") from None
        await asyncio.to_thread(uploads.started, upload["RowKey"], instance_id)
    return ok(*_outcome(await client.get_status(instance_id), client.create_http_management_payload(instance_id)))


def _outcome(status, links: dict[str, str]) -> tuple[dict, int]:
    state = status.custom_status if isinstance(status.custom_status, dict) else {}
    output = status.output if isinstance(status.output, dict) else {}
    answer = {
        "audio_file_id": output.get("audio_file_id") or state.get("audio_file_id"),
        "outcome": output.get("outcome"), "message": output.get("message") or state.get("message") or "queued",
        "workflow_url": links["statusQueryGetUri"],
    }  # fmt: skip
    if status.runtime_status in workflows.ENDED and not answer["audio_file_id"]:
        answer |= {"outcome": "failed", "message": str(status.output)[:500]}
        return answer, 200
    return answer, 200 if answer["audio_file_id"] else 202
