"""What `--json` prints, where that is not a contract of the API itself: docs/cli.md shows every shape.

Fields are added, never renamed or removed.
"""

from __future__ import annotations

from typing import Any

from ripieno.contracts.analysis import Analysis
from ripieno.contracts.audio import AudioFile, AudioSummary, Failure, StemLink
from ripieno.contracts.base import Contract
from ripieno.contracts.generation import FreeStanding, Generation, MixView, StemPlan
from ripieno.contracts.production import Score
from ripieno.contracts.provenance import Provenance
from ripieno.contracts.understanding import Understanding


class WrittenStem(StemLink):
    """`path` is where it was written, None where it was not asked for."""

    path: str | None = None


class Analyzed(Contract):
    """`analyze`: one line a file, in the order of the files. `error` says why there is no `analysis`."""

    audio_file_id: str | None
    status: str
    file: str
    duration_seconds: float | None = None
    analysis: dict[str, Any] | None = None
    stems: list[WrittenStem] = []
    jams_url: str | None = None
    jams_path: str | None = None
    engines: dict[str, Provenance] = {}
    error: Failure | None = None


class ChartLine(Contract):
    """One bar: `chords` are Harte labels with the beat of the bar that each begins at, from 1."""

    bar: int
    start_time: float
    section: str | None = None
    chords: list[tuple[int, str]] = []


class ShownSong(Contract):
    """`show` and `status` of a song: everything known of it, its chords by bar, the newest generations for it."""

    song: AudioFile
    analysis: Analysis | None = None
    chart: list[ChartLine] = []
    stems: list[StemLink] = []
    generations: list[Generation] = []


class WrittenFiles(Contract):
    """`stems` and `jams --out`: what was written."""

    audio_file_id: str
    paths: list[str]


class Deleted(Contract):
    """`delete`: one line for each, with the id of the song, the composition or the generation. `status` is running,
    completed or failed."""

    audio_file_id: str | None = None
    composition_id: str | None = None
    generation_request_id: str | None = None
    status: str
    message: str
    instance_id: str


class WrittenTake(Contract):
    """One stem of `generate`: its latest take, and where it was written."""

    name: str
    stem_type: str
    take: int
    status: str
    error: str | None = None
    path: str | None = None
    midi_path: str | None = None
    start_seconds: float | None = None
    duration_seconds: float | None = None
    random_seed: int | None = None
    plan: StemPlan | None = None
    score: Score | None = None
    engine: Provenance | None = None


class Generated(Contract):
    """`generate`, and `reject --out`: the request, what was written, the mix where one was asked for, what music for no
    song is played to, what of it follows one's preferences, and what was understood of the prompt."""

    generation_request_id: str
    audio_file_id: str | None = None
    song_name: str | None = None
    status: str
    error: str | None = None
    stems: list[WrittenTake] = []
    mix: str | None = None
    free_standing: FreeStanding | None = None
    planner: Provenance | None = None
    taste: list[str] = []
    understood: Understanding | None = None


class Reviewed(Contract):
    """`approve`, `reject` and `cancel`: the request as it is then; `stems` are those that were meant."""

    generation_request_id: str
    status: str
    stems: list[str] = []


class Mixed(MixView):
    """`mix`: the mix, or its master, and where it was written."""

    generation_request_id: str
    path: str


class Downloaded(Contract):
    """`download`: which version in which format, and where it was written."""

    composition_id: str
    version: int
    format: str
    path: str


class VoiceDeleted(Contract):
    """`voice revoke` and `voice delete`: how far that is."""

    voice_id: str
    status: str
    message: str
    instance_id: str


class DownloadedSet(Contract):
    """`set download`: which version in which formats, and where they were written."""

    set_id: str
    version: int
    paths: list[str]


class Checked(Contract):
    """One line of `doctor`: `status` is ok, missing, broken or stopped."""

    name: str
    status: str
    detail: str
    needed: bool = True


class Address(Contract):
    """`up` and `down`: where the stack answers, and whether it runs."""

    url: str
    running: bool
    logs: str


class Model(Contract):
    """One of `models list`."""

    name: str
    task: str
    license: str
    commercial: bool
    revision: str
    here: bool


class Verified(Contract):
    """One of `models verify`: `wrong` is empty where every byte is right."""

    name: str
    wrong: list[str]


SHOWN_OF_A_SONG = set(AudioSummary.model_fields)
"""What `list` and `search` show of each song."""


class SignedInAt(Contract):
    """`login`, `logout`, `whoami`: whom one is taken for at an address; null where one has signed out."""

    url: str
    owner: str | None
    name: str | None = None
    roles: list[str] = []
    device_id: str | None = None
