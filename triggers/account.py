"""Everything of whoever asks: deleted by their own wish."""

from __future__ import annotations

import asyncio

import azure.durable_functions as df

from ripieno.contracts.audio import RemovalAccepted
from ripieno.contracts.enums import Role
from ripieno.work import accounts
from triggers.removals import removing
from triggers.routing import Answer, Call, route

blueprint = df.Blueprint()


@route(
    blueprint,
    "DELETE",
    "/account",
    role=Role.VIEWER,
    tag="account",
    answers={202: RemovalAccepted},
    with_client=True,
)
async def delete_account(call: Call[None]) -> Answer:
    """Delete everything that is yours.

    Every song, generation, composition, set and voice, with all that was ever made from it; what was learned of your
    taste, what you said, what was refused, and what is kept of requests. What you used is kept for the bills, as
    figures.
    """
    return await removing(call, await asyncio.to_thread(accounts.remove, call.owner, call.seed))
