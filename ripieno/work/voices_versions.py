"""Versions of a voice: measured from its samples, and a model trained where that was let.

The first one is measured as soon as there is a sample that was taken and a consent that is in force; any further one is
asked for. One version is made at a time.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from ripieno.contracts import names
from ripieno.contracts.consent import Purpose
from ripieno.contracts.production import AudioBlob
from ripieno.contracts.voice_profiles import MOST_VERSIONS, TrainOrder, Voice, VoiceVersion
from ripieno.contracts.voices import ProfileVoiceInput, TrainVoiceInput, VoiceModel, VoiceProfile
from ripieno.contracts.workflow import Run, VoiceVersionOrder
from ripieno.records import runs, voices
from ripieno.services import blobs
from ripieno.work import asking, voices_using
from ripieno.work.voices_using import NotAllowed

_FIRST = "version-first"


class StillMeasuring(RuntimeError):
    """A version of the voice is being made: it has to end before another is asked for."""


class NoSamples(RuntimeError):
    """The voice has no sample that was taken."""


class TooManyVersions(ValueError):
    """The voice has as many versions as one may have."""


def train(owner: str, voice_id: str, order: TrainOrder, seed: str) -> tuple[Voice, VoiceVersion, Run]:
    """A further version, and the run that makes it.

    Raises
    ------
    records.voices.VoiceMissing, voices_using.NotAllowed, StillMeasuring, NoSamples, TooManyVersions
    """
    voice, run = _begun(owner, voice_id, order, f"version-{seed[-12:]}")
    return voice, next(one for one in voice.versions if one.instance_id == run.instance_id), run


def first(owner: str, voice_id: str) -> Run | None:
    """The run that measures the first version; None where there is one, or nothing to measure, or no leave to."""
    try:
        voice = voices.get(owner, voice_id)
        if voice.versions:
            return None
        return _begun(owner, voice_id, TrainOrder(learn=False), _FIRST)[1]
    except (voices.VoiceMissing, NotAllowed, NoSamples, StillMeasuring):
        return None


def begin(order: VoiceVersionOrder) -> dict[str, Any] | None:
    """`{version, learns}` of a version that is to be made, None where it is no longer wanted. Raises `NotAllowed`."""
    voice = voices.find(order.owner, order.voice_id)
    version = _open(voice, order) if voice is not None else None
    if voice is None or version is None:
        return None
    voices_using.check(voice, Purpose.TRAINING if version.learns else None)
    return {"version": version.number, "learns": version.learns}


def profile_body(owner: str, voice_id: str, number: int) -> dict[str, Any]:
    """The input of the job that measures a version. Raises `VoiceMissing`, `LookupError`, `NotAllowed`."""
    voice, version = _allowed(owner, voice_id, number, None)
    return ProfileVoiceInput(
        samples=_samples(voice, version), output=names.voice_profile_blob(voice_id, number)
    ).model_dump(mode="json")


def train_body(owner: str, voice_id: str, number: int) -> dict[str, Any]:
    """The input of the job that trains a version. Raises `VoiceMissing`, `LookupError`, `NotAllowed`."""
    voice, version = _allowed(owner, voice_id, number, Purpose.TRAINING)
    return TrainVoiceInput(
        samples=_samples(voice, version),
        profile=names.voice_profile_blob(voice_id, number),
        output=names.voice_model_output(voice_id, number),
        steps=version.steps,
        seed=number,
    ).model_dump(mode="json")


def save_profile(order: VoiceVersionOrder, result: dict[str, Any]) -> bool:
    """Keep what was measured; whether the version is still wanted."""

    def saved(voice: Voice) -> Voice | None:
        version = _open(voice, order)
        if version is None:
            return None
        version.profile = VoiceProfile.model_validate(result)
        return voice

    return _changed(order, saved)


def save(order: VoiceVersionOrder, result: dict[str, Any] | None, error: dict[str, Any] | None) -> None:
    """Give a version its end: sung with from now on where it could be measured, whether or not a model was trained."""

    def saved(voice: Voice) -> Voice | None:
        version = _open(voice, order)
        if version is None:
            return None
        if version.profile is None:
            version.status = "failed"
            version.error = (error["message"] if error else "nothing was measured")[:500]
            return voice
        if error is not None:
            version.remarks.append(f"no model was trained: {error['message']}"[:500])
        if result is not None:
            version.model = VoiceModel.model_validate(result)
            if not version.model.is_better:
                version.remarks.append("the model learned nothing: the voice is sung by what was measured")
        version.status = "made"
        voice.current = version.number
        return voice

    _changed(order, saved)


# -- parts --------------------------------------------------------------------------------------------------------


def _begun(owner: str, voice_id: str, order: TrainOrder, what: str) -> tuple[Voice, Run]:
    instance_id = names.voice_instance(voice_id, what)
    its = VoiceVersionOrder(
        owner=owner, voice_id=voice_id, instance_id=instance_id, arrived_at=datetime.now(UTC).isoformat()
    )
    run = asking.run_of(owner, "VoiceVersionOrchestrator", instance_id, its.model_dump())
    _check(voices.get(owner, voice_id), order, instance_id)
    runs.note(run)

    def begun(voice: Voice) -> Voice | None:
        if _check(voice, order, instance_id):
            return None
        voice.versions.append(
            VoiceVersion(
                number=voice.versions[-1].number + 1 if voice.versions else 1,
                made_at=its.arrived_at,
                instance_id=instance_id,
                samples=_measured(voice),
                learns=order.learn,
                steps=order.steps,
            )
        )
        return voice

    try:
        return voices.change(owner, voice_id, begun), run
    except (voices.VoiceMissing, NotAllowed, StillMeasuring, NoSamples, TooManyVersions):
        runs.forget(run)
        raise


def _check(voice: Voice, order: TrainOrder, instance_id: str) -> bool:
    """Refuse a version that cannot be; whether it is there already."""
    if any(one.instance_id == instance_id for one in voice.versions):
        return True
    voices_using.check(voice, Purpose.TRAINING if order.learn else None)
    making = next((one for one in voice.versions if one.status == "making"), None)
    if making is not None:
        raise StillMeasuring(f"version {making.number} is being made: wait until it has ended")
    if not voice.taken:
        raise NoSamples(f"no sample of the voice {voice.name!r} was taken yet: add one, and wait until it was heard")
    if len(voice.versions) >= MOST_VERSIONS:
        raise TooManyVersions(f"a voice has at most {MOST_VERSIONS} versions: create another from the same samples")
    return False


def _measured(voice: Voice) -> list[str]:
    """The samples that a version is made from: all that were taken; a spoken sentence where there is no other."""
    sentences = {one.sample_id for one in voice.consents}
    others = [one.sample_id for one in voice.taken if one.sample_id not in sentences]
    return others or [one.sample_id for one in voice.taken]


def _samples(voice: Voice, version: VoiceVersion) -> list[AudioBlob]:
    found = [one for one in voice.samples if one.sample_id in version.samples]
    if not found:
        raise LookupError("its samples are gone")
    return [AudioBlob(container=names.VOICES, blob_name=one.blob_name) for one in found]


def _allowed(owner: str, voice_id: str, number: int, purpose: Purpose | None) -> tuple[Voice, VoiceVersion]:
    voice = voices.get(owner, voice_id)
    voices_using.check(voice, purpose)
    version = voice.version(number)
    if version is None or version.status != "making":
        raise LookupError(f"version {number} of the voice is no longer wanted")
    return voice, version


def _open(voice: Voice, order: VoiceVersionOrder) -> VoiceVersion | None:
    found = next((one for one in voice.versions if one.instance_id == order.instance_id), None)
    return found if found is not None and found.status == "making" and voice.revoked_at is None else None


def _changed(order: VoiceVersionOrder, to: Any) -> bool:
    """Change a voice; whether the order's version is still wanted. What was made of one that is not is deleted."""
    try:
        voice = voices.change(order.owner, order.voice_id, to)
    except voices.VoiceMissing:
        blobs.delete_prefix(names.VOICES, f"{names.voice_folder(order.voice_id)}/")
        return False
    if voice.revoked_at is not None:
        blobs.delete_prefix(names.VOICES, f"{names.voice_folder(order.voice_id)}/")
    return _open(voice, order) is not None
