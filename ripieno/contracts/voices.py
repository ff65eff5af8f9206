"""A voice that is somebody's by right, as the endpoints know it: samples checked, measured, learned, and sung with.

What a voice is made of lies in the container `voices`, all of one voice under one folder, so that one deletion is the
end of it: an endpoint reads the profile when it begins and looks for it again before it stores what it made.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from ripieno.contracts.analysis import StemFormat
from ripieno.contracts.base import Contract, Request
from ripieno.contracts.production import AudioBlob, OutputName
from ripieno.contracts.provenance import Origin, Provenance

MOST_SAMPLES = 60
MOST_STEPS = 20_000
LEAST_SAMPLE_SECONDS, MOST_SAMPLE_SECONDS = 3.0, 600.0
ENVELOPE_BANDS = 40
"""Mel-spaced bands from 80 Hz to 10 kHz that a voice's spectral envelope is told in."""

VoiceEngine = Literal["auto", "voice-model", "voice-profile"]
"""A conversion model that was trained from the samples, or what was measured of them; `auto` is the best there is."""

RefusedBecause = Literal[
    "cannot_be_read", "too_short", "too_long", "no_voice", "too_quiet", "clipped", "too_noisy", "several_speakers",
    "another_speaker",
]  # fmt: skip

Embedding = Annotated[list[float], Field(max_length=1024)]
"""Where a voice lies among voices: of length 1, so that the cosine of two is their sum of products."""


# -- one sample ---------------------------------------------------------------------------------------------------


class CheckVoiceInput(Contract):
    """Input of a `check-voice` job: one recording. `known` are the embeddings of samples that were taken before: it has
    to be the same speaker."""

    sample: AudioBlob
    known: list[Embedding] = Field(default=[], max_length=MOST_SAMPLES)


class SampleFault(Contract):
    """Why a sample cannot be taken, and in `message` what to do about it."""

    code: RefusedBecause
    message: str


class VoiceSampleReport(Contract):
    """Result of a `check-voice` job; what could not be measured is None. A sample without `refused` can be taken.

    `voiced_seconds`: in which somebody speaks or sings on a pitch; `loudness_lufs`: integrated, after ITU-R BS.1770;
    `noise_db`: the noise between the words below the voice, the more the better; `clipped`: the share of voiced time in
    which the recording clips; `consistency`: how like its own windows are (cosine, 1 at most), `likeness`: how like it
    is to what is `known`; `one_speaker` is None where it is too short to tell.
    """

    seconds: float = 0.0
    voiced_seconds: float = 0.0
    sample_rate: int | None = None
    loudness_lufs: float | None = None
    peak: float = 0.0
    noise_db: float | None = None
    clipped: float = 0.0
    consistency: float | None = None
    one_speaker: bool | None = None
    likeness: float | None = None
    embedding: Embedding = []
    refused: list[SampleFault] = []
    remarks: list[str] = []
    engine: Provenance

    @property
    def is_taken(self) -> bool:
        return not self.refused


# -- all samples: what a voice is ---------------------------------------------------------------------------------


class ProfileVoiceInput(Contract):
    """Input of a `profile-voice` job: what is common to all samples, measured, stored as JSON at `output` in the
    container `voices`."""

    samples: list[AudioBlob] = Field(min_length=1, max_length=MOST_SAMPLES)
    output: OutputName


class VoiceProfile(Contract):
    """Result of a `profile-voice` job: what a voice is, without any recording of it.

    `lowest`, `median`, `highest` are fundamental frequencies in Hz (5th, 50th and 95th percentile of voiced time);
    `formants` the first four in Hz (medians); `envelope` the mean spectral envelope of voiced sound in dB, by
    `ENVELOPE_BANDS`, its mean 0; `breathiness` the share of noise in voiced sound, 0..1; `tilt` how fast it falls, in
    dB an octave; `vibrato_hz`, `vibrato_cents` (half of its width) None where it has none; `pitch_by` and
    `embedding_by` what measured them.
    """

    blob_name: str = ""
    samples: int
    seconds: float
    voiced_seconds: float
    lowest: float = Field(gt=0)
    median: float = Field(gt=0)
    highest: float = Field(gt=0)
    formants: list[float] = Field(max_length=4)
    envelope: list[float] = Field(min_length=ENVELOPE_BANDS, max_length=ENVELOPE_BANDS)
    tilt: float
    breathiness: float = Field(ge=0, le=1)
    vibrato_hz: float | None = None
    vibrato_cents: float | None = None
    embedding: Embedding
    embedding_by: str
    pitch_by: str
    engine: Provenance


class TrainVoiceInput(Contract):
    """Input of a `train-voice` job: a conversion model from the samples, written as ONNX to `output` (without its
    extension) in the container `voices`. `profile` is the blob of the profile that was measured from them. `steps`
    None is as many as the samples are worth; the same seed and samples train the same model on the same machine."""

    samples: list[AudioBlob] = Field(min_length=1, max_length=MOST_SAMPLES)
    profile: OutputName
    output: OutputName
    steps: int | None = Field(default=None, ge=1, le=MOST_STEPS)
    seed: int = Field(default=0, ge=0, lt=2**32)


class VoiceModel(Contract):
    """Result of a `train-voice` job. Losses are of what was held out (mean absolute error of the log spectral envelope)
    before the first step (`loss_before`), at the end (`loss_after`), and on the way (`losses`: step and loss);
    `parity` the most that ONNX differs from torch; `is_better` whether it lowered the loss, else nobody should sing
    with it."""

    blob_name: str
    file_size_bytes: int
    sha256: str
    steps: int
    seconds: float
    trained_on_seconds: float
    held_out_seconds: float
    loss_before: float
    loss_after: float
    losses: list[tuple[int, float]] = []
    parity: float
    is_better: bool
    remarks: list[str] = []
    engine: Provenance


# -- singing with it ----------------------------------------------------------------------------------------------


class VoiceSettings(Request):
    """`strength`: from the voice that sings (0) to the one that is wanted (1). `range_shift`: semitones that the melody
    is moved by; None moves it by octaves where that brings it into the voice's range. `breath`: from less breath (-1)
    to more (1) than the voice has."""

    strength: float = Field(default=1.0, ge=0, le=1)
    range_shift: int | None = Field(default=None, ge=-24, le=24)
    breath: float = Field(default=0.0, ge=-1, le=1)


class VoiceRef(Contract):
    """One version of a voice as a job is told it: where its profile and, where it has one, its model lie in the
    container `voices`. `name` is what people call it."""

    voice_id: str = Field(pattern=r"^[A-Za-z0-9_-]{1,100}$")
    version: int = Field(ge=1)
    name: str = Field(max_length=120)
    profile: OutputName
    model: OutputName | None = None


class Singer(Contract):
    """Who sings, how, and by which engine; part of the input of `sing` and `generate` jobs and of `apply-voice`."""

    voice: VoiceRef
    settings: VoiceSettings = VoiceSettings()
    engine: VoiceEngine = "auto"


class ApplyVoiceInput(Contract):
    """Input of an `apply-voice` job: a vocal that exists, sung by another voice; its melody and words are kept.
    `output` is its name in the container `generated`, without extension; `origin` is that of the vocal, and
    `start_seconds` where it begins in its song."""

    audio: AudioBlob
    singer: Singer
    output: OutputName
    stem_format: StemFormat = "wav"
    start_seconds: float = Field(default=0.0, ge=0)
    origin: Origin = Origin()


class VoicedFile(Contract):
    """Result of an `apply-voice` job. `range_shift` is what the melody was moved by; `likeness_before` and
    `likeness_after` are how like the voice the vocal is (cosine of embeddings, 1 at most)."""

    blob_name: str
    file_size_bytes: int
    sha256: str
    format: str
    sample_rate: int
    start_seconds: float
    duration_seconds: float
    loudness_lufs: float | None
    peak: float
    range_shift: int
    likeness_before: float | None = None
    likeness_after: float | None = None
    remarks: list[str] = []
    engine: Provenance
