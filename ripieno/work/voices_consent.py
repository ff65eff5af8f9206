"""Consent to a voice: given by a spoken sentence, for purposes, until a day; and taken back."""

from __future__ import annotations

from datetime import UTC, datetime

from ripieno.contracts.consent import Consent, ConsentOrder
from ripieno.contracts.voice_profiles import MOST_CONSENTS, Voice
from ripieno.contracts.workflow import Run
from ripieno.records import voices
from ripieno.work import voices_versions
from ripieno.work.voices_using import ConsentMissing, ConsentRevoked


class CannotConsent(ValueError):
    """What is written down is no consent; the message says what to change."""


class SampleNotReady(RuntimeError):
    """The spoken sentence was not heard yet, or was not taken."""


def give(owner: str, voice_id: str, order: ConsentOrder) -> tuple[Voice, Run | None]:
    """Write down a consent, which takes the place of the one before; and the run that measures the voice, where its
    first version waited for that.

    Raises
    ------
    records.voices.VoiceMissing, ConsentRevoked, CannotConsent, SampleNotReady
    """
    now = datetime.now(UTC)
    if order.until <= now:
        raise CannotConsent(f"until: {order.until.date().isoformat()} has passed: name a day to come")
    if not order.who.strip():
        raise CannotConsent("who: say whose voice it is")

    def given(voice: Voice) -> Voice | None:
        if voice.revoked_at is not None:
            raise ConsentRevoked(
                f"the consent to the voice {voice.name!r} was taken back: create another voice for a new one"
            )
        written = Consent(
            who=order.who.strip(),
            purposes=sorted(set(order.purposes)),
            until=order.until.isoformat(),
            sample_id=order.sample_id,
            sample_sha256=_sentence(voice, order.sample_id),
            given_at=now.isoformat(),
        )
        if voice.consent is not None and voice.consent.model_copy(update={"given_at": written.given_at}) == written:
            return None
        voice.consents = [*voice.consents, written][-MOST_CONSENTS:]
        return voice

    voices.change(owner, voice_id, given)
    run = voices_versions.first(owner, voice_id)
    return voices.get(owner, voice_id), run


def take_back(owner: str, voice_id: str, because: str, at: str) -> Voice:
    """From now on nothing may be sung, converted or trained in a voice; once however often.

    Raises
    ------
    records.voices.VoiceMissing
    ConsentMissing
        Where none was given: there is nothing to take back.
    """

    def taken_back(voice: Voice) -> Voice | None:
        if voice.revoked_at is not None:
            return None
        if voice.consent is None:
            raise ConsentMissing(f"nobody has let the voice {voice.name!r} be used: there is nothing to take back")
        voice.revoked_at = voice.consent.revoked_at = at
        voice.consent.reason = because
        return voice

    return voices.change(owner, voice_id, taken_back)


def _sentence(voice: Voice, sample_id: str) -> str:
    """The hash of the recording in which the consent is spoken."""
    sample = voice.sample(sample_id)
    if sample is None:
        spoken = ", ".join(one.sample_id for one in voice.taken if one.kind == "spoken") or "none yet"
        raise CannotConsent(f"sample_id: the voice has no sample {sample_id[:60]!r}; spoken ones are {spoken}")
    if sample.kind != "spoken":
        raise CannotConsent("sample_id: the sample is sung: a consent is spoken, send it with kind=spoken")
    if sample.status == "checking":
        raise SampleNotReady("the spoken sentence is being heard: wait until it was taken")
    if sample.status != "taken":
        why = sample.report.refused[0].message if sample.report and sample.report.refused else sample.error
        raise SampleNotReady(f"the spoken sentence was not taken: {why}")
    return sample.sha256
