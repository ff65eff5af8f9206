"""Whether a voice may be used, and with what: asked when it is ordered, when the job begins, and when its work is kept.

A use is logged before its job is given away; what may not be used any more ends with the sentence that says why.
"""

from __future__ import annotations

from datetime import UTC, datetime

from ripieno.contracts import names
from ripieno.contracts.consent import Consent, Purpose, UsedVoice
from ripieno.contracts.voice_profiles import Voice, VoiceUse, VoiceVersion
from ripieno.contracts.voices import Singer, VoiceEngine, VoiceRef, VoiceSettings
from ripieno.contracts.works import Version, Work
from ripieno.records import voices


class NotAllowed(ValueError):
    """Nobody has let the voice be used for this, or no longer; the message says what to do."""


class ConsentMissing(NotAllowed):
    """No consent was ever given."""


class ConsentForOther(NotAllowed):
    """The consent is for other purposes."""


class ConsentExpired(NotAllowed):
    """The consent has ended."""


class ConsentRevoked(NotAllowed):
    """The consent was taken back."""


class VoiceNotReady(ValueError):
    """The voice has no version that can be sung with."""


class UnclearVoice(ValueError):
    """Several voices are meant, or a version that is not there; the message names those that are."""


def check(voice: Voice, purpose: Purpose | None = None, *, now: datetime | None = None) -> Consent:
    """The consent by which a voice may be used, for a purpose or for any.

    Raises
    ------
    ConsentMissing, ConsentForOther, ConsentExpired, ConsentRevoked
    """
    consent = voice.consent
    if voice.revoked_at is not None:
        raise ConsentRevoked(f"the consent to the voice {voice.name!r} was taken back on {_day(voice.revoked_at)}")
    if consent is None:
        raise ConsentMissing(
            f"nobody has let the voice {voice.name!r} be used: give a consent with POST /api/voices/{voice.voice_id}"
            "/consent, who, for what, until when"
        )
    if datetime.fromisoformat(consent.until) <= (now or datetime.now(UTC)):
        raise ConsentExpired(
            f"the consent to the voice {voice.name!r} ended on {_day(consent.until)}: ask {consent.who} for another"
        )
    if purpose is not None and purpose not in consent.purposes:
        known = ", ".join(consent.purposes)
        raise ConsentForOther(
            f"{consent.who} let the voice {voice.name!r} be used for {known}, not for {purpose}: ask for that too"
        )
    return consent


def ordered(owner: str, wanted: str, purpose: Purpose, *, version: int | None = None) -> UsedVoice | None:
    """The version of a voice that is meant by its id or its name, where it may be used; None where none is meant.

    Raises
    ------
    NotAllowed, VoiceNotReady, UnclearVoice
    records.voices.VoiceMissing
        For an id of a voice that is not there (any more): no endpoint has one of that name.
    """
    voice = meant(owner, wanted)
    if voice is None:
        if names.is_seed(wanted.strip()):
            raise voices.VoiceMissing(f"there is no voice {wanted.strip()}")
        return None
    return _used(voice, purpose, version)


def of(owner: str, voice_id: str, purpose: Purpose, *, version: int | None = None) -> UsedVoice:
    """The version of the voice of an id, where it may be used.

    Raises
    ------
    records.voices.VoiceMissing, NotAllowed, VoiceNotReady, UnclearVoice
    """
    return _used(voices.get(owner, voice_id), purpose, version)


def meant(owner: str, wanted: str) -> Voice | None:
    """The voice that is meant by its id or its name. Raises `UnclearVoice` where several are."""
    voice = voices.find(owner, wanted)
    if voice is not None or not wanted.strip():
        return voice
    found = voices.named(owner, wanted)
    standing = [one for one in found if one.revoked_at is None] or found[:1]
    if len(standing) > 1:
        ids = ", ".join(one.voice_id for one in standing[:10])
        raise UnclearVoice(f"{len(standing)} voices are called {wanted.strip()!r}: say which by its id, {ids}")
    return standing[0] if standing else None


def begin(
    work: Work,
    element: str,
    version: Version,
    settings: VoiceSettings | None = None,
    engine: VoiceEngine = "auto",
) -> Singer:
    """Who sings a take, as its job is told it; the use is in the log from then on.

    Raises
    ------
    NotAllowed, VoiceNotReady, records.voices.VoiceMissing
    """
    used = version.voice
    assert used is not None
    voice = voices.get(work.owner, used.voice_id)
    check(voice, Purpose(used.purpose))
    made = _made(voice, used.version)
    assert made.profile is not None
    voices.note_use(
        work.owner,
        VoiceUse(
            voice_id=voice.voice_id,
            version=made.number,
            purpose=used.purpose,
            work_id=work.work_id,
            kind=str(work.kind),
            element=element,
            take=version.number,
            used_at=version.made_at,
        ),
    )
    model = made.model.blob_name if made.model is not None and made.model.is_better else None
    its = VoiceRef(
        voice_id=voice.voice_id, version=made.number, name=_NAMELESS, profile=made.profile.blob_name, model=model
    )
    return Singer(voice=its, settings=settings or VoiceSettings(), engine=engine)


def why_not(owner: str, used: UsedVoice) -> str | None:
    """Why a voice may not be used any more for what it was ordered for; None where it may."""
    voice = voices.find(owner, used.voice_id)
    if voice is None:
        return DELETED
    try:
        check(voice, Purpose(used.purpose))
        _made(voice, used.version)
    except (NotAllowed, VoiceNotReady, UnclearVoice) as fault:
        return str(fault)
    return None


DELETED = "the voice was deleted"
_NAMELESS = "the voice"
"""What jobs call it: they are kept with the work, and a voice that is deleted leaves no name behind."""


# -- parts --------------------------------------------------------------------------------------------------------


def _used(voice: Voice, purpose: Purpose, version: int | None) -> UsedVoice:
    check(voice, purpose)
    return UsedVoice(voice_id=voice.voice_id, version=_made(voice, version).number, purpose=purpose)


def _made(voice: Voice, number: int | None) -> VoiceVersion:
    """A version that can be sung with, the current one where `number` is None."""
    found = voice.version(number)
    if found is None and number is not None:
        raise UnclearVoice(f"the voice {voice.name!r} has no version {number}: it has 1 to {len(voice.versions)}")
    if found is None:
        raise VoiceNotReady(f"the voice {voice.name!r} has no version yet: add samples, and wait until it is measured")
    if found.status != "made" or found.profile is None:
        raise VoiceNotReady(f"version {found.number} of the voice {voice.name!r} is {found.status}: name another")
    return found


def _day(moment: str) -> str:
    return moment[:10]
