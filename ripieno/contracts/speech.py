"""Words spoken and words heard: the jobs `speak` and `transcribe`."""

from __future__ import annotations

from pydantic import Field

from ripieno.contracts.analysis import StemFormat
from ripieno.contracts.base import Contract
from ripieno.contracts.production import AudioBlob, OutputName
from ripieno.contracts.provenance import Provenance
from ripieno.contracts.understanding import Language

MOST_SPOKEN = 1000  # characters of one text
MOST_SAYINGS = 60
MOST_HEARD_SECONDS = 60.0


class Saying(Contract):
    """A text to be spoken, as `{output}.{stem_format}` in the container `generated`."""

    text: str = Field(min_length=1, max_length=MOST_SPOKEN)
    language: Language = "en"
    output: OutputName


class SpeakInput(Contract):
    """Input of a `speak` job. `voice` is a variant of the engine's (f1 to f5, m1 to m8); its usual one where it has no
    such."""

    sayings: list[Saying] = Field(min_length=1, max_length=MOST_SAYINGS)
    voice: str = Field(default="", max_length=40)
    stem_format: StemFormat = "wav"


class SpokenFile(Contract):
    """One text, spoken."""

    blob_name: str
    text: str
    file_size_bytes: int
    sha256: str
    format: str
    sample_rate: int
    duration_seconds: float


class SpeakResult(Contract):
    """Result of a `speak` job: a file for each saying, in their order."""

    files: list[SpokenFile]
    engine: Provenance


class TranscribeInput(Contract):
    """Input of a `transcribe` job: at most a minute of speech; the `language` is recognised where it is None."""

    audio: AudioBlob
    language: Language | None = None
    engine: str = Field(default="auto", max_length=40)


class Transcript(Contract):
    """Result of a `transcribe` job."""

    text: str
    engine: Provenance
