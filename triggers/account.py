"""Everything of whoever asks: deleted by their own wish."""

from __future__ import annotations

import asyncio

import azure.durable_functions as df

from ripieno.contracts.audio import RemovalAccepted
from ripieno.contracts.enums import Role
from ripieno.services.identity import Caller
from ripieno.work import accounts
from triggers.problems import ApiError
from triggers.removals import removing
from triggers.routing import Answer, Call, route

blueprint = df.Blueprint()
_THEMSELVES = {"local", "issuer", "easy_auth", "visitor"}
"""By what somebody is known who is there in person: they may have deleted what is theirs, whatever their role."""


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
    figures. So is who did what, as ids, until that ends by its age.

    Whoever has signed in may ask for it, a Viewer too. A device that was paired may not, nor a token of
    `RIPIENO_TOKENS` that is less than a Generator's: whoever finds one would have found the right to delete everything.
    """
    if not _may_delete_everything(call.caller):
        raise ApiError(
            403, "forbidden", "neither a paired device nor a token of a lesser role than Generator deletes everything "
            "of its owner: ask for it where you sign in yourself",
        )  # fmt: skip
    return await removing(call, await asyncio.to_thread(accounts.remove, call.owner, call.seed))


def _may_delete_everything(caller: Caller) -> bool:
    return caller.known_by in _THEMSELVES or (caller.known_by == "token" and Role.GENERATOR in caller.roles)
