"""The deletion of a song, a generation or a voice: the answer to asking for it, and how far it is."""

from __future__ import annotations

import asyncio
import string
from typing import Any

import azure.durable_functions as df

from ripieno.contracts.audio import Removal, RemovalAccepted
from ripieno.contracts.enums import ItemKind, Role
from ripieno.contracts.workflow import Run
from ripieno.records import runs
from ripieno.services.settings import settings
from ripieno.work import asking
from triggers.problems import ApiError
from triggers.routing import Answer, Call, route

blueprint = df.Blueprint()
_OF_AN_ID = set(string.ascii_letters + string.digits + "-")
_STATES = {"Completed": "completed", "Failed": "failed", "Terminated": "failed", "Canceled": "failed"}


@route(
    blueprint,
    "GET",
    "/removals/{id}",
    role=Role.VIEWER,
    of=ItemKind.REMOVALS,
    tag="songs",
    answers={200: Removal},
    with_client=True,
)
async def get_removal(call: Call[None]) -> Answer:
    """How far a deletion is.

    `running` until everything that was ever made from it is deleted, then `completed`.
    """
    instance_id = call.path["id"]
    status = await asking.status_of(call.durable, instance_id) if instance_id.startswith("remove-") else None
    if status is None and await asyncio.to_thread(_is_noted, call.owner, instance_id):
        return Answer(Removal(instance_id=instance_id, status="running", fraction=0.0, message="queued"))
    order = status.input_ if status is not None and isinstance(status.input_, dict) else {}
    if status is None or order.get("owner") != call.owner:
        raise ApiError(404, "not_found", "there is no such removal, or it was long ago")
    said = status.custom_status if isinstance(status.custom_status, dict) else {}
    return Answer(
        Removal(
            instance_id=instance_id,
            status=_STATES.get(getattr(status.runtime_status, "name", ""), "running"),
            fraction=said.get("fraction", 0.0),
            message=said.get("message", "queued"),
        )
    )


async def removing(call: Call[Any], run: Run, message: str = "it is being deleted") -> Answer:
    """Start a removal that was noted; the answer to a DELETE."""
    await asking.start(call.durable, run)
    url = f"{settings().public_url}/api/removals/{run.instance_id}"
    accepted = RemovalAccepted(instance_id=run.instance_id, status_url=url, message=message)
    return Answer(accepted, 202, {"Location": url, "Retry-After": "1"})


def _is_noted(owner: str, instance_id: str) -> bool:
    """Whether it was asked for, and its asker died before it could begin: it begins shortly."""
    is_one = instance_id.startswith("remove-") and set(instance_id) <= _OF_AN_ID and len(instance_id) < 200
    return is_one and runs.find(owner, instance_id) is not None
