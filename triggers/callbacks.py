"""Endpoints say here that a job has ended. It is a hint: the workflow reads the job itself."""

from __future__ import annotations

import asyncio

import azure.durable_functions as df
import azure.functions as func

from ripieno.contracts.jobs import JobEvent
from ripieno.contracts.names import job_done_event
from ripieno.services import webhooks
from triggers.answers import answers, ok

blueprint = df.Blueprint()


@blueprint.function_name("job_callback")
@blueprint.route(route="callbacks/jobs", methods=["POST"], auth_level=func.AuthLevel.ANONYMOUS)
@blueprint.durable_client_input(client_name="client")
@answers
async def job_callback(req: func.HttpRequest, client: df.DurableOrchestrationClient) -> func.HttpResponse:
    """Wake the workflow that waits for a job. Signed as Standard Webhooks say."""
    event = JobEvent.model_validate(await asyncio.to_thread(webhooks.verify, req.get_body(), req.headers))
    waiting = ":".join(event.job_id.split(":")[:2])  # a further attempt has a suffix, its workflow has not
    status = await client.get_status(waiting)
    if status is None or status.runtime_status is None:
        return ok({"woken": False})
    try:
        await client.raise_event(waiting, job_done_event(waiting), event.model_dump())
    except Exception:
        return ok({"woken": False})  # it has ended meanwhile
    return ok({"woken": True})
