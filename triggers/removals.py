"""How far the deletion of a song or a generation is."""

from __future__ import annotations

import azure.durable_functions as df

from ripieno.contracts.audio import Removal
from ripieno.contracts.enums import Role
from ripieno.work import asking
from triggers.problems import ApiError
from triggers.routing import Answer, Call, route

blueprint = df.Blueprint()
_STATES = {"Completed": "completed", "Failed": "failed", "Terminated": "failed", "Canceled": "failed"}


@route(blueprint, "GET", "/removals/{id}", role=Role.VIEWER, tag="songs", answers={200: Removal}, with_client=True)
async def get_removal(call: Call[None]) -> Answer:
    """How far a deletion is.

    `running` until everything that was ever made from it is deleted, then `completed`.
    """
    instance_id = call.path["id"]
    status = await asking.status_of(call.durable, instance_id) if instance_id.startswith("remove-") else None
    order = status.input_ if status is not None and isinstance(status.input_, dict) else {}
    if status is None or order.get("owner") != call.owner:
        raise ApiError(404, "not_found", "there is no such removal, or it was long ago")
    said = status.custom_status if isinstance(status.custom_status, dict) else {}
    return Answer(
        Removal(
            instance_id=instance_id, status=_STATES.get(getattr(status.runtime_status, "name", ""), "running"),
            fraction=said.get("fraction", 0.0), message=said.get("message", "queued"),
        )
    )  # fmt: skip
