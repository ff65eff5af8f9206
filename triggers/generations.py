"""New stems: ask for them, listen, approve or reject, mix, cancel, delete."""

from __future__ import annotations

import asyncio
from typing import Any
from urllib.parse import unquote

import azure.durable_functions as df
from pydantic import Field

from ripieno.contracts.audio import RemovalAccepted
from ripieno.contracts.base import Request
from ripieno.contracts.enums import GenerationStatus, ItemKind, Role
from ripieno.contracts.generation import (
    Generation,
    GenerationAccepted,
    GenerationList,
    GenerationOrder,
    MixAccepted,
    MixOrder,
    Verdict,
)
from ripieno.records import works
from ripieno.services.settings import settings
from ripieno.work import asking, generating, mixing, removal, review, showing
from triggers.problems import ApiError
from triggers.removals import removing
from triggers.routing import Answer, Call, route
from triggers.voices import NOT_LET

blueprint = df.Blueprint()
TAG = "generations"


class GenerationQuery(Request):
    """The filters of a listing; all given ones must hold."""

    audio_file_id: str | None = Field(default=None, max_length=100, pattern=r"^[A-Za-z0-9-]+$")
    status: GenerationStatus | None = None
    limit: int = Field(default=50, ge=1, le=200)
    cursor: str | None = Field(default=None, max_length=1000)


@route(
    blueprint,
    "POST",
    "/generations",
    role=Role.GENERATOR,
    tag=TAG,
    body=GenerationOrder,
    answers={202: GenerationAccepted},
    with_client=True,
    problems=("not_found", "not_analyzed", "bad_webhook_url", *NOT_LET, "voice_not_ready"),
)
async def create_generation(call: Call[GenerationOrder]) -> Answer:
    """New stems.

    For an analysed song, or free-standing. `status_url` says how far they are; when they can be heard they wait for
    your review.
    """
    await asyncio.to_thread(generating.check, call.body)
    work, run = await asyncio.to_thread(generating.begin, call.owner, call.body, call.seed)
    await asking.start(call.durable, run)
    accepted = GenerationAccepted(
        generation_request_id=work.work_id,
        instance_id=run.instance_id,
        status=GenerationStatus.PENDING,
        status_url=_url(work.work_id),
        message="the stems are being planned",
    )
    return Answer(accepted, 202, {"Location": accepted.status_url, "Retry-After": "1"})


@route(
    blueprint,
    "GET",
    "/generations",
    role=Role.VIEWER,
    tag=TAG,
    query=GenerationQuery,
    answers={200: GenerationList},
)
def list_generations(call: Call[None]) -> Answer:
    """The newest requests for stems, of all songs or of one; without their takes."""
    query: GenerationQuery = call.query
    found, cursor = works.listed(
        call.owner,
        limit=query.limit,
        cursor=query.cursor,
        audio_file_id=query.audio_file_id,
        status=GenerationStatus(query.status) if query.status else None,
    )
    return Answer(GenerationList(items=showing.summaries(found), next_cursor=cursor))


@route(blueprint, "GET", "/generations/{id}", role=Role.VIEWER, of=ItemKind.WORKS, tag=TAG, answers={200: Generation})
def get_generation(call: Call[None]) -> Answer:
    """A request with its plan, every take of every stem, and its mixes."""
    return Answer(showing.whole(works.get_stems(call.owner, call.path["id"])))


@route(
    blueprint,
    "POST",
    "/generations/{id}/cancel",
    role=Role.GENERATOR,
    of=ItemKind.WORKS,
    tag=TAG,
    answers={202: Generation},
    with_client=True,
    problems=("already_ended",),
)
async def cancel_generation(call: Call[None]) -> Answer:
    """Stop what is being made; takes that are there stay."""
    known = await asyncio.to_thread(works.get_stems, call.owner, call.path["id"])
    if GenerationStatus(known.status).ended:
        raise ApiError(409, "already_ended", f"the request is {known.status}: there is nothing to cancel")
    work, run = await asyncio.to_thread(removal.cancelled, call.owner, known.work_id)
    await asking.start(call.durable, run)
    return Answer(await asyncio.to_thread(showing.whole, work), 202)


@route(
    blueprint,
    "DELETE",
    "/generations/{id}",
    role=Role.GENERATOR,
    of=ItemKind.WORKS,
    tag=TAG,
    answers={202: RemovalAccepted},
    with_client=True,
)
async def delete_generation(call: Call[None]) -> Answer:
    """Stop and delete a request with everything made for it."""
    run = await asyncio.to_thread(removal.of_work, call.owner, call.path["id"])
    return await removing(call, run)


@route(
    blueprint,
    "POST",
    "/generations/{id}/stems/{stem}/approve",
    role=Role.GENERATOR,
    of=ItemKind.WORKS,
    tag=TAG,
    body=Verdict,
    answers={202: Generation},
    with_client=True,
    problems=("not_reviewable",),
)
async def approve_stem(call: Call[Verdict]) -> Answer:
    """Approve a take of a stem: any that can be heard, also an earlier or a rejected one.

    One take of a stem is approved: approving another takes the approval back from the first.
    """
    return await _reviewed(call, approved=True)


@route(
    blueprint,
    "POST",
    "/generations/{id}/stems/{stem}/reject",
    role=Role.GENERATOR,
    of=ItemKind.WORKS,
    tag=TAG,
    body=Verdict,
    answers={202: Generation},
    with_client=True,
    problems=("not_reviewable",),
)
async def reject_stem(call: Call[Verdict]) -> Answer:
    """Reject a take of a stem, an approved one too; with a comment, a new take is made that heeds it."""
    return await _reviewed(call, approved=False)


@route(
    blueprint,
    "POST",
    "/generations/{id}/mixes",
    role=Role.GENERATOR,
    of=ItemKind.WORKS,
    tag=TAG,
    body=MixOrder,
    answers={200: MixAccepted, 202: MixAccepted},
    with_client=True,
    problems=("nothing_to_mix",),
)
async def create_mix(call: Call[MixOrder]) -> Answer:
    """Mix the original and the stems into one file.

    It appears among the request's mixes, with a status; so does its master where one is asked for. The same mix of the
    same takes is made once.
    """
    work, element, run = await asyncio.to_thread(mixing.begin, call.owner, call.path["id"], call.body, call.seed)
    if run is not None:
        await asking.start(call.durable, run)
    accepted = MixAccepted(
        name=element.name,
        master=mixing.master_name(element.name) if call.body.master else None,
        status=element.latest.status,
        status_url=_url(work.work_id),
        instance_id=mixing.instance_of(work.work_id, element.name),
    )
    return Answer(accepted, 202 if run else 200, {"Location": accepted.status_url, "Retry-After": "1"})


# -- parts --------------------------------------------------------------------------------------------------------


async def _reviewed(call: Call[Verdict], *, approved: bool) -> Answer:
    def give() -> tuple[Any, Any]:
        return review.give(
            call.owner,
            call.path["id"],
            unquote(call.path["stem"]),
            call.body.take,
            approved=approved,
            comment=call.body.comment,
            reviewer=call.caller.owner,
        )

    work, run = await asyncio.to_thread(give)
    if run is not None:
        await asking.start(call.durable, run)
    return Answer(await asyncio.to_thread(showing.whole, work), 202)


def _url(work_id: str) -> str:
    return f"{settings().public_url}/api/generations/{work_id}"
