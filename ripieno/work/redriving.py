"""What failed for good, begun again from where it makes sense, by an operator: once, however many press the button.

A re-drive is claimed in the failure's own document before anything is done. Whoever died behind the claim is followed
by the next who asks, after a minute: each step finds what was done. A workflow begins under an instance id of its own,
so that no endpoint answers with the job that failed.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from azure.durable_functions import DurableOrchestrationClient

from ripieno.contracts import names
from ripieno.contracts.enums import AudioFileStatus, GenerationStatus, TakeStatus
from ripieno.contracts.operations import Failure, FailureKind, FailureView, Redriven, RedriveOrder
from ripieno.contracts.voice_profiles import TrainOrder
from ripieno.contracts.workflow import Run, SongOrder, Upload, VersionOrder, VoiceVersionOrder, WorkOrder
from ripieno.contracts.works import ElementKind, Work
from ripieno.records import failures, runs, songs, uploads, voices, works
from ripieno.records.quotas import Wants
from ripieno.services import blobs
from ripieno.work import (
    analysing,
    asking,
    composing,
    delivering,
    generating,
    inbox,
    mixing,
    voices_versions,
)
from ripieno.work.sets import versions as set_versions

DEAD_AFTER = timedelta(seconds=60)
_AGAIN = "again"
_WHAT = {
    FailureKind.SONG: "the song is analysed again",
    FailureKind.GENERATION: "the work is planned and made again",
    FailureKind.TAKE: "the take is made again",
    FailureKind.MIX: "the mix is made again",
    FailureKind.MASTER: "the master is made again",
    FailureKind.EXPORT: "the export is made again",
    FailureKind.COMPOSITION: "the version goes on from the stage that failed",
    FailureKind.SET: "a further version is made as the failed one was to be",
    FailureKind.VOICE_VERSION: "the voice is measured again",
    FailureKind.REMOVAL: "the removal is begun again",
    FailureKind.DROP: "the file is put into the inbox again",
    FailureKind.WEBHOOK: "the message is sent again",
    FailureKind.MESSAGE: "what the message tells of is heard again",
}
"""What a re-drive does; a recording of a voice, and what was said to a set, only its person can send again."""


class CannotRedrive(ValueError):
    """There is nothing to begin again; the message says why."""


class _Well(Exception):
    """It is well, or at work, already. `into` is the instance that a re-drive began whose operator died behind it."""

    def __init__(self, what: str, into: str | None = None):
        super().__init__(what)
        self.into = into


def view(failure: Failure) -> FailureView:
    redrive = _WHAT.get(FailureKind(failure.kind)) if failure.status in ("open", "redriving") else None
    return FailureView.model_validate(failure.model_dump(exclude={"order"}) | {"redrive": redrive})


async def one(client: DurableOrchestrationClient, failure_id: str, by: str) -> Failure:
    """Re-drive a failure. Asked for twice, by one or by two, it is one re-drive, and both see it.

    Raises
    ------
    records.failures.FailureMissing, CannotRedrive
    """
    claimed = await asyncio.to_thread(_claimed, failure_id, by)
    if claimed is None:
        return await asyncio.to_thread(seen, await asyncio.to_thread(failures.get, failure_id))
    try:
        into, end = await _begun(client, claimed)
    except _Well as well:
        status = "redriven" if well.into else "mended"
        return await asyncio.to_thread(_settle, failure_id, status, well.into, None if well.into else str(well))
    except CannotRedrive as refusal:
        await asyncio.to_thread(_settle, failure_id, "put_aside", None, str(refusal))
        raise
    except Undelivered as fault:
        return await asyncio.to_thread(_settle, failure_id, "open", None, str(fault)[:500])
    except BaseException as fault:
        await asyncio.to_thread(_settle, failure_id, "open", None, f"the re-drive broke off: {type(fault).__name__}")
        raise
    return await asyncio.to_thread(_settle, failure_id, "redriven" if into else "mended", into, end)


async def many(client: DurableOrchestrationClient, order: RedriveOrder, by: str) -> Redriven:
    """Re-drive those that are open and match, one after the other; what cannot be is put aside, with the reason."""
    found, left = await asyncio.to_thread(_matching, order)
    if order.dry_run:
        return Redriven(items=[view(failure) for failure in found], left=left, dry_run=True)
    done = []
    for failure in found:
        try:
            done.append(await one(client, failure.failure_id, by))
        except CannotRedrive:
            done.append(await asyncio.to_thread(failures.get, failure.failure_id))
        except failures.FailureMissing:
            continue  # removed meanwhile
    return Redriven(items=[view(failure) for failure in done], left=left, dry_run=False)


def seen(failure: Failure) -> Failure:
    """A failure as it stands now: what was re-driven and has ended well is mended. What failed again is open again."""
    if failure.status != "redriven" or failure.redriven_into is None:
        return failure
    if runs.find(failure.owner, failure.redriven_into) is not None:
        return failure
    return _settle(failure.failure_id, "mended", failure.redriven_into, "it ended well", only="redriven")


# -- the claim ----------------------------------------------------------------------------------------------------


def _claimed(failure_id: str, by: str) -> Failure | None:
    """The failure, now ours to re-drive; None where another is at it, or it is not open any more."""
    now = datetime.now(UTC)
    mine = False

    def claimed(known: Failure) -> Failure | None:
        nonlocal mine
        began = datetime.fromisoformat(known.redriven_at) if known.redriven_at else now
        mine = known.status == "open" or (known.status == "redriving" and began + DEAD_AFTER < now)
        if mine and FailureKind(known.kind) not in _WHAT:
            raise CannotRedrive("only whoever sent it can send it again: nothing is begun from here")
        fields = {"status": "redriving", "redriven_at": now.isoformat(), "redriven_by": by, "end": None}
        return known.model_copy(update=fields) if mine else None

    found = failures.change(failure_id, claimed)
    return found if mine else None


def _settle(failure_id: str, status: str, into: str | None, end: str | None, *, only: str = "redriving") -> Failure:
    def settled(known: Failure) -> Failure | None:
        if known.status != only:
            return None  # it has failed again meanwhile, and is open
        return known.model_copy(update={"status": status, "redriven_into": into, "end": end})

    return failures.change(failure_id, settled)


def _matching(order: RedriveOrder) -> tuple[list[Failure], bool]:
    found: list[Failure] = []
    cursor: str | None = None
    while True:
        page, cursor = failures.listed(
            kind=order.kind,
            owner=order.owner,
            status="open",
            after=_moment(order.failed_after),
            before=_moment(order.failed_before),
            limit=200,
            cursor=cursor,
        )
        for failure in page:
            if order.code in (None, failure.code) and FailureKind(failure.kind) in _WHAT:
                if len(found) == order.limit:
                    return found, True
                found.append(failure)
        if cursor is None:
            return found, False


def _moment(text: str | None) -> datetime | None:
    """Raises `CannotRedrive` for what is no time."""
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise CannotRedrive(f"{text[:40]!r} is no time: write it as ISO 8601, 2026-11-27T20:00:00Z") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


# -- begun again --------------------------------------------------------------------------------------------------


async def _begun(client: DurableOrchestrationClient, failure: Failure) -> tuple[str | None, str | None]:
    """Begin it. Returns the workflow instance that is at it, or None and how it ended."""
    match failure.kind:
        case FailureKind.WEBHOOK:
            return None, await asyncio.to_thread(_sent_again, failure)
        case FailureKind.MESSAGE:
            await inbox.hear(client, failure.order["event"])
            return None, "what it tells of is taken in"
        case FailureKind.DROP:
            name = await asyncio.to_thread(_dropped_again, failure)
            await inbox.take(client, name)
            return None, "it lies in the inbox again"
    run = await asyncio.to_thread(_AGAIN_BY_KIND[FailureKind(failure.kind)], failure)
    if not await asking.start(client, run):
        await _after_its_end(client, run)
    return run.instance_id, None


async def _after_its_end(client: DurableOrchestrationClient, run: Run) -> None:
    """Begin an instance again that has ended; one that is at work is left alone."""
    status = await asking.status_of(client, run.instance_id)
    if status is not None and status.runtime_status in asking.ENDED:
        await client.start_new(run.orchestrator, run.instance_id, run.order)


def _song(failure: Failure) -> Run:
    its = SongOrder.model_validate(failure.order)
    try:
        song = songs.get(its.owner, its.audio_file_id)
        if song.status != AudioFileStatus.FAILED:
            raise _Well(f"the song is {song.status}")
        return analysing.begin_anew(its.owner, its.audio_file_id, song.engines)[1]
    except songs.SongMissing:
        raise CannotRedrive("the song was removed") from None
    except analysing.NotAudio as fault:
        raise CannotRedrive(str(fault)) from None
    except analysing.AlreadyRunning:
        raise _Well("the song is being analysed") from None


def _work(failure: Failure) -> Run:
    its = WorkOrder.model_validate(failure.order)

    def opened(work: Work) -> Work:
        if work.plan is not None or work.status not in (GenerationStatus.FAILED, GenerationStatus.PENDING):
            raise _Well(f"the work is {work.status}")
        return work.model_copy(update={"status": GenerationStatus.PENDING, "message": "waiting", "error": None})

    instance_id = f"{names.work_instance(its.work_id)}-{_AGAIN}-{failure.times}"
    known = works.find(its.owner, its.work_id)
    return _noted(failure, its, instance_id, "WorkOrchestrator", opened, generating.seconds_of(known) if known else 0.0)


def _version(failure: Failure) -> Run:
    work = works.find(failure.owner, failure.subject)
    if work is None or failure.element is None or failure.number is None:
        raise CannotRedrive("it was removed")
    place = work.element(failure.element)
    if place is None:
        raise CannotRedrive(f"the work has no {failure.element}")
    is_voiced = bool(place.versions) and "vocal" in place.versions[-1].inputs
    orchestrator = {
        ElementKind.MIX: "MixOrchestrator",
        ElementKind.MASTER: "MixOrchestrator",
        ElementKind.EXPORT: "ExportOrchestrator",
    }.get(ElementKind(place.kind), "VoiceApplyOrchestrator" if is_voiced else "VersionOrchestrator")
    element = mixing.mix_of(failure.element) if place.kind == ElementKind.MASTER else failure.element
    now = datetime.now(UTC).isoformat()
    its = VersionOrder(
        owner=failure.owner, work_id=failure.subject, arrived_at=now, element=element, version=failure.number
    )
    both = (
        {failure.element, mixing.master_name(failure.element)} if place.kind == ElementKind.MIX else {failure.element}
    )

    def opened(known: Work) -> Work:
        for one in (one for one in known.elements if one.name in both):
            for version in one.versions:
                if version.number == failure.number and version.status == TakeStatus.FAILED:
                    version.status, version.error = TakeStatus.GENERATING, None
        found = works.version(known, failure.element or "", failure.number)
        if not found.is_open:
            raise _Well(f"it is {found.status}")
        if known.status == GenerationStatus.FAILED:
            known = known.model_copy(update={"status": GenerationStatus.GENERATING, "error": None})
        if known.status == GenerationStatus.CANCELLED:
            raise CannotRedrive("the work was cancelled")
        return known

    base = names.version_instance(failure.subject, element, failure.number)
    making = generating.seconds_of_take(work) if orchestrator == "VersionOrchestrator" else 0.0
    return _noted(failure, its, f"{base}-{_AGAIN}-{failure.times}", orchestrator, opened, making)


def _noted(
    failure: Failure,
    its: WorkOrder,
    instance_id: str,
    orchestrator: str,
    opened: Callable[[Work], Work],
    making: float,
) -> Run:
    """The run noted, with the seconds of new audio that it takes, then its record opened: what never begins is begun by
    whoever looks after runs. A run that was noted before is of a re-drive that died behind the claim, and may be what
    is at work: it is followed, not forgotten.
    """
    run = asking.run_of(failure.owner, orchestrator, instance_id, its.model_dump())
    is_followed = runs.find(failure.owner, instance_id) is not None
    runs.note(run, wants=Wants(generation_seconds=making))
    try:
        works.change(failure.owner, failure.subject, opened)
    except (works.WorkMissing, works.VersionMissing):
        runs.forget(run)
        raise CannotRedrive("it was removed") from None
    except _Well as well:
        if is_followed:
            raise _Well(str(well), run.instance_id) from None
        runs.forget(run)
        raise
    except CannotRedrive:
        runs.forget(run)
        raise
    return run


def _composition(failure: Failure) -> Run:
    number, owner, work_id = failure.number or 1, failure.owner, failure.subject
    try:
        known = works.get_composition(owner, work_id)
    except works.WorkMissing:
        raise CannotRedrive("the composition was removed") from None
    assert known.composition is not None
    revision = known.composition.revision(number)
    leg = revision.leg
    run = composing.run_of(known, number, leg + 1)
    runs.note(run, wants=Wants(generation_seconds=composing.seconds_to_make(known, revision)))

    def opened(work: Work) -> Work:
        assert work.composition is not None
        found = work.composition.revision(number)
        if found.status != "failed":
            raise _Well(f"version {number} is {found.status}")
        if work.composition.open is not None:
            raise _Well(f"version {work.composition.open.number} is being made")
        found.status, found.leg, found.error = "making", leg + 1, None
        for state in found.stages:
            if state.status == "failed":
                state.status, state.message = "waiting", ""
        return work.model_copy(update={"status": GenerationStatus.GENERATING, "error": None})

    try:
        works.change(owner, work_id, opened)
    except works.WorkMissing:
        runs.forget(run)
        raise CannotRedrive("the composition was removed") from None
    except _Well:
        if works.get_composition(owner, work_id).composition.revision(number).leg != leg + 1:  # pyright: ignore[reportOptionalMemberAccess]
            runs.forget(run)
        raise
    return run


def _set(failure: Failure) -> Run:
    number = failure.number or 1
    try:
        known = set_versions.dj_set(works.get_set(failure.owner, failure.subject))
        if known.open is not None:
            raise _Well(f"version {known.open.number} is being made")

        def further(work: Work):
            now = set_versions.dj_set(work)
            failed = now.version(number)
            new = set_versions.next_after(now, failed)
            kept = {"parent": failed.parent, "asked": failed.asked, "edits": failed.edits, "changes": failed.changes}
            return new.model_copy(update=kept)

        return set_versions.begun(failure.owner, failure.subject, further)[2]
    except works.WorkMissing:
        raise CannotRedrive("the set was removed") from None
    except composing.StillMaking as fault:
        raise _Well(str(fault)) from None
    except ValueError as fault:
        raise CannotRedrive(str(fault)) from None


def _voice_version(failure: Failure) -> Run:
    its = VoiceVersionOrder.model_validate(failure.order)
    try:
        voice = voices.get(its.owner, its.voice_id)
        failed = next((one for one in voice.versions if one.instance_id == its.instance_id), None)
        if failed is None or failed.status != "failed":
            raise _Well(f"the version is {failed.status if failed else 'gone'}")
        order = TrainOrder(learn=failed.learns, steps=failed.steps)
        return voices_versions.train(its.owner, its.voice_id, order, failure.failure_id + str(failure.times))[2]
    except voices.VoiceMissing:
        raise CannotRedrive("the voice was removed") from None
    except voices_versions.StillMeasuring as fault:
        raise _Well(str(fault)) from None
    except (voices_versions.NotAllowed, voices_versions.NoSamples, voices_versions.TooManyVersions) as fault:
        raise CannotRedrive(str(fault)) from None


def _removal(failure: Failure) -> Run:
    known = runs.find(failure.owner, failure.instance_id or "")
    if known is None:
        raise _Well("it has ended")
    return known


_AGAIN_BY_KIND: dict[FailureKind, Callable[[Failure], Run]] = {
    FailureKind.SONG: _song,
    FailureKind.GENERATION: _work,
    FailureKind.TAKE: _version,
    FailureKind.MIX: _version,
    FailureKind.MASTER: _version,
    FailureKind.EXPORT: _version,
    FailureKind.COMPOSITION: _composition,
    FailureKind.SET: _set,
    FailureKind.VOICE_VERSION: _voice_version,
    FailureKind.REMOVAL: _removal,
}


def _sent_again(failure: Failure) -> str:
    """Raises `Undelivered` where nobody heard it again: it is tried for another day."""
    message = failure.order
    told = delivering.deliver(
        failure.owner, message["subject"], message["url"], message["message_id"], message["payload"]
    )
    if told["delivered"]:
        return "delivered"
    raise Undelivered(told["reason"])


class Undelivered(RuntimeError):
    """The address did not take the message this time either."""


def _dropped_again(failure: Failure) -> str:
    """The bytes back into the inbox, as a direct upload of whose they are. Raises `CannotRedrive`."""
    source = failure.order["blob_name"]
    is_of_a_song = source.startswith(f"{failure.subject}/")  # which keeps it
    upload_id = f"{failure.failure_id}{failure.times}"
    target, known = names.uploaded_blob(upload_id), uploads.find(upload_id)
    try:
        size = blobs.properties(names.REJECTED, source).size
        if size == 0:
            raise CannotRedrive("the reason alone was kept, and no byte: it has to be sent again")
        if known is None:  # before the bytes, which are nobody's without it
            uploads.create(_put_back(failure, upload_id, size, None if is_of_a_song else failure.failure_id))
        blobs.copy(names.REJECTED, source, names.RAW_AUDIO, target)
    except blobs.BlobMissing:
        if known is not None:
            return target  # whoever died behind the claim has put it back
        raise CannotRedrive("the bytes are gone: it has to be sent again") from None
    if not is_of_a_song:
        blobs.delete(names.REJECTED, source)
    return target


def _put_back(failure: Failure, upload_id: str, size: int, failure_id: str | None) -> Upload:
    now, source = datetime.now(UTC).isoformat(), failure.order["blob_name"]
    return Upload(
        upload_id=upload_id,
        owner=failure.owner,
        file_name=(failure.order.get("file_name") or source).rpartition("/")[2] or "untitled",
        created_at=now,
        size_bytes=size,
        ends_at=now,
        failure_id=failure_id,
    )
