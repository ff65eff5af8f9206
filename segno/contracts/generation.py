"""New stems: what is asked for, and what comes back."""

from __future__ import annotations

from pydantic import Field, model_validator

from segno.contracts.analysis import StemFormat
from segno.contracts.base import Contract
from segno.contracts.enums import StemType
from segno.contracts.provenance import Provenance

MOST_SECONDS = 3600.0


class GenerationParameters(Contract):
    """What the user fixed; the song's own findings fill in the rest.

    With a song, `section` (`chorus`, `chorus 2`) or `bars` (first and last, counted from 1) choose a part of it, and
    `chord_progression`, a chord a bar, takes the place of its chords. Without one, `target_bpm`, `duration_seconds` and
    `chord_progression` say what to play.
    """

    target_bpm: float | None = Field(default=None, ge=30, le=300)
    duration_seconds: float | None = Field(default=None, gt=0, le=MOST_SECONDS)
    style: str = "pop"
    chord_progression: list[str] = Field(default=[], max_length=512)
    section: str | None = None
    bars: tuple[int, int] | None = None
    prompt: str = ""
    temperature: float = Field(default=1.0, ge=0, le=2)
    random_seed: int = 0
    stem_format: StemFormat = "wav"


class GenerateInput(Contract):
    """Input of a `generate` job: stems for a song of the library, or free-standing where `audio_file_id` is None."""

    generation_request_id: str = Field(pattern=r"^[A-Za-z0-9_-]{1,100}$")
    audio_file_id: str | None = None
    target_stems: list[StemType] = Field(min_length=1, max_length=7)
    engine: str = "auto"
    parameters: GenerationParameters = GenerationParameters()

    @model_validator(mode="after")
    def _is_enough(self) -> GenerateInput:
        given = self.parameters
        if self.audio_file_id is None and not (given.target_bpm and given.duration_seconds and given.chord_progression):
            raise ValueError("without a song, give target_bpm, duration_seconds and chord_progression")
        if len(set(self.target_stems)) < len(self.target_stems):
            raise ValueError("each stem can be asked for once")
        return self


class GeneratedStem(Contract):
    """One new stem in blob storage; `start_seconds` is where it belongs in the song."""

    stem_type: StemType
    blob_name: str
    midi_blob_name: str | None = None
    file_size_bytes: int
    sha256: str
    format: str
    sample_rate: int
    channels: int
    start_seconds: float
    duration_seconds: float
    random_seed: int
    engine: Provenance


class GenerationResult(Contract):
    stems: list[GeneratedStem]


class GenerateRequest(GenerateInput):
    """`POST /generate`."""

    callback_url: str | None = None


class GenerateAccepted(Contract):
    generation_request_id: str
    status: str = "processing"
    message: str
