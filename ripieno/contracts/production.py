"""What is done to audio that is there: aligned, checked, mixed, mastered, exported."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from ripieno.contracts.analysis import StemFormat
from ripieno.contracts.base import Contract
from ripieno.contracts.enums import StemType
from ripieno.contracts.provenance import Origin, Provenance

Container = Literal["raw-audio", "songs", "stems", "analyses", "jams", "jobs", "generated", "voices"]
RequestId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,100}$")]
OutputName = Annotated[
    str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9 ._-]*(/[A-Za-z0-9][A-Za-z0-9 ._-]*)*$", max_length=400)
]
"""A blob of the container `generated`, without its extension."""


def _in_order(bars: tuple[int, int]) -> tuple[int, int]:
    first, last = bars
    if not 1 <= first <= last:
        raise ValueError(f"bars count from 1, the first before the last: write [{max(1, min(bars))}, {max(1, *bars)}]")
    return bars


Bars = Annotated[tuple[int, int], AfterValidator(_in_order)]
"""The first and the last bar of a part, counted from 1 at the first downbeat."""

MixRole = StemType | Literal["backing vocals"]
"""What a source is in a mix: a stem of its type, or the voices behind the lead."""

MANIFEST = "manifest.json"
MOST_EXPORTED = 500
_NOT_IN_A_FILE_NAME = set('<>:"|?*\\') | {chr(code) for code in range(32)}


class AudioBlob(Contract):
    """One file of the storage account."""

    container: Container = "generated"
    blob_name: str


class Chapter(Contract):
    """One piece of a long mix, and where it begins to be the one that is heard."""

    start_seconds: float = Field(ge=0)
    title: str
    artist: str = ""


class MixSource(AudioBlob):
    """One file of a mix: where it is, when it begins, how loud it is, and what its `role` is where the mix has a
    style."""

    start_seconds: float = Field(default=0.0, ge=0)
    gain_db: float = Field(default=0.0, ge=-60, le=12)
    role: MixRole = StemType.OTHER


class _Named(Contract):
    """`output` names the file; without it, it is `name` among the files of `generation_request_id`. `origin` is that of
    what goes in."""

    generation_request_id: RequestId | None = None
    name: str = Field(pattern=r"^[a-z0-9-]{1,60}$")
    output: OutputName | None = None
    stem_format: StemFormat = "wav"
    origin: Origin = Origin()

    @model_validator(mode="after")
    def _is_somewhere(self) -> _Named:
        if self.output is None and self.generation_request_id is None:
            raise ValueError("give output, or generation_request_id and name")
        return self


class MixInput(_Named):
    """Input of a `mix` job: files laid over each other, as long as the longest. With a `style` (a genre or a blend)
    they are mixed as it is done there: EQ and level by role, buses, a room, and what gives way to the voice and the
    kick; with a `conditioning` the faders follow its energy. Without a style they are summed."""

    name: str = Field(default="mix", pattern=r"^[a-z0-9-]{1,60}$")
    sources: list[MixSource] = Field(min_length=1, max_length=64)
    style: str | None = Field(default=None, max_length=200)
    conditioning: str | None = None


class MasterInput(_Named):
    """Input of a `master` job: a generated file made ready to be released, by a preset of
    `gpu_endpoints/production/mastering.json`; `loudness_lufs` instead of the preset's. With a `reference` it gets the
    loudness and, within 6 dB, the spectral balance of that recording."""

    name: str = Field(default="master", pattern=r"^[a-z0-9-]{1,60}$")
    container: Container = "generated"
    blob_name: str
    preset: str = "streaming"
    loudness_lufs: float | None = Field(default=None, ge=-40, le=-6)
    reference: AudioBlob | None = None


class MixedFile(Contract):
    """Result of a `mix` or `master` job. `gain_db` is what the whole was turned by, so that nothing clips or, of a
    master, before its limiter; `remarks` say so where a preset's loudness was not reached, and why."""

    name: str
    blob_name: str
    file_size_bytes: int
    sha256: str
    format: str
    sample_rate: int
    duration_seconds: float
    loudness_lufs: float | None
    loudness_range_lu: float | None = None
    peak: float
    gain_db: float
    preset: str | None = None
    remarks: list[str] = []
    engine: Provenance


class _Fitted(Contract):
    """Audio and what it has to fit: a `conditioning` (a JSON blob of the container `generated`) or a song's own
    findings. `section` and `bars` choose the range that the audio plays; it begins where the range does."""

    audio: AudioBlob
    conditioning: str | None = None
    audio_file_id: str | None = None
    section: str | None = Field(default=None, max_length=40)
    bars: Bars | None = None
    stem_type: StemType = StemType.OTHER
    style: str = Field(default="pop", max_length=200)

    @model_validator(mode="after")
    def _has_a_grid(self) -> _Fitted:
        if self.conditioning is None and self.audio_file_id is None:
            raise ValueError("give a conditioning or an audio_file_id to fit the audio to")
        return self


class AlignInput(_Fitted):
    """Input of an `align` job: audio that drifts, brought onto the beats."""

    output: OutputName
    stem_format: StemFormat = "wav"


class AlignedFile(Contract):
    """Result of an `align` job; `done` says what was moved, nothing where it was in its place already."""

    blob_name: str
    file_size_bytes: int
    sha256: str
    format: str
    sample_rate: int
    start_seconds: float
    duration_seconds: float
    loudness_lufs: float | None
    peak: float
    done: list[str] = []
    engine: Provenance


class CheckedLayer(AudioBlob):
    """One layer of a finished piece."""

    name: str
    stem_type: StemType


class PieceAsked(Contract):
    """What a finished piece was to be, beside what its `conditioning` says: its layers, where each of its words begins
    (seconds), its loudness and its mood (-1 to 1)."""

    layers: list[CheckedLayer] = []
    words: list[float] = []
    loudness_lufs: float | None = None
    valence: float | None = None
    arousal: float | None = None


class CheckInput(_Fitted):
    """Input of a `check` job; its result is a `Score`, with a `piece` where the audio is one."""

    piece: PieceAsked | None = None


class Miss(Contract):
    """One thing that is not as it was asked: of which layer, where it is one's, and that in words."""

    what: Literal["chords", "style", "mood", "borders", "words", "loudness", "energy"]
    layer: str | None = None
    message: str


class PieceHeard(Contract):
    """What a finished piece was heard to be; None where it does not apply. `chords` is how well the chords explain each
    harmonic layer, 0..1; `borders` the share of its sections that begin with one of the greatest changes;
    `words_in_bar` the share of words whose voice rises in their bar, `words_ms` how far from their place in the middle;
    `sounds_like` the styles that it is most like, of measured profiles, the most first; `misses` what is not as it was
    asked."""

    chords: dict[str, float] = {}
    borders: float | None = None
    words_in_bar: float | None = None
    words_ms: float | None = None
    sounds_like: list[str] = []
    valence: float | None = None
    arousal: float | None = None
    loudness_error: float | None = None
    misses: list[Miss] = []


class Score(Contract):
    """What the finished audio was heard to be, beside what was asked for; None where it does not apply.

    `beat_alignment`: 0..1, how far its onsets lie on the grid rather than between; `offset_ms`: how late it is;
    `tempo_error`: relative; `chord_agreement`: 0..1, how well the chords explain what sounds, beside their
    transpositions; `key_agreement`: correlation with the key's profile; `energy_correlation`: of its level with the
    energy asked for, bar by bar; `overall`: the mean of what is there, 0..1; `remarks` say what is wrong.
    """

    beat_alignment: float | None = None
    offset_ms: float | None = None
    tempo_error: float | None = None
    chord_agreement: float | None = None
    key_agreement: float | None = None
    energy_correlation: float | None = None
    loudness_lufs: float | None = None
    peak: float = 0.0
    overall: float = Field(default=0.0, ge=0, le=1)
    remarks: list[str] = []
    piece: PieceHeard | None = None


ExportFormat = Literal["wav", "flac", "mp3"]


class ExportItem(AudioBlob):
    """One file of an export under the `name` it has there. Audio becomes 24-bit `format` (mp3: 320 kbit/s), where one
    is given, with its `title`, `artist`, `origin` and `chapters` in it; any other file goes in as it is. `about` (its
    provenance, what it is) goes into the manifest word for word."""

    name: str = Field(min_length=1, max_length=200)
    format: ExportFormat | None = None
    title: str = Field(default="", max_length=2000)
    artist: str = Field(default="", max_length=2000)
    origin: Origin | None = None
    start_seconds: float | None = Field(default=None, ge=0)
    chapters: list[Chapter] = []
    about: dict[str, Any] = {}

    @model_validator(mode="after")
    def _is_a_file_name_everywhere(self) -> ExportItem:
        if set(self.name) & _NOT_IN_A_FILE_NAME:
            raise ValueError(f"{self.name!r} cannot be a file name everywhere")
        if any(part in ("", ".", "..") or part != part.strip(" .") for part in self.name.split("/")):
            raise ValueError(f"{self.name!r} is no path within the export")
        return self


class ExportInput(Contract):
    """Input of an `export` job: one zip, `{output}.zip` in the container `generated`, with a manifest; or, not
    `packed`, its one item alone as `{output}.{format}`."""

    output: OutputName
    items: list[ExportItem] = Field(min_length=1, max_length=MOST_EXPORTED)
    about: dict[str, Any] = {}
    packed: bool = True

    @model_validator(mode="after")
    def _is_one_file_where_it_is_not_packed(self) -> ExportInput:
        if not self.packed and (len(self.items) != 1 or self.items[0].format is None):
            raise ValueError("what is not packed is one item with a format")
        return self

    @model_validator(mode="after")
    def _has_each_name_once(self) -> ExportInput:
        found = [item.name.casefold() for item in self.items]
        if len({*found, MANIFEST}) <= len(found):
            raise ValueError(f"each name can be there once, and {MANIFEST} is the export's own")
        return self


class ExportedFile(Contract):
    """Result of an `export` job; `format` is zip, or that of the one file."""

    blob_name: str
    format: str = "zip"
    file_size_bytes: int
    sha256: str
    files: int
