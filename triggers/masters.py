"""Masters of songs."""

from __future__ import annotations

import asyncio

import azure.durable_functions as df
from pydantic import Field

from ripieno.contracts.audio import RemovalAccepted
from ripieno.contracts.base import Request
from ripieno.contracts.enums import ItemKind, Role
from ripieno.contracts.masters import SongMaster, SongMasterList, SongMasterOrder
from ripieno.contracts.works import WorkKind
from ripieno.records import works
from ripieno.services.settings import settings
from ripieno.work import asking, removal, song_mastering
from triggers.removals import removing
from triggers.routing import Answer, Call, route

blueprint = df.Blueprint()
TAG = "masters"


class MasterQuery(Request):
    """The filters of a listing."""

    limit: int = Field(default=50, ge=1, le=200)
    cursor: str | None = Field(default=None, max_length=1000)


@route(
    blueprint,
    "POST",
    "/audio/{id}/masters",
    role=Role.GENERATOR,
    of=ItemKind.SONGS,
    for_others=False,
    tag=TAG,
    body=SongMasterOrder,
    answers={202: SongMaster},
    with_client=True,
)
async def master_song(call: Call[SongMasterOrder]) -> Answer:
    """Master a song.

    By a preset, at a loudness of your own, or to sound as another song of the library does. It is kept with the song.
    """
    work, run = await asyncio.to_thread(song_mastering.begin, call.owner, call.path["id"], call.body, call.seed)
    await asking.start(call.durable, run)
    url = f"{settings().public_url}/api/masters/{work.work_id}"
    shown = await asyncio.to_thread(song_mastering.shown, work)
    return Answer(shown, 202, {"Location": url, "Retry-After": "1"})


@route(blueprint, "GET", "/masters", role=Role.VIEWER, tag=TAG, query=MasterQuery, answers={200: SongMasterList})
def list_masters(call: Call[None]) -> Answer:
    """The newest masters of songs."""
    found, cursor = works.listed(call.owner, limit=call.query.limit, cursor=call.query.cursor, kind=WorkKind.MASTER)
    return Answer(SongMasterList(items=[song_mastering.shown(one) for one in found], next_cursor=cursor))


@route(blueprint, "GET", "/masters/{id}", role=Role.VIEWER, of=ItemKind.WORKS, tag=TAG, answers={200: SongMaster})
def get_master(call: Call[None]) -> Answer:
    """A master of a song: how it stands, and where to fetch it."""
    return Answer(song_mastering.shown(works.get_master(call.owner, call.path["id"])))


@route(
    blueprint,
    "DELETE",
    "/masters/{id}",
    role=Role.GENERATOR,
    of=ItemKind.WORKS,
    tag=TAG,
    answers={202: RemovalAccepted},
    with_client=True,
)
async def delete_master(call: Call[None]) -> Answer:
    """Stop and delete a master of a song."""
    known = await asyncio.to_thread(works.find, call.owner, call.path["id"])
    if known is not None:
        await asyncio.to_thread(works.get_master, call.owner, call.path["id"])
    run = await asyncio.to_thread(removal.of_work, call.owner, call.path["id"])
    return await removing(call, run)
