"""Endpoints say here that a job has ended. It is a hint: the workflow reads the job itself."""

from __future__ import annotations

import asyncio

import azure.durable_functions as df

from ripieno.contracts.health import Woken
from ripieno.contracts.jobs import JobEvent
from ripieno.contracts.names import job_done_event, job_of_attempt
from ripieno.services import webhooks
from ripieno.work import asking
from triggers.routing import Answer, Call, route

blueprint = df.Blueprint()
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
    problems=("bad_signature",),
)
async def job_callback(call: Call[None]) -> Answer:
    """Wake the workflow that waits for a job.

    For endpoints: signed as Standard Webhooks say, with the secret that endpoints and the app share.
    """
    body = await asyncio.to_thread(webhooks.verify_callback, call.request.get_body(), call.request.headers)
    waiting = job_of_attempt(JobEvent.model_validate(body).job_id)  # its workflow has the job's id
    if await asking.status_of(call.durable, waiting) is None:
        return Answer(Woken(woken=False))
    try:
        await call.durable.raise_event(waiting, job_done_event(waiting), {"job_id": waiting})
    except Exception:
        return Answer(Woken(woken=False))  # it has ended meanwhile
    return Answer(Woken(woken=True))
