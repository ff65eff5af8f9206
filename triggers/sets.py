"""DJ sets: ask for one, change it, talk to it, ask it why, take it home."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import azure.durable_functions as df
from pydantic import Field

from ripieno.contracts import names
from ripieno.contracts.audio import RemovalAccepted
from ripieno.contracts.base import Request
from ripieno.contracts.composition import VersionChoice
from ripieno.contracts.dj_sets import (
    SaidToSet,
    SetAccepted,
    SetChange,
    SetComparison,
    SetDownloadAccepted,
    SetDownloadFormat,
    SetExplanation,
    SetList,
    SetTalkView,
    SetVersion,
    SetVersionList,
    SetView,
    TalkAccepted,
)
from ripieno.contracts.enums import GenerationStatus, ItemKind, Role
from ripieno.contracts.sets import SetOrder
from ripieno.contracts.understanding import Language
from ripieno.contracts.works import Work, WorkKind
from ripieno.records import works
from ripieno.services import blobs
from ripieno.services.settings import settings
from ripieno.work import asking, exporting, progress, removal
from ripieno.work.sets import (
    branching,
    comparing,
    downloading,
    editing,
    explaining,
    ordering,
    showing,
    talking,
    versions,
)
from triggers.problems import ApiError
from triggers.removals import removing
from triggers.routing import MOST_BYTES, Answer, Call, route

blueprint = df.Blueprint()
TAG = "sets"


class SetQuery(Request):
    """The filters of a listing."""

    status: GenerationStatus | None = None
    limit: int = Field(default=50, ge=1, le=200)
    cursor: str | None = Field(default=None, max_length=1000)


class SetVersionQuery(Request):
    """Which version is meant; the one that is heard where none is."""

    version: int | None = Field(default=None, ge=1)


class SetComparisonQuery(Request):
    """Which versions to compare."""

    a: int = Field(ge=1)
    b: int = Field(ge=1)


class SetDownloadQuery(SetVersionQuery):
    """What is to be fetched."""

    format: SetDownloadFormat = "flac"


class WhyQuery(SetVersionQuery):
    """What is to be explained: the song at a position, the transition of a number, both counted from 1; else all."""

    song: int | None = Field(default=None, ge=1)
    transition: int | None = Field(default=None, ge=1)
    language: Language = "en"


_TALK_BODY: dict[str, Any] = {
    "required": True,
    "content": {
        "application/json": {
            "schema": {
                "type": "object",
                "required": ["text"],
                "properties": {
                    "text": {"type": "string", "description": "what was said, as a transcript"},
                    "language": {"type": "string", "description": "en, de, es or fr; else it is recognised"},
                },
            }
        },
        "application/octet-stream": {
            "schema": {"type": "string", "format": "binary", "description": "a recording of at most a minute"}
        },
    },
}


@route(
    blueprint,
    "POST",
    "/sets",
    role=Role.GENERATOR,
    tag=TAG,
    body=SetOrder,
    answers={202: SetAccepted},
    with_client=True,
    problems=("bad_webhook_url",),
)
async def create_set(call: Call[SetOrder]) -> Answer:
    """A DJ set.

    From a sentence (`an hour from my library, from dusk to peak to home`), from songs and compositions that are named,
    or from both. It is planned along a journey, then rendered as one mix; `status_url` says how far it is.
    """
    work, run = await asyncio.to_thread(ordering.begin, call.owner, call.body, call.seed)
    await asking.start(call.durable, run)
    return _accepted(work, versions.dj_set(work).versions[-1], "the set is being planned")


@route(blueprint, "GET", "/sets", role=Role.VIEWER, tag=TAG, query=SetQuery, answers={200: SetList})
def list_sets(call: Call[None]) -> Answer:
    """The newest sets, with one status or any; without their plans."""
    query: SetQuery = call.query
    status = GenerationStatus(query.status) if query.status else None
    found, cursor = works.listed(call.owner, limit=query.limit, cursor=query.cursor, kind=WorkKind.SET, status=status)
    return Answer(SetList(items=[showing.shown(one, is_whole=False) for one in found], next_cursor=cursor))


@route(
    blueprint,
    "GET",
    "/sets/{id}",
    role=Role.VIEWER,
    of=ItemKind.SETS,
    tag=TAG,
    query=SetVersionQuery,
    answers={200: SetView},
    with_client=True,
)
async def get_set(call: Call[None]) -> Answer:
    """A set: its plan (songs, transitions, the journey asked for and got), its mix, its versions, what was said."""
    work = await asyncio.to_thread(works.get_set, call.owner, call.path["id"])
    view = await asyncio.to_thread(showing.shown, work, call.query.version)
    view.progress = await progress.of_set(call.durable, work)
    return Answer(view)


@route(
    blueprint, "GET", "/sets/{id}/versions", role=Role.VIEWER, of=ItemKind.SETS, tag=TAG, answers={200: SetVersionList}
)
def list_set_versions(call: Call[None]) -> Answer:
    """Every version of a set: from which it was made, and what was changed."""
    work = works.get_set(call.owner, call.path["id"])
    return Answer(SetVersionList(items=[showing.version(work, one) for one in versions.dj_set(work).versions]))


@route(
    blueprint,
    "GET",
    "/sets/{id}/versions/compare",
    role=Role.VIEWER,
    of=ItemKind.SETS,
    tag=TAG,
    query=SetComparisonQuery,
    answers={200: SetComparison},
)
def compare_set_versions(call: Call[None]) -> Answer:
    """Two versions beside each other.

    Which songs came, went or moved, which transitions are another, and what is another of the whole; in sentences too.
    """
    query: SetComparisonQuery = call.query
    return Answer(comparing.compare(call.owner, call.path["id"], query.a, query.b))


@route(
    blueprint,
    "POST",
    "/sets/{id}/edit",
    role=Role.GENERATOR,
    of=ItemKind.SETS,
    for_others=False,
    tag=TAG,
    body=SetChange,
    answers={202: SetAccepted},
    with_client=True,
    problems=("still_making",),
)
async def edit_set(call: Call[SetChange]) -> Answer:
    """Move, swap, pin or ban a song or a transition; take it calmer or wilder; another journey or persona.

    A further version is planned around it, and rendered.
    """
    work, version, run, unread = await asyncio.to_thread(editing.edit, call.owner, call.path["id"], call.body)
    await asking.start(call.durable, run)
    return _accepted(work, version, "the change is being planned", [one.text for one in unread])


@route(
    blueprint,
    "POST",
    "/sets/{id}/rollback",
    role=Role.GENERATOR,
    of=ItemKind.SETS,
    tag=TAG,
    body=VersionChoice,
    answers={200: SetView},
    problems=("still_making",),
)
def roll_back_set(call: Call[VersionChoice]) -> Answer:
    """Go back to an earlier version; the later ones stay."""
    return Answer(showing.shown(versions.roll_back(call.owner, call.path["id"], call.body.version)))


@route(
    blueprint,
    "POST",
    "/sets/{id}/branch",
    role=Role.GENERATOR,
    of=ItemKind.SETS,
    for_others=False,
    tag=TAG,
    body=VersionChoice,
    answers={202: SetAccepted},
    with_client=True,
)
async def branch_set(call: Call[VersionChoice]) -> Answer:
    """A further set that begins as a version of this one, to be changed another way.

    Nothing is made anew: it has the version's plan, wishes and mix, and stays when this set is deleted.
    """
    work, run = await asyncio.to_thread(branching.begin, call.owner, call.path["id"], call.body.version, call.seed)
    await asking.start(call.durable, run)
    return _accepted(work, versions.dj_set(work).versions[0], "the branch is being made")


@route(
    blueprint,
    "GET",
    "/sets/{id}/why",
    role=Role.VIEWER,
    of=ItemKind.SETS,
    tag=TAG,
    query=WhyQuery,
    answers={200: SetExplanation},
)
def explain_set(call: Call[None]) -> Answer:
    """Why the set, one song or one transition of it is as it is."""
    query: WhyQuery = call.query
    told = explaining.why(
        call.owner,
        call.path["id"],
        number=query.version,
        song=query.song,
        transition=query.transition,
        language=query.language,
    )
    return Answer(told)


@route(
    blueprint,
    "POST",
    "/sets/{id}/talk",
    role=Role.GENERATOR,
    of=ItemKind.SETS,
    for_others=False,
    tag=TAG,
    body=_TALK_BODY,
    answers={202: TalkAccepted},
    with_client=True,
    problems=(
        "file_too_large",
        "unsupported_format",
        "empty_file",
        "no_audio",
        "corrupt_audio",
        "decoder_ended",
        "too_much_said",
    ),
)
async def talk_to_set(call: Call[None]) -> Answer:
    """Say something to the set, as text or as a recording.

    It is understood in English, German, Spanish and French, changes the set as an edit does, and is answered in words
    and by voice: `status_url` has the answer. A recording needs a recogniser at the generation endpoint; without one
    only a transcript works.
    """
    said = _said(call)
    work, talk, run = await asyncio.to_thread(talking.begin, call.owner, call.path["id"], said, call.seed)
    await asking.start(call.durable, run)
    url = f"{settings().public_url}/api/sets/{work.work_id}/talks/{talk.talk_id}"
    told = TalkAccepted(
        set_id=work.work_id,
        talk_id=talk.talk_id,
        instance_id=run.instance_id,
        status_url=url,
        message="it is being answered",
    )
    return Answer(told, 202, {"Location": url, "Retry-After": "1"})


@route(
    blueprint, "GET", "/sets/{id}/talks/{talk}", role=Role.VIEWER, of=ItemKind.SETS, tag=TAG, answers={200: SetTalkView}
)
def get_talk(call: Call[None]) -> Answer:
    """What was said to a set, what was understood and changed, and the answer."""
    work = works.get_set(call.owner, call.path["id"])
    return Answer(showing.talk(work, talking.find(work, call.path["talk"])))


@route(
    blueprint,
    "GET",
    "/sets/{id}/download",
    role=Role.VIEWER,
    of=ItemKind.SETS,
    tag=TAG,
    query=SetDownloadQuery,
    answers={200: "application/octet-stream", 202: SetDownloadAccepted, 307: None},
    with_client=True,
    problems=("nothing_to_download", "export_failed"),
)
async def download_set(call: Call[None]) -> Answer:
    """A version of a set as a file.

    Cue sheet, chapter marks and tracklist come at once. The mix is answered with 307 to a short-lived address in
    storage; in another format than it was rendered in it is made first: 202 then, and the same again after
    `Retry-After` seconds.
    """
    query: SetDownloadQuery = call.query
    found = await asyncio.to_thread(downloading.download, call.owner, call.path["id"], query.format, query.version)
    if isinstance(found, exporting.Written):
        return Answer(
            found.data, 200, {"Content-Disposition": blobs.disposition(found.file_name, "attachment")}, found.media_type
        )
    if isinstance(found, exporting.Stored):
        return Answer(None, 307, {"Location": found.url})
    if found.run is not None:
        await asking.start(call.durable, found.run)
    url = f"{settings().public_url}/api/sets/{call.path['id']}/download?format={query.format}&version={found.version}"
    told = SetDownloadAccepted(
        set_id=call.path["id"],
        version=found.version,
        format=query.format,
        instance_id=found.instance_id,
        status_url=url,
        message=f"the {query.format} is being made: ask the same again",
    )
    return Answer(told, 202, {"Location": url, "Retry-After": "1"})


@route(
    blueprint,
    "POST",
    "/sets/{id}/cancel",
    role=Role.GENERATOR,
    of=ItemKind.SETS,
    tag=TAG,
    answers={202: SetView},
    with_client=True,
    problems=("already_ended",),
)
async def cancel_set(call: Call[None]) -> Answer:
    """Stop what is being made; the version before stands."""
    known = await asyncio.to_thread(works.get_set, call.owner, call.path["id"])
    newest = versions.dj_set(known).versions[-1]
    if versions.dj_set(known).open is None:
        raise ApiError(409, "already_ended", f"version {newest.number} is {newest.status}: nothing is being made")
    work, run = await asyncio.to_thread(removal.cancelled, call.owner, known.work_id, versions.cancel)
    await asking.start(call.durable, run)
    return Answer(await asyncio.to_thread(showing.shown, work), 202)


@route(
    blueprint,
    "DELETE",
    "/sets/{id}",
    role=Role.GENERATOR,
    of=ItemKind.SETS,
    tag=TAG,
    answers={202: RemovalAccepted},
    with_client=True,
)
async def delete_set(call: Call[None]) -> Answer:
    """Stop and delete a set with every version, file and bridge of it; the songs stay."""
    known = await asyncio.to_thread(works.find, call.owner, call.path["id"])
    if known is not None:
        await asyncio.to_thread(works.get_set, call.owner, call.path["id"])
    run = await asyncio.to_thread(removal.of_work, call.owner, call.path["id"])
    return await removing(call, run)


# -- parts --------------------------------------------------------------------------------------------------------


def _said(call: Call[None]) -> SaidToSet | bytes:
    """A transcript, or the bytes of a recording."""
    data = call.request.get_body()
    if len(data) > talking.MOST_BYTES:
        raise ApiError(413, "file_too_large", f"say it in a minute: at most {talking.MOST_BYTES >> 20} MiB")
    if "json" not in call.request.headers.get("content-type", "").lower():
        return data
    if len(data) > MOST_BYTES:
        raise ApiError(413, "file_too_large", f"the JSON has {len(data)} bytes, and at most {MOST_BYTES} are read here")
    try:
        return SaidToSet.model_validate(json.loads(data or b"{}"))
    except json.JSONDecodeError as fault:
        raise ApiError(400, "invalid_request", f"the body is not JSON: {fault}") from None
    except (UnicodeDecodeError, RecursionError):
        raise ApiError(400, "invalid_request", "the body is no JSON that can be read") from None


def _accepted(work: Work, version: SetVersion, message: str, unread: list[str] | None = None) -> Answer:
    url = f"{settings().public_url}/api/sets/{work.work_id}"
    accepted = SetAccepted(
        set_id=work.work_id,
        version=version.number,
        instance_id=names.revision_instance(work.work_id, version.number),
        status=GenerationStatus(work.status),
        status_url=url,
        message=message,
        changes=version.changes,
        not_understood=unread or [],
    )
    return Answer(accepted, 202, {"Location": url, "Retry-After": "1"})
