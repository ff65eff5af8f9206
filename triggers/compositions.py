"""Whole pieces: ask for one, look at it stage by stage, refine it, take it back, approve it."""

from __future__ import annotations

import asyncio

import azure.durable_functions as df
from pydantic import Field

from ripieno.contracts import names
from ripieno.contracts.audio import RemovalAccepted
from ripieno.contracts.base import Request
from ripieno.contracts.composition import (
    CompositionAccepted,
    CompositionList,
    CompositionOrder,
    CompositionView,
    DownloadAccepted,
    DownloadFormat,
    Refinement,
    Rejection,
    Revision,
    VersionChoice,
    VersionComparison,
    VersionList,
)
from ripieno.contracts.enums import GenerationStatus, ItemKind, Role
from ripieno.contracts.workflow import Run
from ripieno.contracts.works import Work, WorkKind
from ripieno.records import works
from ripieno.services import blobs
from ripieno.services.settings import settings
from ripieno.work import asking, composing, exporting, removal, revising, showing
from triggers.problems import ApiError
from triggers.removals import removing
from triggers.routing import MOST_WITH_MIDI, Answer, Call, route
from triggers.voices import NOT_LET

blueprint = df.Blueprint()
TAG = "compositions"


class CompositionQuery(Request):
    """The filters of a listing; all given ones must hold."""

    audio_file_id: str | None = Field(default=None, max_length=100, pattern=r"^[A-Za-z0-9-]+$")
    status: GenerationStatus | None = None
    limit: int = Field(default=50, ge=1, le=200)
    cursor: str | None = Field(default=None, max_length=1000)


class ComparisonQuery(Request):
    """Which versions to compare."""

    a: int = Field(ge=1)
    b: int = Field(ge=1)


class DownloadQuery(Request):
    """What is to be fetched."""

    format: DownloadFormat = "wav"
    version: int | None = Field(default=None, ge=1)


@route(
    blueprint,
    "POST",
    "/compositions",
    role=Role.GENERATOR,
    tag=TAG,
    body=CompositionOrder,
    most_bytes=MOST_WITH_MIDI,
    answers={202: CompositionAccepted},
    with_client=True,
    problems=("not_found", "not_analyzed", "bad_webhook_url", *NOT_LET, "voice_not_ready"),
)
async def create_composition(call: Call[CompositionOrder]) -> Answer:
    """A whole piece.

    From a brief, from an analysed song, or from both. `status_url` says how far each stage is.
    """
    work, run = await asyncio.to_thread(composing.begin, call.owner, call.body, call.seed)
    await asking.start(call.durable, run)
    return _accepted(work, run, "the piece is being composed")


@route(
    blueprint,
    "GET",
    "/compositions",
    role=Role.VIEWER,
    tag=TAG,
    query=CompositionQuery,
    answers={200: CompositionList},
)
def list_compositions(call: Call[None]) -> Answer:
    """The newest compositions, of all or of one song, with one status or any; without their layers."""
    query: CompositionQuery = call.query
    found, cursor = works.listed(
        call.owner,
        limit=query.limit,
        cursor=query.cursor,
        kind=WorkKind.COMPOSITION,
        audio_file_id=query.audio_file_id,
        status=GenerationStatus(query.status) if query.status else None,
    )
    items = [showing.composition(one, is_whole=False) for one in found]
    return Answer(CompositionList(items=items, next_cursor=cursor))


@route(
    blueprint, "GET", "/compositions/{id}", role=Role.VIEWER, of=ItemKind.WORKS, tag=TAG, answers={200: CompositionView}
)
def get_composition(call: Call[None]) -> Answer:
    """A composition: every stage's progress, its context, layers and mix, and all versions."""
    return Answer(showing.composition(works.get_composition(call.owner, call.path["id"])))


@route(
    blueprint,
    "GET",
    "/compositions/{id}/versions",
    role=Role.VIEWER,
    of=ItemKind.WORKS,
    tag=TAG,
    answers={200: VersionList},
)
def list_versions(call: Call[None]) -> Answer:
    """Every version of a composition: from which it was made, what was changed, how well it fits."""
    work = works.get_composition(call.owner, call.path["id"])
    assert work.composition is not None
    return Answer(VersionList(items=[showing.revision(work, one) for one in work.composition.revisions]))


@route(
    blueprint,
    "GET",
    "/compositions/{id}/versions/compare",
    role=Role.VIEWER,
    of=ItemKind.WORKS,
    tag=TAG,
    query=ComparisonQuery,
    answers={200: VersionComparison},
)
def compare_versions(call: Call[None]) -> Answer:
    """Two versions beside each other: what is another, which layers were made anew, and by what changes."""
    query: ComparisonQuery = call.query
    return Answer(revising.compare(call.owner, call.path["id"], query.a, query.b))


@route(
    blueprint,
    "GET",
    "/compositions/{id}/download",
    role=Role.VIEWER,
    of=ItemKind.WORKS,
    tag=TAG,
    query=DownloadQuery,
    answers={200: "application/octet-stream", 202: DownloadAccepted, 307: None},
    with_client=True,
    problems=("nothing_to_download", "export_failed"),
)
async def download_composition(call: Call[None]) -> Answer:
    """A version as a file.

    Notes, words and JAMS come at once. Audio and stems are answered with 307 to a short-lived address in storage, under
    the piece's name; what the order's format is not is made first: 202 then, and the same again after `Retry-After`
    seconds. It is made once.
    """
    query: DownloadQuery = call.query
    found = await asyncio.to_thread(exporting.download, call.owner, call.path["id"], query.format, query.version)
    if isinstance(found, exporting.Written):
        return Answer(
            found.data, 200, {"Content-Disposition": blobs.disposition(found.file_name, "attachment")}, found.media_type
        )
    if isinstance(found, exporting.Stored):
        return Answer(None, 307, {"Location": found.url})
    if found.run is not None:
        await asking.start(call.durable, found.run)
    url = f"{settings().public_url}/api/compositions/{call.path['id']}/download?format={query.format}"
    url += f"&version={found.version}"
    told = DownloadAccepted(
        composition_id=call.path["id"],
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
    "/compositions/{id}/refine",
    role=Role.GENERATOR,
    of=ItemKind.WORKS,
    for_others=False,
    tag=TAG,
    body=Refinement,
    most_bytes=MOST_WITH_MIDI,
    answers={202: CompositionAccepted},
    with_client=True,
    problems=("still_making", *NOT_LET, "voice_not_ready"),
)
async def refine_composition(call: Call[Refinement]) -> Answer:
    """Change something: a further version is made.

    Only what depends on the change is made anew; `changes` says what was understood.
    """
    work, revision, run = await asyncio.to_thread(revising.refine, call.owner, call.path["id"], call.body)
    await asking.start(call.durable, run)
    unread = [one.text for one in revision.understood.not_understood] if revision.understood else []
    return _accepted(work, run, "the change is being made", revision.changes, unread)


@route(
    blueprint,
    "POST",
    "/compositions/{id}/rollback",
    role=Role.GENERATOR,
    of=ItemKind.WORKS,
    tag=TAG,
    body=VersionChoice,
    answers={200: CompositionView},
    problems=("still_making",),
)
def roll_back_composition(call: Call[VersionChoice]) -> Answer:
    """Go back to an earlier version; the later ones stay."""
    return Answer(showing.composition(revising.roll_back(call.owner, call.path["id"], call.body.version)))


@route(
    blueprint,
    "POST",
    "/compositions/{id}/branch",
    role=Role.GENERATOR,
    of=ItemKind.WORKS,
    tag=TAG,
    body=VersionChoice,
    answers={200: CompositionView},
    problems=("still_making",),
)
def branch_composition(call: Call[VersionChoice]) -> Answer:
    """A further version that is as an earlier one was, to be refined another way; nothing is made anew."""
    return Answer(showing.composition(revising.branch(call.owner, call.path["id"], call.body.version)))


@route(
    blueprint,
    "POST",
    "/compositions/{id}/approve",
    role=Role.GENERATOR,
    of=ItemKind.WORKS,
    for_others=False,
    tag=TAG,
    body=VersionChoice,
    answers={202: CompositionView},
    with_client=True,
    problems=("still_making",),
)
async def approve_composition(call: Call[VersionChoice]) -> Answer:
    """Approve a version; one that waits after a stage goes on."""
    work, run = await asyncio.to_thread(revising.approve, call.owner, call.path["id"], call.body.version)
    if run is not None:
        await asking.start(call.durable, run)
    return Answer(await asyncio.to_thread(showing.composition, work), 202)


@route(
    blueprint,
    "POST",
    "/compositions/{id}/reject",
    role=Role.GENERATOR,
    of=ItemKind.WORKS,
    for_others=False,
    tag=TAG,
    body=Rejection,
    answers={200: CompositionAccepted, 202: CompositionAccepted},
    with_client=True,
    problems=("still_making", *NOT_LET, "voice_not_ready"),
)
async def reject_composition(call: Call[Rejection]) -> Answer:
    """Reject a version; with a comment, a further one is made that heeds it.

    `changes` says what was understood of the comment. Without one the version is marked, and stays.
    """
    work, revision, run = await asyncio.to_thread(
        revising.reject, call.owner, call.path["id"], call.body.version, call.body.comment
    )
    if run is None:
        return _accepted(work, None, f"version {revision.number} is rejected", about=revision, status=200)
    await asking.start(call.durable, run)
    unread = [one.text for one in revision.understood.not_understood] if revision.understood else []
    return _accepted(work, run, "a version that heeds the comment is being made", revision.changes, unread)


@route(
    blueprint,
    "POST",
    "/compositions/{id}/cancel",
    role=Role.GENERATOR,
    of=ItemKind.WORKS,
    tag=TAG,
    answers={202: CompositionView},
    with_client=True,
    problems=("already_ended",),
)
async def cancel_composition(call: Call[None]) -> Answer:
    """Stop what is being made; the version before stands."""
    known = await asyncio.to_thread(works.get_composition, call.owner, call.path["id"])
    assert known.composition is not None
    newest = known.composition.revisions[-1]
    if known.composition.open is None:
        raise ApiError(409, "already_ended", f"version {newest.number} is {newest.status}: nothing is being made")
    work, run = await asyncio.to_thread(removal.cancelled, call.owner, known.work_id, revising.cancel)
    await asking.start(call.durable, run)
    return Answer(await asyncio.to_thread(showing.composition, work), 202)


@route(
    blueprint,
    "DELETE",
    "/compositions/{id}",
    role=Role.GENERATOR,
    of=ItemKind.WORKS,
    tag=TAG,
    answers={202: RemovalAccepted},
    with_client=True,
)
async def delete_composition(call: Call[None]) -> Answer:
    """Stop and delete a composition with every version and file of it."""
    run = await asyncio.to_thread(removal.of_work, call.owner, call.path["id"])
    return await removing(call, run)


# -- parts --------------------------------------------------------------------------------------------------------


def _accepted(
    work: Work,
    run: Run | None,
    message: str,
    changes: list[str] | None = None,
    unread: list[str] | None = None,
    *,
    about: Revision | None = None,
    status: int = 202,
) -> Answer:
    assert work.composition is not None
    here = about or work.composition.revisions[-1]
    url = f"{settings().public_url}/api/compositions/{work.work_id}"
    accepted = CompositionAccepted(
        composition_id=work.work_id,
        version=here.number,
        instance_id=run.instance_id if run else names.revision_instance(work.work_id, here.number, here.leg),
        status=GenerationStatus(work.status),
        status_url=url,
        message=message,
        changes=changes or [],
        not_understood=unread or [],
    )
    return Answer(accepted, status, {"Location": url, "Retry-After": "1"} if status == 202 else {"Location": url})
