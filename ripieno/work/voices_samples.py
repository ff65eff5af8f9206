"""Samples of a voice: taken in, checked by a job, and held against those before: they have to be of one speaker.

The row comes first, then the bytes: whoever dies between them leaves a sample whose check says that it cannot be read.
The same bytes are the same sample. What is refused is deleted at once; only why is kept.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from ripieno.contracts import names
from ripieno.contracts.enums import AudioFormat
from ripieno.contracts.production import AudioBlob
from ripieno.contracts.voice_profiles import SampleKind, Voice, VoiceSample
from ripieno.contracts.voices import MOST_SAMPLES, CheckVoiceInput, VoiceSampleReport
from ripieno.contracts.workflow import Run, SampleOrder
from ripieno.records import runs, voices
from ripieno.services import audio_format, blobs, limits
from ripieno.work import asking
from ripieno.work.voices_using import ConsentRevoked

MOST_REMEMBERED = 3 * MOST_SAMPLES
"""Samples of a voice in all, those that were refused too; of these the oldest are forgotten first."""
_SLOWEST_BYTES_A_SECOND = 2**20


class CannotAdd(ValueError):
    """The voice takes no further sample; the message says why."""


@dataclass(frozen=True)
class Added:
    """A sample; `run` is to be started where there is one. `is_new`: the voice had not these bytes before."""

    voice: Voice
    sample: VoiceSample
    is_new: bool
    run: Run | None


def add(owner: str, voice_id: str, path: Path, file_name: str, kind: SampleKind, seed: str) -> Added:
    """Take in a recording of a voice, and the run that checks it.

    Raises
    ------
    records.voices.VoiceMissing, ConsentRevoked, CannotAdd, BadAudio
    """
    with path.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        size = file.seek(0, 2)
    limits.check_size(size)
    described = audio_format.describe(path)
    sample_id = sha256[:24]
    instance_id = names.voice_instance(voice_id, f"sample-{sample_id}-{seed[-12:]}")
    known = _checked_place(voices.get(owner, voice_id), sample_id)
    if known is not None:
        if known.instance_id == instance_id and known.status == "checking":  # whoever sent it before has died
            _store(path, known)
        return _again(owner, voice_id, known, instance_id)
    now = datetime.now(UTC)
    wanted = VoiceSample(
        sample_id=sample_id,
        file_name=file_name,
        kind=kind,
        added_at=now.isoformat(),
        format=str(described.format),
        file_size_bytes=size,
        sha256=sha256,
        duration_seconds=described.duration_seconds,
        blob_name=names.voice_sample_blob(voice_id, sample_id, AudioFormat(described.format).value),
        instance_id=instance_id,
    )
    order = SampleOrder(
        owner=owner, voice_id=voice_id, sample_id=sample_id, instance_id=instance_id, arrived_at=now.isoformat()
    )
    run = asking.run_of(owner, "VoiceSampleOrchestrator", instance_id, order.model_dump())
    runs.note(run, not_before=now + timedelta(seconds=size / _SLOWEST_BYTES_A_SECOND))

    def added(voice: Voice) -> Voice | None:
        if _checked_place(voice, sample_id) is not None:
            return None
        rest = [one for one in voice.samples if one.sample_id != sample_id]
        gone = next((one for one in rest if one.status in ("refused", "failed")), None)
        if gone is not None and len(rest) >= MOST_REMEMBERED:
            rest.remove(gone)
        voice.samples = [*rest, wanted]
        return voice

    try:
        voice = voices.change(owner, voice_id, added)
    except (voices.VoiceMissing, ConsentRevoked, CannotAdd):
        runs.forget(run)
        raise
    here = voice.sample(sample_id)
    assert here is not None
    if here.instance_id != instance_id:
        runs.forget(run)
        return _again(owner, voice_id, here, instance_id)
    _store(path, here)
    _check_still_wanted(owner, voice_id, here)
    return Added(voice, here, True, run)


def begin(order: SampleOrder) -> bool:
    """Settle what a sample is held against; whether it is still to be checked."""

    def begun(voice: Voice) -> Voice | None:
        sample = _open(voice, order)
        if sample is None or sample.beside is not None:
            return None
        sample.beside = [one.sample_id for one in voice.taken]
        return voice

    try:
        return _open(voices.change(order.owner, order.voice_id, begun), order) is not None
    except voices.VoiceMissing:
        return False


def job_body(owner: str, voice_id: str, sample_id: str) -> dict[str, Any]:
    """The input of the job that checks a sample. Raises `records.voices.VoiceMissing`, `LookupError`."""
    voice = voices.get(owner, voice_id)
    sample = voice.sample(sample_id)
    if sample is None:
        raise LookupError(f"the voice has no sample {sample_id}")
    beside = [voice.sample(one) for one in sample.beside or []]
    known = [one.report.embedding for one in beside if one is not None and one.report is not None]
    return CheckVoiceInput(
        sample=AudioBlob(container=names.VOICES, blob_name=sample.blob_name), known=[one for one in known if one]
    ).model_dump(mode="json")


def save(order: SampleOrder, result: dict[str, Any] | None, error: dict[str, Any] | None) -> bool:
    """Keep what a sample was heard to be. Whether it has to be heard once more: others were taken meanwhile, and it was
    held against none."""

    def saved(voice: Voice) -> Voice | None:
        sample = _open(voice, order)
        if sample is None:
            return None
        if error is not None:
            sample.status, sample.error = "failed", error["message"][:500]
            return voice
        report = VoiceSampleReport.model_validate(result)
        if report.is_taken and not sample.beside and voice.taken:
            sample.beside = [one.sample_id for one in voice.taken]
            return voice
        sample.status = "taken" if report.is_taken else "refused"
        sample.report = report if report.is_taken else report.model_copy(update={"embedding": []})
        sample.duration_seconds = report.seconds or sample.duration_seconds
        return voice

    try:
        voice = voices.change(order.owner, order.voice_id, saved)
    except voices.VoiceMissing:
        return False
    sample = voice.sample(order.sample_id)
    if sample is None or sample.instance_id != order.instance_id:
        return False
    if sample.status in ("refused", "failed"):
        blobs.delete(names.VOICES, sample.blob_name)
    return sample.status == "checking"


# -- parts --------------------------------------------------------------------------------------------------------


def _checked_place(voice: Voice, sample_id: str) -> VoiceSample | None:
    """The sample of these bytes, where it need not be checked again; None where there is room for it.

    Raises
    ------
    ConsentRevoked, CannotAdd
    """
    if voice.revoked_at is not None:
        raise ConsentRevoked(
            f"the consent to the voice {voice.name!r} was taken back: nothing is kept of it any more, create another"
        )
    known = voice.sample(sample_id)
    if known is not None and known.status != "failed":
        return known
    if sum(one.status in ("checking", "taken") for one in voice.samples) >= MOST_SAMPLES:
        raise CannotAdd(f"the voice {voice.name!r} has {MOST_SAMPLES} samples: that is as many as are measured")
    return None


def _store(path: Path, sample: VoiceSample) -> None:
    with path.open("rb") as file:
        blobs.upload(names.VOICES, sample.blob_name, file, sample.file_size_bytes)


def _again(owner: str, voice_id: str, known: VoiceSample, instance_id: str) -> Added:
    run = runs.find(owner, known.instance_id) if known.status == "checking" else None
    return Added(voices.get(owner, voice_id), known, known.instance_id == instance_id, run)


def _check_still_wanted(owner: str, voice_id: str, sample: VoiceSample) -> None:
    """Delete what was sent while its voice was being removed. Raises `VoiceMissing`, `ConsentRevoked`."""
    try:
        _checked_place(voices.get(owner, voice_id), sample.sample_id)
    except (voices.VoiceMissing, ConsentRevoked):
        blobs.delete(names.VOICES, sample.blob_name)
        raise


def _open(voice: Voice, order: SampleOrder) -> VoiceSample | None:
    sample = voice.sample(order.sample_id)
    is_its = sample is not None and sample.instance_id == order.instance_id and sample.status == "checking"
    return sample if is_its and voice.revoked_at is None else None
