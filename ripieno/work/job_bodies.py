"""What each endpoint job is asked to do, written from the records when it is submitted.

The same order gives the same body, so that submitting twice is one job.
"""

from __future__ import annotations

from typing import Any

from ripieno.contracts import names
from ripieno.contracts.audio import AudioFile
from ripieno.contracts.enums import JobKind, StemType
from ripieno.contracts.generation import GenerateInput
from ripieno.contracts.workflow import JobOrder, VersionOrder
from ripieno.records import songs, works
from ripieno.services import engines, falling
from ripieno.work import (
    composing,
    exporting,
    generating,
    mixing,
    voices_applying,
    voices_samples,
    voices_using,
    voices_versions,
)
from ripieno.work.sets import rendering, speaking, talking


class NothingToDo(LookupError):
    """What the job is for has been removed."""


class NotLet(LookupError):
    """The job is in a voice that may not be used for it, or no longer."""

    code = "consent"


def body(order: JobOrder) -> dict[str, Any]:
    """
    Raises
    ------
    NothingToDo, NotLet, records.works.WorkMissing, records.works.VersionMissing, records.voices.VoiceMissing
    """
    try:
        return _body(order, order.subject)
    except (voices_using.NotAllowed, voices_using.VoiceNotReady, voices_using.UnclearVoice) as fault:
        raise NotLet(str(fault)) from None


def _body(order: JobOrder, subject: dict[str, Any]) -> dict[str, Any]:
    match order.kind:
        case JobKind.SEPARATE:
            given = {"engine": subject["engine"], "stem_format": subject["stem_format"]}
            return (
                _source(_song(order)) | given | {"folder": names.song_folder(subject["audio_file_id"], subject["born"])}
            )
        case JobKind.MIR:
            separated = subject["separated"]
            song = _song(order)
            stems = {"stems": separated["stems"], "separation": separated["engine"]}
            return _source(song) | stems | {"engines": song.engines}
        case JobKind.GENERATE:
            return _stem(order.owner, subject)
        case JobKind.MIX | JobKind.MASTER:
            return mixing.job_body(order.owner, subject["work_id"], subject["element"], subject["version"])
        case JobKind.CHECK:
            return composing.check_body(order.owner, subject["work_id"], subject["revision"])
        case JobKind.EXPORT:
            return exporting.job_body(order.owner, subject["work_id"], subject["element"], subject["version"])
        case JobKind.CHECK_VOICE:
            return voices_samples.job_body(order.owner, subject["voice_id"], subject["sample_id"])
        case JobKind.PROFILE_VOICE:
            return voices_versions.profile_body(order.owner, subject["voice_id"], subject["version"])
        case JobKind.TRAIN_VOICE:
            return voices_versions.train_body(order.owner, subject["voice_id"], subject["version"])
        case JobKind.APPLY_VOICE:
            return voices_applying.job_body(order.owner, subject["work_id"], subject["element"], subject["version"])
        case JobKind.SET:
            return rendering.job_body(order.owner, subject["work_id"], subject["revision"])
        case JobKind.SPEAK if "talk_id" in subject:
            return talking.answer_body(order.owner, subject["work_id"], subject["talk_id"])
        case JobKind.SPEAK:
            return speaking.job_body(order.owner, subject["work_id"], subject["revision"])
        case JobKind.TRANSCRIBE:
            return talking.recording_body(order.owner, subject["work_id"], subject["talk_id"])
    raise ValueError(f"no workflow asks for jobs of kind {order.kind!r}")


def lost(order: VersionOrder, before: list[str], why: str) -> list[str]:
    """The engines that were lost for a version, each with its reason, now with the one that was at it; nothing where no
    other may take its place."""
    body = GenerateInput.model_validate(
        _stem(order.owner, {**order.model_dump(include={"work_id", "element", "version"}), "lost": before})
    )
    tried = falling.candidates(body, body.plans[0])
    return [*before, f"{tried[0]}: {why}"[:300]] if len(tried) > 1 else []


def _stem(owner: str, subject: dict[str, Any]) -> dict[str, Any]:
    known = generating.job_body(owner, subject["work_id"], subject["element"], subject["version"])
    known["lost"] = subject.get("lost", [])
    if known["target_stems"] != [StemType.VOCALS]:
        return known
    work = works.get(owner, subject["work_id"])
    version = works.version(work, subject["element"], subject["version"])
    sung = composing.sung(work, version) if work.composition is not None else {"voice": work.order.voice}
    if version.voice is not None:
        own = {"voice": None, "singer": voices_using.begin(work, subject["element"], version)}
        sung = sung | own | {"engine": _singing(str(sung.get("engine") or known["engine"]))}
    return GenerateInput.model_validate(known | sung).model_dump(mode="json")


def _singing(engine: str) -> str:
    """The engine that sings in somebody's voice: no other takes its place, and no planner chooses one."""
    return engines.VOICE if engine in (engines.AUTO, engines.SYMBOLIC) else engine


def _song(order: JobOrder) -> AudioFile:
    song = songs.find(order.owner, order.subject["audio_file_id"])
    if song is None or song.born != order.subject["born"]:
        raise NothingToDo("the song was removed")
    return song


def _source(song: AudioFile) -> dict[str, str]:
    return {"audio_file_id": song.audio_file_id, "container": names.SONGS, "blob_name": song.blob_name}
