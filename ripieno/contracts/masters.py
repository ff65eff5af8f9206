"""Masters of songs of the library: one stage alone, as a request."""

from __future__ import annotations

from pydantic import Field

from ripieno.contracts.analysis import StemFormat
from ripieno.contracts.base import Contract, Request
from ripieno.contracts.enums import GenerationStatus
from ripieno.contracts.generation import MixView


class SongMasterOrder(Request):
    """`POST /audio/{id}/masters`: a song made ready to be released, by a preset of the catalogue; at `loudness_lufs`
    instead of its loudness; or as loud and as bright as the song `reference_id` sounds."""

    preset: str = Field(default="streaming", max_length=40)
    loudness_lufs: float | None = Field(default=None, ge=-40, le=-6)
    reference_id: str | None = Field(default=None, max_length=100)
    stem_format: StemFormat = "wav"


class SongMaster(Contract):
    """A master of a song: `file` says how it stands, what it was heard to be, and where to fetch it."""

    master_id: str
    instance_id: str
    audio_file_id: str
    owner: str
    status: GenerationStatus
    message: str = ""
    created_at: str
    order: SongMasterOrder
    file: MixView


class SongMasterList(Contract):
    """A page of masters."""

    items: list[SongMaster]
    next_cursor: str | None = None
