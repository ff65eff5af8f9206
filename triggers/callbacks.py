"""Endpoints say here that a job has ended. It is a hint: the workflow reads the job itself."""

from __future__ import annotations

import asyncio
import re

import azure.durable_functions as df

from ripieno.contracts.health import Woken
from ripieno.contracts.jobs import JobEvent
from ripieno.contracts.names import job_done_event, job_of_attempt
from ripieno.records import heard
from ripieno.services import webhooks
from ripieno.work import asking
from triggers.problems import ApiError
from triggers.routing import Answer, Call, route

blueprint = df.Blueprint()
_JOB_ID = re.compile(r"[A-Za-z0-9_.:-]{1,400}")
_BODY = {"required": True, "content": {"application/json": {"schema": {"$ref": "#/components/schemas/JobEvent"}}}}


@route(
    blueprint,
    "POST",
    "/callbacks/jobs",
    role=None,
    tag="platform",
    body=_BODY,
    answers={200: Woken},
    with_client=True,
    problems=("bad_signature", "file_too_large", "replayed"),
)
async def job_callback(call: Call[None]) -> Answer:
    """Wake the workflow that waits for a job.

    For endpoints: signed as Standard Webhooks say, with a secret that endpoints and the app share. A message is heard
    once, by its `webhook-id`, which answers 409 when it comes again; an `Idempotency-Key` is not heeded.
    """
    message_id, event = await asyncio.to_thread(_heard, call)
    try:
        return Answer(Woken(woken=await _wake(call, event)))
    except BaseException:
        await asyncio.to_thread(heard.forget, message_id)  # whoever sends it again is heard
        raise


async def _wake(call: Call[None], event: JobEvent) -> bool:
    waiting = job_of_attempt(event.job_id)  # its workflow has the job's id
    if await asking.status_of(call.durable, waiting) is None:
        return False
    try:
        await call.durable.raise_event(waiting, job_done_event(waiting), {"job_id": waiting})
    except Exception:
        return False  # it has ended meanwhile
    return True


def _heard(call: Call[None]) -> tuple[str, JobEvent]:
    """The message's id and what it says; its signature is looked at before anything else of it."""
    body = call.request.get_body()
    message_id = webhooks.verified(body, call.request.headers)
    event = JobEvent.model_validate_json(body)
    if not _JOB_ID.fullmatch(event.job_id):
        raise ApiError(400, "invalid_request", "job_id: no job of this platform is called so")
    if not heard.first_time(message_id):
        raise ApiError(409, "replayed", "a message with this webhook-id was heard already: nothing is to be done")
    return message_id, event
