"""Voices as the library keeps and the public API shows them: samples, consent, versions, and each use.

A voice is somebody's: what it is made of lies under one folder of the container `voices`, who let it be used is in its
consents, and every version is measured, or trained, from samples that were checked.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from ripieno.contracts.base import Contract, Request
from ripieno.contracts.consent import Consent, Purpose
from ripieno.contracts.generation import StemFormat
from ripieno.contracts.voices import MOST_STEPS, VoiceEngine, VoiceModel, VoiceProfile, VoiceSampleReport, VoiceSettings

MOST_NAME = 60
MOST_ABOUT = 500
MOST_VERSIONS = 100
MOST_CONSENTS = 100

VoiceName = Annotated[str, StringConstraints(min_length=1, max_length=MOST_NAME, strip_whitespace=True)]
SampleKind = Literal["sung", "spoken"]
VoiceStatus = Literal["no_consent", "expired", "empty", "making", "ready", "failed", "revoked"]


class VoiceOrder(Request):
    """`POST /voices`: a voice by the name that it is asked for by."""

    name: VoiceName
    about: str = Field(default="", max_length=MOST_ABOUT)


class VoiceSample(Contract):
    """One recording of a voice. `checking` until it was heard; one that is `refused` says why in its `report`, one that
    `failed` could not be heard at all. `beside` are the samples that it was held against, to be of the same speaker."""

    sample_id: str
    file_name: str
    kind: SampleKind
    status: Literal["checking", "taken", "refused", "failed"] = "checking"
    added_at: str
    format: str
    file_size_bytes: int
    sha256: str
    duration_seconds: float | None = None
    blob_name: str
    instance_id: str
    beside: list[str] | None = None
    report: VoiceSampleReport | None = None
    error: str | None = None


class VoiceVersion(Contract):
    """A voice as it was measured, and with `learns` trained, from some samples. `model` is None where none was trained;
    nobody sings with one that is no better than it was before it learned. When the consent is taken back it is
    `deleted`: its number stays, for the uses that name it."""

    number: int = Field(ge=1)
    status: Literal["making", "made", "failed", "deleted"] = "making"
    made_at: str
    instance_id: str
    samples: list[str]
    learns: bool = False
    steps: int | None = None
    profile: VoiceProfile | None = None
    model: VoiceModel | None = None
    error: str | None = None
    remarks: list[str] = []


class Voice(Contract):
    """One voice at rest. `consents` are all that were given, the last one counts; `current` is the version that is sung
    with, None as long as there is none."""

    voice_id: str
    owner: str
    name: str
    about: str = ""
    created_at: str
    samples: list[VoiceSample] = []
    consents: list[Consent] = []
    versions: list[VoiceVersion] = []
    current: int | None = None
    revoked_at: str | None = None

    @property
    def consent(self) -> Consent | None:
        return self.consents[-1] if self.consents else None

    @property
    def taken(self) -> list[VoiceSample]:
        return [one for one in self.samples if one.status == "taken"]

    def sample(self, sample_id: str) -> VoiceSample | None:
        return next((one for one in self.samples if one.sample_id == sample_id), None)

    def version(self, number: int | None) -> VoiceVersion | None:
        """A version, the current one where `number` is None."""
        wanted = self.current if number is None else number
        return next((one for one in self.versions if one.number == wanted), None)


# -- as the public API shows them ---------------------------------------------------------------------------------


class SampleView(VoiceSample):
    """A sample, with an address to hear it at for the next hour."""

    blob_url: str | None = None


class VoiceView(Contract):
    """`GET /voices/{id}`: `status` says whether it can be sung with, `message` what is missing. `consent` is the one
    that counts."""

    voice_id: str
    owner: str
    name: str
    about: str = ""
    status: VoiceStatus
    message: str
    created_at: str
    revoked_at: str | None = None
    consent: Consent | None = None
    consents: list[Consent] = []
    samples: list[SampleView] = []
    versions: list[VoiceVersion] = []
    current: int | None = None


class VoiceList(Contract):
    """A page of voices, newest first, without samples and versions."""

    items: list[VoiceView]
    next_cursor: str | None = None


class SampleAccepted(Contract):
    """Answer to a sample: it is being heard; `duplicate` where the voice had these bytes already."""

    voice_id: str
    sample: VoiceSample
    duplicate: bool = False
    status_url: str
    message: str


class TrainOrder(Request):
    """`POST /voices/{id}/train`: a further version, from all samples that were taken. With `learn` a model is trained
    too, in `steps` (None is as many as the samples are worth), else the voice is measured alone."""

    learn: bool = True
    steps: int | None = Field(default=None, ge=1, le=MOST_STEPS)


class VoiceVersionChoice(Request):
    """Body of rollback: which version, the one before the current one where it is None."""

    version: int | None = Field(default=None, ge=1)


class VoiceVersionList(Contract):
    """The versions of a voice; `current` is the one that is sung with."""

    current: int | None = None
    items: list[VoiceVersion]


class FigureChange(Contract):
    """A figure of a voice that is another in `b` than in `a`; None where there is none."""

    figure: str
    a: float | None = None
    b: float | None = None


class VoiceComparison(Contract):
    """`GET /voices/{id}/versions/compare`: what was measured of each, and which samples the one has that the other has
    not; `likeness` is how like each other they are (cosine of embeddings, 1 at most)."""

    a: int
    b: int
    figures: list[FigureChange] = []
    likeness: float | None = None
    added: list[str] = []
    removed: list[str] = []


class VoiceUse(Contract):
    """One take that a voice was used for: of which element of which work, when, in which version, and what for."""

    voice_id: str
    version: int
    purpose: Purpose
    work_id: str
    kind: str
    element: str
    take: int
    used_at: str


class VoiceUseList(Contract):
    """A page of uses, newest first."""

    items: list[VoiceUse]
    next_cursor: str | None = None


class ApplyOrder(VoiceSettings):
    """`POST /voices/{id}/apply`: the vocal of a song, sung by the voice. `source` is its separated `stem`, or the whole
    `recording` where that is a vocal alone. `version` is the current one where it is None."""

    audio_file_id: str = Field(min_length=1, max_length=100)
    source: Literal["stem", "recording"] = "stem"
    version: int | None = Field(default=None, ge=1)
    engine: VoiceEngine = "auto"
    stem_format: StemFormat = "wav"
