"""Compositions: what is asked for, and the one context that every stage reads and refines.

A brief is a sentence; every other field of an order wins over it. The context is what is settled of a piece: later
stages add to it and may not contradict it. `ripieno.music.composing` writes it, layers, lyrics, mix and master read it.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from ripieno.contracts.analysis import StemFormat
from ripieno.contracts.base import Contract, Request
from ripieno.contracts.enums import StemType
from ripieno.contracts.generation import MOST_LYRICS, Meter
from ripieno.contracts.production import Score

MOST_BRIEF = 2000
MOST_COMPOSED_SECONDS = 900.0
MOST_SECTIONS = 40
MOST_STYLES = 4

Language = Literal["en", "de", "es", "fr"]
KeyName = Annotated[
    str, StringConstraints(pattern=r"^[A-Ga-g][#b]?\s?(m|min|minor|maj|major)?$", strip_whitespace=True)
]
"""`A minor`, `Am`, `F# major`, `Bb`."""


class Stage(StrEnum):
    """What a piece goes through, in this order."""

    CONTEXT = "context"
    HARMONY = "harmony"
    ARRANGEMENT = "arrangement"
    MELODY = "melody"
    LYRICS = "lyrics"
    LAYERS = "layers"
    MIX = "mix"
    CHECK = "check"


class Mood(Request):
    """Valence from sad to glad and arousal from calm to excited, -1 to 1 (Russell's circumplex); `words` say it too."""

    words: str = Field(default="", max_length=200)
    valence: float | None = Field(default=None, ge=-1, le=1)
    arousal: float | None = Field(default=None, ge=-1, le=1)


class StyleShare(Request):
    """One genre of a blend, and how much of it."""

    name: str = Field(max_length=40)
    weight: float = Field(default=1.0, gt=0, le=100)


class FormPart(Request):
    """One section of the form that is asked for."""

    label: str = Field(max_length=40)
    bars: int = Field(ge=1, le=64)


class CompositionOrder(Request):
    """`POST /compositions`. Each field wins over the `brief`; what neither says follows from style and mood.

    With `audio_file_id` the piece has that song's form, chords, tempo and key, where no field says otherwise: a cover
    in another style. `layers` are the instruments that may play; `stop_at` is the stage after which a person wants to
    look: the piece then waits, and `POST /compositions/{id}/approve` lets it go on.
    """

    brief: str = Field(default="", max_length=MOST_BRIEF)
    title: str | None = Field(default=None, max_length=200)
    artist: str | None = Field(default=None, max_length=200)
    mood: Mood | None = None
    styles: list[StyleShare] = Field(default=[], max_length=MOST_STYLES)
    duration_seconds: float | None = Field(default=None, ge=10, le=MOST_COMPOSED_SECONDS)
    key: KeyName | None = None
    tempo: float | None = Field(default=None, ge=30, le=300)
    meter: Meter | None = None
    form: list[FormPart] = Field(default=[], max_length=MOST_SECTIONS)
    layers: list[StemType] = Field(default=[], max_length=7)
    instrumental: bool | None = None
    lyrics: str = Field(default="", max_length=MOST_LYRICS)
    theme: str | None = Field(default=None, max_length=300)
    language: Language | None = None
    voice: str | None = Field(default=None, max_length=60)
    engine: str = Field(default="auto", max_length=40)
    loudness_lufs: float | None = Field(default=None, ge=-30, le=-6)
    random_seed: int | None = Field(default=None, ge=0, lt=2**32)
    audio_file_id: str | None = Field(default=None, max_length=100)
    stop_at: Stage | None = None
    stem_format: StemFormat = "wav"
    webhook_url: str | None = Field(default=None, max_length=2048)


class ContextSection(Contract):
    """One section: `energy` is 0..1 for each bar, `chords` are those of each bar, which they share evenly. `key` is the
    piece's own where it is None; `parts` are the layers that play; `theme` is what its words are about."""

    label: str
    bars: int = Field(ge=1)
    energy: list[float] = []
    chords: list[list[str]] = []
    key: str | None = None
    parts: list[str] = []
    theme: str = ""


class Layer(Contract):
    """A layer that plays in the piece, in some of its sections."""

    name: str
    stem_type: StemType
    instrument: str | None = None
    style: str | None = None
    density: float = 0.0
    pitch_register: float = 0.0
    brightness: float = 0.0
    dynamics: float = 0.0


class Context(Contract):
    """What is settled of a piece. `settled` names for each field who settled it: `you`, the song, or a stage."""

    title: str
    artist: str = ""
    mood: Mood = Mood()
    styles: list[StyleShare] = []
    tempo: float
    meter: Meter
    key: str
    sections: list[ContextSection]
    layers: list[Layer] = []
    theme: str = ""
    language: Language = "en"
    voice: str | None = None
    loudness_lufs: float
    seed: int
    settled: dict[str, str] = {}
    remarks: list[str] = []

    @property
    def bars(self) -> int:
        return sum(one.bars for one in self.sections)


class StageState(Contract):
    """How far one stage of a revision is; `message` says what it settled, or why it failed."""

    stage: Stage
    status: Literal["waiting", "running", "done", "failed"] = "waiting"
    message: str = ""


class Revision(Contract):
    """One state of a piece: its context, which version of each element it has, and what was asked for to come here from
    `parent`. `changes` say what was changed and why. A revision that failed leaves the one before as it was."""

    number: int = Field(ge=1)
    parent: int | None = None
    made_at: str
    asked: str = ""
    changes: list[str] = []
    status: Literal["making", "waiting", "made", "failed", "cancelled"] = "making"
    error: str | None = None
    stages: list[StageState] = []
    stop_at: Stage | None = None
    context: Context | None = None
    elements: dict[str, int] = {}
    mix: str | None = None
    score: Score | None = None


class Composition(Contract):
    """What a composition has beside its elements. `current` is the revision that is heard, `approved` the one that
    somebody approved."""

    order: CompositionOrder
    revisions: list[Revision]
    current: int = 1
    approved: int | None = None

    def revision(self, number: int | None = None) -> Revision:
        """A revision, the current one where `number` is None. Raises `LookupError`."""
        wanted = self.current if number is None else number
        found = next((one for one in self.revisions if one.number == wanted), None)
        if found is None:
            raise LookupError(f"there is no version {wanted}: it has 1 to {len(self.revisions)}")
        return found
