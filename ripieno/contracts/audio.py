"""Songs as the public API shows them."""

from __future__ import annotations

from pydantic import Field

from ripieno.contracts.base import Contract, Request
from ripieno.contracts.enums import AudioFileStatus, AudioFormat, Mode


class Progress(Contract):
    """Where a song's workflow stands; the workflow's custom status has the same shape."""

    stage: str
    fraction: float = Field(ge=0, le=1)
    message: str
    audio_file_id: str | None = None


class Failure(Contract):
    """Why a song failed: a code a program can use, and a sentence a person can."""

    code: str
    message: str


class AudioSummary(Contract):
    """One line of a listing. `styles` are those that it is most like, the most first."""

    audio_file_id: str
    original_file_name: str
    status: AudioFileStatus
    bpm: float | None = None
    key: str | None = None
    mode: Mode | None = None
    valence: float | None = None
    arousal: float | None = None
    styles: list[str] | None = None
    duration_seconds: float | None = None
    uploaded_at: str


class AudioFile(AudioSummary):
    """Everything the library knows of a song. `blob_name` is in the container `songs`, of a file that is no song in
    `rejected`; `born` is new each time the same bytes come into the library."""

    owner: str
    born: str
    sha256: str
    blob_name: str
    file_size_bytes: int
    format: AudioFormat | None = None
    sample_rate: int | None = None
    channels: int | None = None
    title: str | None = None
    artist: str | None = None
    analyzed_at: str | None = None
    run: int = 1
    engines: dict[str, str] = {}
    instance_id: str
    webhook_url: str | None = None
    error: Failure | None = None
    progress: Progress | None = None
    links: dict[str, str] = {}


class AudioPage(Contract):
    items: list[AudioSummary]
    next_cursor: str | None = None


class AudioAccepted(Contract):
    """Answer to an upload: `duplicate` is true when these bytes were in the library already; `generation_request_id` is
    there when stems were asked for with it."""

    audio_file_id: str
    instance_id: str
    status: AudioFileStatus
    duplicate: bool = False
    status_url: str
    message: str
    generation_request_id: str | None = None


class UploadRequest(Request):
    """`POST /uploads`: ask for a time-limited address to put a file at, straight into storage."""

    file_name: str = Field(min_length=1, max_length=1024)
    file_size_bytes: int = Field(gt=0)
    webhook_url: str | None = Field(default=None, max_length=2048)


class UploadTicket(Contract):
    """PUT the bytes to `upload_url` with `headers`, then POST to `complete_url`."""

    upload_id: str
    upload_url: str
    headers: dict[str, str]
    expires_at: str
    complete_url: str


class UploadOutcome(Contract):
    """Which song a direct upload became.

    Outcomes: ingested, duplicate, rejected; missing where the bytes were deleted before they could be read; None while
    the file is being read.
    """

    upload_id: str
    instance_id: str | None = None
    audio_file_id: str | None = None
    outcome: str | None = None
    message: str


class AnalysisOrder(Request):
    """`POST /audio/{id}/analysis`: which engine for which task (`separate`); `auto`, the default, is the best that is
    there."""

    engines: dict[str, str] = Field(default={}, max_length=10)


class RemovalAccepted(Contract):
    """Answer to a DELETE: it is gone from the lists, `status_url` says when everything made from it is deleted. Also to
    a consent that is taken back: the voice is not used any more, and all that it is made of is being deleted."""

    instance_id: str
    status_url: str
    message: str


class Removal(Contract):
    """How far a deletion is: running, completed or failed."""

    instance_id: str
    status: str
    fraction: float = Field(ge=0, le=1)
    message: str


class StemLink(Contract):
    stem_type: str
    blob_url: str
    file_size_bytes: int
    format: str
    sample_rate: int
    channels: int
    duration_seconds: float


class StemList(Contract):
    audio_file_id: str
    engine: str
    approximate: bool
    stems: list[StemLink]
