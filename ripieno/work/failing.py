"""What failed for good is kept for operators, as its own record says: read from there, after it was given its end.

Whoever gives something its end calls one of these behind it. They may be called twice, and of what is well: a failure
is one however often it is told, and what did not fail is none.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from ripieno.contracts import names
from ripieno.contracts.audio import AudioFile
from ripieno.contracts.enums import AudioFileStatus, GenerationStatus, TakeStatus
from ripieno.contracts.operations import FailureKind
from ripieno.contracts.workflow import (
    DropOrder,
    RevisionOrder,
    Run,
    SampleOrder,
    SongOrder,
    TalkOrder,
    VersionOrder,
    VoiceVersionOrder,
    WorkOrder,
)
from ripieno.contracts.works import Element, ElementKind, Version, Work
from ripieno.records import failures, songs, voices, works
from ripieno.records.webhooks import Waiting

_KINDS = {
    ElementKind.LAYER: FailureKind.TAKE,
    ElementKind.MIX: FailureKind.MIX,
    ElementKind.MASTER: FailureKind.MASTER,
    ElementKind.EXPORT: FailureKind.EXPORT,
}
_NOBODY = "nobody"


def of_run(run: Run) -> None:
    """Whatever a workflow was for."""
    match run.orchestrator:
        case "PipelineOrchestrator":
            of_song(SongOrder.model_validate(run.order))
            its = SongOrder.model_validate(run.order)
            if its.work_id:
                of_work(WorkOrder(owner=its.owner, work_id=its.work_id, arrived_at=its.arrived_at))
        case "WorkOrchestrator":
            of_work(WorkOrder.model_validate(run.order))
        case "CompositionOrchestrator" | "SetOrchestrator":
            of_revision(RevisionOrder.model_validate(run.order))
        case "VersionOrchestrator" | "MixOrchestrator" | "ExportOrchestrator" | "VoiceApplyOrchestrator":
            of_version(VersionOrder.model_validate(run.order))
        case "TalkOrchestrator":
            of_talk(TalkOrder.model_validate(run.order))
        case "VoiceSampleOrchestrator":
            of_sample(SampleOrder.model_validate(run.order))
        case "VoiceVersionOrchestrator":
            of_voice_version(VoiceVersionOrder.model_validate(run.order))


def of_song(order: SongOrder) -> None:
    song = songs.find(order.owner, order.audio_file_id)
    if song is None or song.instance_id != order.instance_id or song.status != AudioFileStatus.FAILED:
        return
    failures.keep(
        FailureKind.SONG,
        names.song_instances(song.audio_file_id, song.born),
        song.owner,
        song.error.message if song.error else "",
        subject=song.audio_file_id,
        code=song.error.code if song.error else "failed",
        instance_id=song.instance_id,
        order=order.model_dump(),
    )


def of_rejected_song(song: AudioFile) -> None:
    """A file that became a song which is none: its bytes lie in the container `rejected`."""
    failures.keep(
        FailureKind.DROP,
        names.song_instances(song.audio_file_id, song.born),
        song.owner,
        song.error.message if song.error else "",
        subject=song.audio_file_id,
        code=song.error.code if song.error else "rejected",
        instance_id=song.instance_id,
        order={"blob_name": song.blob_name, "file_name": song.original_file_name},
    )


def of_rejected_drop(
    blob_name: str, code: str, reason: str, order: DropOrder | None, owner: str, *, failure_id: str | None = None
) -> None:
    """A blob of the inbox that could not be read at all, or that there was no room for; `failure_id` is the failure of
    what was put back and failed again."""
    failures.keep(
        FailureKind.DROP,
        blob_name,
        owner,
        reason,
        code=code,
        instance_id=order.instance_id if order else None,
        order={"blob_name": blob_name, "file_name": order.original_file_name if order else ""},
        failure_id=failure_id,
    )


def of_work(order: WorkOrder) -> None:
    work = works.find(order.owner, order.work_id)
    if work is None or work.composition is not None or work.dj_set is not None:
        return
    if work.plan is None and work.status == GenerationStatus.FAILED and not work.elements:
        instance_id = names.work_instance(work.work_id)
        failures.keep(
            FailureKind.GENERATION,
            instance_id,
            work.owner,
            work.error or work.message,
            subject=work.work_id,
            instance_id=instance_id,
            order=order.model_dump(),
        )
    for element in work.layers:
        _keep(work, element, element.versions[0])


def of_version(order: VersionOrder) -> None:
    """A take, a mix with its master, or an export. Of compositions and sets their versions fail, not the parts."""
    work = works.find(order.owner, order.work_id)
    if work is None:
        return
    for name in (order.element, f"{order.element}-master"):
        element = work.element(name)
        found = next((one for one in element.versions if one.number == order.version), None) if element else None
        if element is not None and found is not None:
            _keep(work, element, found)


def of_revision(order: RevisionOrder) -> None:
    """A version of a composition or of a set."""
    work = works.find(order.owner, order.work_id)
    if work is None:
        return
    if work.dj_set is not None:
        kind, known = FailureKind.SET, [(one.number, one.status, one.error) for one in work.dj_set.versions]
    elif work.composition is not None:
        kind, known = (
            FailureKind.COMPOSITION,
            [(one.number, one.status, one.error) for one in work.composition.revisions],
        )
    else:
        return
    for number, status, error in known:
        if number == order.revision and status == "failed":
            failures.keep(
                kind,
                names.revision_instance(work.work_id, number),
                work.owner,
                error or "",
                subject=work.work_id,
                number=number,
                instance_id=names.revision_instance(work.work_id, number, order.leg),
                order=order.model_dump(),
            )


def of_talk(order: TalkOrder) -> None:
    work = works.find(order.owner, order.work_id)
    for talk in work.dj_set.talks if work is not None and work.dj_set is not None else []:
        if talk.talk_id == order.talk_id and talk.status == "failed":
            instance_id = names.talk_instance(order.work_id, order.talk_id)
            failures.keep(
                FailureKind.TALK,
                instance_id,
                order.owner,
                talk.error or "",
                subject=order.work_id,
                instance_id=instance_id,
                order=order.model_dump(),
            )


def of_sample(order: SampleOrder) -> None:
    voice = voices.find(order.owner, order.voice_id)
    sample = voice.sample(order.sample_id) if voice is not None else None
    if sample is not None and sample.status == "failed":
        failures.keep(
            FailureKind.VOICE_SAMPLE,
            sample.instance_id,
            order.owner,
            sample.error or "",
            subject=order.voice_id,
            instance_id=sample.instance_id,
            order=order.model_dump(),
        )


def of_voice_version(order: VoiceVersionOrder) -> None:
    voice = voices.find(order.owner, order.voice_id)
    for one in voice.versions if voice is not None else []:
        if one.instance_id == order.instance_id and one.status == "failed":
            failures.keep(
                FailureKind.VOICE_VERSION,
                one.instance_id,
                order.owner,
                one.error or "",
                subject=order.voice_id,
                number=one.number,
                instance_id=one.instance_id,
                order=order.model_dump(),
            )


def of_removal(run: Run, reason: str) -> None:
    """A removal that broke off: it is begun again by itself as well."""
    subject = run.order.get("audio_file_id") or run.order.get("work_id") or run.order.get("voice_id") or run.owner
    failures.keep(
        FailureKind.REMOVAL,
        run.instance_id,
        run.owner,
        reason,
        subject=subject,
        code="workflow_ended",
        instance_id=run.instance_id,
        order=run.order,
    )


def of_webhook(message: Waiting, reason: str) -> None:
    """A message to whoever asked that is given up."""
    failures.keep(
        FailureKind.WEBHOOK,
        message.message_id,
        message.owner,
        reason,
        subject=message.subject.partition("/")[0],  # of a song without its life
        code="undelivered",
        order={name: getattr(message, name) for name in ("subject", "url", "message_id", "payload")},
    )


def of_message(queue: str, message_id: str, event: Any, *, owner: str | None = None) -> None:
    """A message that its trigger could not handle however often."""
    failures.keep(
        FailureKind.MESSAGE,
        f"{queue}-{message_id}",
        owner or _NOBODY,
        "its trigger failed each time that it was given the message: the log of that time has the reason",
        code="poison",
        order={"queue": queue, "event": event, "kept_at": datetime.now(UTC).isoformat()},
    )


def _keep(work: Work, element: Element, version: Version) -> None:
    is_part = work.composition is not None or work.dj_set is not None
    if version.status != TakeStatus.FAILED or (is_part and element.kind != ElementKind.EXPORT):
        return
    instance_id = names.version_instance(work.work_id, element.name, version.number)
    failures.keep(
        _KINDS[ElementKind(element.kind)],
        instance_id,
        work.owner,
        version.error or "",
        subject=work.work_id,
        element=element.name,
        number=version.number,
        instance_id=instance_id,
    )
