"""What is found in a song."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from ripieno.contracts import names
from ripieno.contracts.base import Contract
from ripieno.contracts.enums import Mode, StemType
from ripieno.contracts.provenance import Provenance

Confidence = float
StemFormat = Literal["flac", "wav"]


class Beat(Contract):
    """One beat; `position` counts from 1 within its bar, so 1 is a downbeat."""

    time: float = Field(ge=0)
    position: int = Field(ge=1)


class Section(Contract):
    start_time: float = Field(ge=0)
    end_time: float = Field(ge=0)
    label: str
    confidence: Confidence = Field(ge=0, le=1)


class Chord(Contract):
    """One chord in Harte syntax (`C:min7/b3`), `N` where none sounds."""

    start_time: float = Field(ge=0)
    end_time: float = Field(ge=0)
    chord: str
    confidence: Confidence = Field(ge=0, le=1)


class KeySpan(Contract):
    """A stretch of the song in one key."""

    start_time: float = Field(ge=0)
    end_time: float = Field(ge=0)
    key: str
    mode: Mode


class MoodHeard(Contract):
    """Valence from sad to glad and arousal from calm to excited, -1 to 1 (Russell's circumplex), and the words for
    moods that lie nearest."""

    valence: float = Field(ge=-1, le=1)
    arousal: float = Field(ge=-1, le=1)
    words: list[str] = []


class StyleHeard(Contract):
    """A style that a song is like, and with which weight beside all others, 0 to 1."""

    name: str
    weight: float = Field(ge=0, le=1)


class Confidences(Contract):
    """How far each finding can be trusted, 0 to 1; 0 where there is no finding."""

    bpm: Confidence = 0
    beats: Confidence = 0
    key: Confidence = 0
    chords: Confidence = 0
    sections: Confidence = 0
    tuning_frequency: Confidence = 0
    valence: Confidence = 0
    arousal: Confidence = 0
    styles: Confidence = 0


class Analysis(Contract):
    """The whole analysis of one song.

    `bpm`, `key` and `tuning_frequency` are None where the recording does not say (no pulse, no pitch); `key` is the
    tonic as a pitch class (`F#`) of the key the song is in for longest, `keys` are all of them in order (one where it
    does not modulate), `tuning_frequency` is the frequency of A4 in Hz. The beat of 6/8 is its dotted quarter.
    `bar_levels` is how loud each bar is, from downbeat to downbeat (the last to the end), as RMS in dBFS;
    `loudness_lufs` how loud the song is (ITU-R BS.1770, as stereo), None where it is silent or was not measured.
    `mood` and `styles` (those it is most like, the most first) are None and empty where there is no pulse, or an older
    analysis did not look: docs/mood.md says what they are worth.
    """

    duration_seconds: float = Field(ge=0)
    bpm: float | None = None
    time_signature: str | None = None
    key: str | None = None
    mode: Mode | None = None
    keys: list[KeySpan] = []
    tuning_frequency: float | None = None
    beats: list[Beat] = []
    bar_levels: list[float] = []
    loudness_lufs: float | None = None
    sections: list[Section] = []
    chords: list[Chord] = []
    mood: MoodHeard | None = None
    styles: list[StyleHeard] = []
    confidence: Confidences = Confidences()
    engines: dict[str, Provenance] = {}


class StemFile(Contract):
    """One separated stem in blob storage: as long as the mix, sample for sample."""

    stem_type: StemType
    blob_name: str
    file_size_bytes: int
    sha256: str
    format: str
    sample_rate: int
    channels: int
    duration_seconds: float


class SeparationResult(Contract):
    stems: list[StemFile]
    duration_seconds: float
    engine: Provenance


class ResultBlob(Contract):
    """A pointer to a JSON result in the `jobs` container, small enough for an orchestration's history."""

    blob_name: str
    sha256: str
    file_size_bytes: int


class SeparateInput(Contract):
    """Input of a `separate` job.

    The stems are put into `folder` (else that of the song's id); `engine` is `auto`, an engine's name, or a name with a
    device (`htdemucs@cuda`).
    """

    audio_file_id: str
    container: str = names.RAW_AUDIO
    blob_name: str
    engine: str = "auto"
    stem_format: StemFormat = "flac"
    folder: str | None = None


class MirInput(Contract):
    """Input of a `mir` job: the song and, where there are any, its stems. `engines` are those that were asked for by
    task, where that is not the best that is there."""

    audio_file_id: str
    container: str = names.RAW_AUDIO
    blob_name: str
    stems: list[StemFile] = []
    engines: dict[str, str] = {}
    separation: Provenance | None = None


class AnalyzeRequest(Contract):
    """`POST /analyze`: the whole analysis as one job, on behalf of the `owner`; of the setting's where none is named.
    The id is a name of the caller's own: never a song's folder, which has a slash in it."""

    audio_file_id: str = Field(min_length=1, max_length=200, pattern=r"^[^/\\]+$")
    blob_uri: str
    callback_url: str | None = None
    owner: str | None = Field(default=None, pattern=r"^[A-Za-z0-9_.@-]{1,64}$")


class AnalyzeAccepted(Contract):
    audio_file_id: str
    status: str = "processing"
    message: str
