"""Large files: a time-limited address to put them at, straight into storage."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import azure.durable_functions as df

from ripieno.contracts import names
from ripieno.contracts.audio import UploadOutcome, UploadRequest, UploadTicket
from ripieno.contracts.enums import ItemKind, Role
from ripieno.contracts.workflow import Upload
from ripieno.records import quotas, uploads
from ripieno.services import blobs, limits, webhooks
from ripieno.services.settings import settings
from ripieno.work import asking, ingest
from triggers.problems import ApiError
from triggers.routing import Answer, Call, route

blueprint = df.Blueprint()


@route(
    blueprint,
    "POST",
    "/uploads",
    role=Role.ANALYST,
    tag="songs",
    body=UploadRequest,
    answers={201: UploadTicket},
    problems=("bad_webhook_url", "file_too_large", "quota_exceeded"),
)
def create_upload(call: Call[UploadRequest]) -> Answer:
    """An address to put a large file at.

    PUT the bytes to `upload_url` with `headers` before `expires_at`, then POST to `complete_url`. Room for the declared
    size is held until then; a file that is larger is rejected. The address is for one file: once that has become a song
    or was rejected, what is put there is deleted.
    """
    wanted = call.body
    limits.check_size(wanted.file_size_bytes)
    if wanted.webhook_url:
        webhooks.check_user_url(wanted.webhook_url)
    its, hold = quotas.Wants(songs=1, size_bytes=wanted.file_size_bytes), names.upload_hold(call.seed)
    quotas.check_room(call.owner, replace(its, in_place_of=hold), roles=call.caller.roles)  # for its analysis too
    quotas.hold(call.owner, hold, roles=call.caller.roles, wants=its, is_job=False)
    now = datetime.now(UTC)
    ends_at = (now + timedelta(minutes=settings().upload_minutes)).isoformat()
    upload = Upload(
        upload_id=call.seed,
        owner=call.owner,
        file_name=ingest.clean_name(wanted.file_name),
        created_at=now.isoformat(),
        size_bytes=wanted.file_size_bytes,
        roles=sorted(call.caller.roles),
        ends_at=ends_at,
        webhook_url=wanted.webhook_url,
    )
    uploads.create(upload)
    ticket = UploadTicket(
        upload_id=upload.upload_id,
        upload_url=blobs.write_url(names.RAW_AUDIO, names.uploaded_blob(upload.upload_id)),
        headers={"x-ms-blob-type": "BlockBlob"},
        expires_at=ends_at,
        complete_url=f"{settings().public_url}/api/uploads/{upload.upload_id}/complete",
    )
    return Answer(ticket, 201)


@route(
    blueprint,
    "POST",
    "/uploads/{id}/complete",
    role=Role.ANALYST,
    of=ItemKind.UPLOADS,
    tag="songs",
    answers={200: UploadOutcome, 202: UploadOutcome},
    with_client=True,
    problems=("nothing_uploaded",),
)
async def complete_upload(call: Call[None]) -> Answer:
    """Say that the bytes are there, and learn which song they are.

    202 while the file is being read, 200 with the song's id as soon as it is known; ask again until then.
    """
    upload = await asyncio.to_thread(_upload, call)
    if upload.outcome is None:
        try:
            run = await asyncio.to_thread(ingest.dropped, names.uploaded_blob(upload.upload_id))
            await asking.ask(call.durable, run)
            upload = upload.model_copy(update={"instance_id": run.instance_id})
        except ingest.DropMissing:
            upload = await asyncio.to_thread(_upload, call)  # it may have been taken in since we looked
            if upload.instance_id is None:
                raise ApiError(409, "nothing_uploaded", "no bytes have arrived: PUT them to upload_url first") from None
    outcome = UploadOutcome(
        upload_id=upload.upload_id,
        instance_id=upload.instance_id,
        audio_file_id=upload.audio_file_id,
        outcome=upload.outcome,
        message=upload.message or "the file is being read",
    )
    return Answer(outcome, 200 if upload.outcome else 202, {} if upload.outcome else {"Retry-After": "1"})


def _upload(call: Call[None]) -> Upload:
    upload = uploads.find(call.path["id"])
    if upload is None or upload.owner != call.owner:
        raise ApiError(404, "not_found", "there is no such upload")
    return upload
