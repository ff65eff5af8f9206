"""Voices: created, shown, compared, taken back to an earlier version."""

from __future__ import annotations

from datetime import UTC, datetime

from ripieno.contracts import names
from ripieno.contracts.voice_profiles import (
    FigureChange,
    SampleView,
    Voice,
    VoiceComparison,
    VoiceOrder,
    VoiceSample,
    VoiceStatus,
    VoiceVersion,
    VoiceView,
)
from ripieno.contracts.voices import VoiceProfile
from ripieno.records import voices
from ripieno.services import blobs
from ripieno.work import voices_using
from ripieno.work.voices_using import ConsentExpired, ConsentMissing, ConsentRevoked

_FIGURES = (
    "samples", "seconds", "voiced_seconds", "lowest", "median", "highest", "tilt", "breathiness", "vibrato_hz",
    "vibrato_cents",
)  # fmt: skip
_OF_A_MODEL = ("steps", "loss_before", "loss_after", "parity", "trained_on_seconds", "held_out_seconds")


class NoSuchVoiceVersion(LookupError):
    """The voice has no such version, or none that can be sung with."""


def create(owner: str, order: VoiceOrder, seed: str) -> Voice:
    """A voice that has nothing yet; the same `seed` again is the same voice."""
    voice = Voice(
        voice_id=seed, owner=owner, name=order.name, about=order.about, created_at=datetime.now(UTC).isoformat()
    )
    voices.create(voice)
    return voices.get(owner, seed)


def roll_back(owner: str, voice_id: str, number: int | None) -> Voice:
    """Sing with an earlier version again; nothing is lost. Without a number, the one made before the current one.

    Raises
    ------
    records.voices.VoiceMissing, NoSuchVoiceVersion
    """

    def rolled(voice: Voice) -> Voice:
        made = [one.number for one in voice.versions if one.status == "made"]
        if number is None:
            before = [one for one in made if voice.current is not None and one < voice.current]
            if not before:
                raise NoSuchVoiceVersion("there is no version before the current one")
            voice.current = before[-1]
        elif number in made:
            voice.current = number
        else:
            known = ", ".join(map(str, made)) or "none yet"
            raise NoSuchVoiceVersion(f"there is no version {number} to sing with: there are {known}")
        return voice

    return voices.change(owner, voice_id, rolled)


def compare(owner: str, voice_id: str, a: int, b: int) -> VoiceComparison:
    """Two versions beside each other. Raises `VoiceMissing`, `NoSuchVoiceVersion`."""
    voice = voices.get(owner, voice_id)
    first, second = _version(voice, a), _version(voice, b)
    here, there = _figures(first), _figures(second)
    changed = [name for name in dict.fromkeys([*here, *there]) if here.get(name) != there.get(name)]
    return VoiceComparison(
        a=a,
        b=b,
        figures=[FigureChange(figure=name, a=here.get(name), b=there.get(name)) for name in changed],
        likeness=_likeness(first.profile, second.profile),
        added=[one for one in second.samples if one not in first.samples],
        removed=[one for one in first.samples if one not in second.samples],
    )


# -- as the public API shows them ---------------------------------------------------------------------------------


def shown(voice: Voice, *, is_whole: bool = True) -> VoiceView:
    """A voice; whole with its samples, each with an address to hear it at, and its versions."""
    status, message = _stands(voice)
    view = VoiceView(
        **voice.model_dump(include={"voice_id", "owner", "name", "about", "created_at", "revoked_at", "current"}),
        status=status,
        message=message,
        consent=voice.consent,
    )
    if is_whole:
        view.consents = voice.consents
        view.samples = [
            SampleView(
                **sample(one).model_dump(),
                blob_url=blobs.read_url(names.VOICES, one.blob_name) if one.status in ("checking", "taken") else None,
            )
            for one in voice.samples
        ]
        view.versions = [version(one) for one in voice.versions]
    return view


def sample(one: VoiceSample) -> VoiceSample:
    """A sample without what only engines read: where the voice lies among voices."""
    if one.report is None:
        return one
    return one.model_copy(update={"report": one.report.model_copy(update={"embedding": []})})


def version(one: VoiceVersion) -> VoiceVersion:
    """A version, less the same."""
    if one.profile is None:
        return one
    return one.model_copy(update={"profile": one.profile.model_copy(update={"embedding": []})})


def _stands(voice: Voice) -> tuple[VoiceStatus, str]:
    """Whether a voice can be sung with, and what is missing."""
    try:
        consent = voices_using.check(voice)
    except ConsentRevoked as fault:
        return "revoked", str(fault)
    except ConsentMissing as fault:
        return "no_consent", str(fault)
    except ConsentExpired as fault:
        return "expired", str(fault)
    if voice.current is not None:
        until = f"{', '.join(consent.purposes)}, until {consent.until[:10]}"
        return "ready", f"version {voice.current} can be used for {until}"
    latest = voice.versions[-1] if voice.versions else None
    if latest is not None and latest.status == "making":
        return "making", f"version {latest.number} is being made"
    if latest is not None:
        return "failed", f"version {latest.number} could not be made: {latest.error}"
    return "empty", "there is no sample of it that was taken: add some"


# -- parts --------------------------------------------------------------------------------------------------------


def _version(voice: Voice, number: int) -> VoiceVersion:
    found = voice.version(number)
    if found is None:
        raise NoSuchVoiceVersion(f"there is no version {number}: the voice has {len(voice.versions)}")
    return found


def _figures(one: VoiceVersion) -> dict[str, float]:
    found: dict[str, float | None] = {}
    if one.profile is not None:
        found |= {name: getattr(one.profile, name) for name in _FIGURES}
        found |= {f"formant {number}": value for number, value in enumerate(one.profile.formants, start=1)}
    if one.model is not None:
        found |= {name: getattr(one.model, name) for name in _OF_A_MODEL}
    return {name: float(value) for name, value in found.items() if value is not None}


def _likeness(a: VoiceProfile | None, b: VoiceProfile | None) -> float | None:
    if a is None or b is None or a.embedding_by != b.embedding_by or len(a.embedding) != len(b.embedding):
        return None
    return round(sum(one * other for one, other in zip(a.embedding, b.embedding, strict=True)), 4)
