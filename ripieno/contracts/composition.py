"""Compositions: what is asked for, and the one context that every stage reads and refines.

A brief is a sentence; every other field of an order wins over it. The context is what is settled of a piece: later
stages add to it and may not contradict it. `ripieno.music.composing` writes it, layers, lyrics, mix and master read it.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any, Final, Literal

from pydantic import Field, StringConstraints

from ripieno.contracts.analysis import StemFormat
from ripieno.contracts.base import Contract, Request
from ripieno.contracts.consent import UsedVoice
from ripieno.contracts.enums import GenerationStatus, StemType
from ripieno.contracts.generation import (
    MOST_LYRICS,
    ChordName,
    Meter,
    MixView,
    PlacedPlaying,
    Playing,
    Shade,
    StemTakes,
)
from ripieno.contracts.lyrics import Lyrics, LyricsLanguage, TimedLine
from ripieno.contracts.production import Bars, Score
from ripieno.contracts.provenance import ModelUsage, Provenance
from ripieno.contracts.understanding import Place, Understanding

MOST_BRIEF = 2000
MOST_COMPOSED_SECONDS = 900.0
MOST_SECTIONS = 40
MOST_STYLES = 4
MOST_MIDI = 1_400_000  # characters of base64: a megabyte
BACKING: Final = "backing vocals"
"""The layer of the voices behind the lead."""

BackingWay = Literal["third above", "third below", "sixth above", "sixth below", "pad", "answer", "ad-libs"]
"""What voices behind the lead sing: its words a third or a sixth from it; chords on a vowel, voice led; a line's last
words again, in the gap after it; calls of their own."""

KeyName = Annotated[
    str, StringConstraints(pattern=r"^[A-Ga-g][#b]?\s?(m|min|minor|maj|major)?$", strip_whitespace=True)
]
"""`A minor`, `Am`, `F# major`, `Bb`."""

Destination = Literal["streaming", "club", "broadcast"]
"""Where a piece is to be heard: music services, loud systems, or broadcast (EBU R 128)."""


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


class GivenLayer(Request):
    """What a person gives for a layer, played as it is: `midi`, a MIDI file in base64 whose tick 0 is bar 1 of the
    piece, by the symbolic player, of the vocals the melody to sing; or a recording, a song of the library that begins
    at bar 1."""

    layer: StemType
    midi: str | None = Field(default=None, max_length=MOST_MIDI)
    audio_file_id: str | None = Field(default=None, max_length=100)


class CompositionOrder(Request):
    """`POST /compositions`. Each field wins over the `brief`; what neither says follows from style and mood.

    With `audio_file_id` the piece has that song's form, chords, tempo and key, where no field says otherwise: a cover
    in another style. With `mood_of` it is in the mood of that song, as far as `mood` says nothing, and in its styles
    where neither `styles` nor the brief names one. `layers` are the instruments that may play; `given` is played as it
    is, and the piece has the tempo, key and length of an analysed recording in it where nothing else says them. `voice`
    sings: a voice of `/voices` by its id or name, whose consent is needed, or an installed DiffSinger voice. `backing`
    says whether there are voices behind the lead; else they are there where it is sung, the style has them and no
    layers are named. It is mastered for its `destination`, to `loudness_lufs` where that is given, with the spectral
    balance and else the loudness of the song `reference_id`. `stop_at` is the stage after which a person wants to look:
    the piece then waits, and `POST /compositions/{id}/approve` lets it go on.
    """

    brief: str = Field(default="", max_length=MOST_BRIEF)
    title: str | None = Field(default=None, max_length=200)
    artist: str | None = Field(default=None, max_length=200)
    mood: Mood | None = None
    mood_of: str | None = Field(default=None, max_length=100)
    styles: list[StyleShare] = Field(default=[], max_length=MOST_STYLES)
    duration_seconds: float | None = Field(default=None, ge=10, le=MOST_COMPOSED_SECONDS)
    key: KeyName | None = None
    tempo: float | None = Field(default=None, ge=30, le=300)
    meter: Meter | None = None
    form: list[FormPart] = Field(default=[], max_length=MOST_SECTIONS)
    layers: list[StemType] = Field(default=[], max_length=7)
    given: list[GivenLayer] = Field(default=[], max_length=7)
    instrumental: bool | None = None
    lyrics: str = Field(default="", max_length=MOST_LYRICS)
    theme: str | None = Field(default=None, max_length=300)
    language: LyricsLanguage | None = None
    voice: str | None = Field(default=None, max_length=100)
    backing: bool | None = None
    engine: str = Field(default="auto", max_length=40)
    allow_fallback: bool = False
    loudness_lufs: float | None = Field(default=None, ge=-30, le=-6)
    destination: Destination | None = None
    reference_id: str | None = Field(default=None, max_length=100)
    random_seed: int | None = Field(default=None, ge=0, lt=2**32)
    audio_file_id: str | None = Field(default=None, max_length=100)
    stop_at: Stage | None = None
    stem_format: StemFormat = "wav"
    webhook_url: str | None = Field(default=None, max_length=2048)


class ContextSection(Contract):
    """One section: `energy` is 0..1 for each bar, `chords` are those of each bar, which they share evenly. `key` is the
    piece's own where it is None; `parts` are the layers that play; `backing` is what the voices behind the lead sing;
    `theme` is what its words are about."""

    label: str
    bars: int = Field(ge=1)
    energy: list[float] = []
    chords: list[list[str]] = []
    key: str | None = None
    parts: list[str] = []
    backing: list[BackingWay] = []
    theme: str = ""


class OwnNote(Contract):
    """A note of a melody that a person gave: `start` and `length` in quarters from bar 1 on, a MIDI `pitch`."""

    start: float = Field(ge=0)
    length: float = Field(gt=0)
    pitch: int = Field(ge=24, le=108)


class Layer(Playing):
    """A layer that plays in the piece, in those sections that name it; not at the places `silent`, and at `at_places`
    otherwise than elsewhere. `variant` counts how often something else was wanted of it. `midi` are notes, and `audio`
    is a recording, that a person gave for it: files of the piece; `melody` is what the voice sings, where it is a
    person's own. `engine` is by whom it is played where the order leaves that open."""

    name: str
    stem_type: StemType
    instrument: str | None = None
    style: str | None = None
    engine: str = "auto"
    silent: list[Place] = []
    at_places: list[PlacedPlaying] = []
    variant: int = Field(default=0, ge=0)
    midi: str | None = None
    audio: str | None = None
    melody: list[OwnNote] = []

    @property
    def is_backing(self) -> bool:
        return self.name == BACKING


class Context(Contract):
    """What is settled of a piece. `lyrics` are those of the `drafts` that were chosen, or a person's own; `settled`
    names for each field who settled it: `you`, `your taste`, the song, a stage or a language model. `made_by` is who
    made what is settled at a stage, where there is a choice, and `usage` what language models cost for it. `taste` says
    what follows the owner's preferences, and why. `singer` is whose `voice` it is, where that is somebody's."""

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
    language: LyricsLanguage = "en"
    voice: str | None = None
    singer: UsedVoice | None = None
    lyrics: Lyrics | None = None
    drafts: list[Lyrics] = []
    loudness_lufs: float
    destination: Destination | None = None
    seed: int
    settled: dict[str, str] = {}
    made_by: dict[str, Provenance] = {}
    usage: ModelUsage = ModelUsage()
    taste: list[str] = []
    remarks: list[str] = []

    @property
    def bars(self) -> int:
        return sum(one.bars for one in self.sections)


class StageState(Contract):
    """How far one stage of a revision is; `message` says what it settled, or why it failed."""

    stage: Stage
    status: Literal["waiting", "running", "done", "failed"] = "waiting"
    message: str = ""


class Try(Contract):
    """What was made of a revision at one time: which version of each element, those with another seed, and what it was
    heard to be."""

    elements: dict[str, int]
    mix: str | None
    score: Score
    again: list[str] = []


class Revision(Contract):
    """One state of a piece: its context, which version of each element it has, and what was asked for to come here from
    `parent`. `changes` say what was changed and why. `words` are its lyrics in time. `leg` is the run that makes
    it, the second after a person looked the first time. A revision that failed leaves the one before as it was; one
    that waits can be gone on with, or begun from, for as long as it is there. `rejected`: somebody said that it is not
    it. Where it was heard to miss what was asked, the layers `again` were made anew with other seeds; `tries` are all
    of them."""

    number: int = Field(ge=1)
    parent: int | None = None
    made_at: str
    asked: str = ""
    changes: list[str] = []
    understood: Understanding | None = None
    status: Literal["making", "waiting", "made", "failed", "cancelled"] = "making"
    leg: int = 1
    error: str | None = None
    stages: list[StageState] = []
    stop_at: Stage | None = None
    context: Context | None = None
    words: list[TimedLine] = []
    elements: dict[str, int] = {}
    mix: str | None = None
    score: Score | None = None
    rejected: bool = False
    tries: list[Try] = []
    again: list[str] = []


class HeldLayer(Contract):
    """What a person gave for a layer: files of the piece; how long a recording is, and its tempo where it is known; of
    the voice the melody."""

    layer: StemType
    midi: str | None = None
    audio: str | None = None
    seconds: float | None = None
    bpm: float | None = None
    melody: list[OwnNote] = []


class Composition(Contract):
    """What a composition has beside its elements. `given` is what its order gave for layers, `current` the revision
    that is heard, `approved` the one that somebody approved, `singer` whose voice it was ordered in, where that is
    somebody's."""

    order: CompositionOrder
    given: list[HeldLayer] = []
    singer: UsedVoice | None = None
    revisions: list[Revision]
    current: int = 1
    approved: int | None = None

    @property
    def open(self) -> Revision | None:
        """The revision that is being made, else the newest where that waits for a person."""
        making = next((one for one in self.revisions if one.status == "making"), None)
        return making or (self.revisions[-1] if self.revisions[-1].status == "waiting" else None)

    def is_done(self, revision: Revision, stage: Stage) -> bool:
        """Whether a revision, or any that it comes from, has been through a stage."""
        known = {one.number: one for one in self.revisions}
        here: Revision | None = revision
        while here is not None:
            if any(one.stage == stage and one.status == "done" for one in here.stages):
                return True
            here = known.get(here.parent) if here.parent is not None else None
        return False

    def revision(self, number: int | None = None) -> Revision:
        """A revision, the current one where `number` is None. Raises `LookupError`."""
        wanted = self.current if number is None else number
        found = next((one for one in self.revisions if one.number == wanted), None)
        if found is None:
            raise LookupError(f"there is no version {wanted}: it has 1 to {len(self.revisions)}")
        return found


# -- refinements --------------------------------------------------------------------------------------------------


class SectionEdit(Request):
    """A change to one section (`chorus 2`, `last chorus`; `chorus` is each of them): `energy` is added to that of its
    bars, `chords` are a chord a bar, `words` are sung in it instead, a line a phrase, `add` and `remove` are layers."""

    section: str = Field(max_length=40)
    energy: float | None = Field(default=None, ge=-1, le=1)
    chords: list[ChordName] = Field(default=[], max_length=64)
    words: str = Field(default="", max_length=MOST_LYRICS)
    add: list[str] = Field(default=[], max_length=12)
    remove: list[str] = Field(default=[], max_length=12)


class PassageEdit(Request):
    """A change to some bars, counted from 1: `chords` are a chord a bar, again and again; `words` are sung there
    instead, a line a phrase. What is around them stays."""

    bars: Bars
    chords: list[ChordName] = Field(default=[], max_length=64)
    words: str = Field(default="", max_length=MOST_LYRICS)


class LayerEdit(Request):
    """A change to one layer: another instrument or style, shades that are added to its own, or the layer away. A layer
    that is not there is added, in `sections` or in all of them; `instead_of` another one it plays where that does,
    which is left out there. `anew` has it play something else. What a person gives is played as it is: `midi`, a MIDI
    file in base64 whose tick 0 is bar 1 of the piece, by the symbolic player, of the vocals the melody to sing; or a
    recording, a song of the library that begins at bar 1."""

    layer: StemType
    instrument: str | None = Field(default=None, max_length=40)
    style: str | None = Field(default=None, max_length=200)
    density: Shade | None = None
    pitch_register: Shade | None = None
    brightness: Shade | None = None
    dynamics: Shade | None = None
    anew: bool = False
    instead_of: StemType | None = None
    sections: list[str] = Field(default=[], max_length=MOST_SECTIONS)
    midi: str | None = Field(default=None, max_length=MOST_MIDI)
    audio_file_id: str | None = Field(default=None, max_length=100)
    remove: bool = False


class BackingEdit(Request):
    """A change to the voices behind the lead, in `sections` or wherever somebody sings: `ways` are sung there too (a
    third or a sixth instead of the one that was), those in `without` no longer; `more` has more of them sing, or fewer
    (-1); or nobody sings behind the lead there."""

    sections: list[str] = Field(default=[], max_length=MOST_SECTIONS)
    ways: list[BackingWay] = Field(default=[], max_length=7)
    without: list[BackingWay] = Field(default=[], max_length=7)
    more: int = Field(default=0, ge=-1, le=1)
    remove: bool = False


class Refinement(Request):
    """`POST /compositions/{id}/refine`: what is to be another, in words, or field by field; what does not depend on it
    stays as it is. `draft` chooses among the lyrics' drafts; a new `theme` has new ones written; `voice` sings it from
    then on, as in a `CompositionOrder`, an empty one is the voice that needs no weights. `from_version` is the version
    to begin from, the current one where it is None."""

    text: str = Field(default="", max_length=MOST_BRIEF)
    from_version: int | None = Field(default=None, ge=1)
    title: str | None = Field(default=None, max_length=200)
    tempo: float | None = Field(default=None, ge=30, le=300)
    key: KeyName | None = None
    styles: list[StyleShare] = Field(default=[], max_length=MOST_STYLES)
    mood: Mood | None = None
    loudness_lufs: float | None = Field(default=None, ge=-30, le=-6)
    destination: Destination | None = None
    lyrics: str | None = Field(default=None, max_length=MOST_LYRICS)
    draft: int | None = Field(default=None, ge=1, le=8)
    theme: str | None = Field(default=None, max_length=300)
    voice: str | None = Field(default=None, max_length=100)
    sections: list[SectionEdit] = Field(default=[], max_length=MOST_SECTIONS)
    layers: list[LayerEdit] = Field(default=[], max_length=12)
    backing: list[BackingEdit] = Field(default=[], max_length=MOST_SECTIONS)
    passages: list[PassageEdit] = Field(default=[], max_length=64)
    stop_at: Stage | None = None


class VersionChoice(Request):
    """Body of rollback, branch and approve: which version, the current one where it is None."""

    version: int | None = Field(default=None, ge=1)


class Rejection(VersionChoice):
    """Body of reject: with a `comment` a further version is made from it that heeds that, as by refine."""

    comment: str = Field(default="", max_length=MOST_BRIEF)


# -- as the public API shows them ---------------------------------------------------------------------------------


class RevisionView(Contract):
    """One version of a composition in a listing. `instance_id` is the workflow that makes it."""

    number: int
    parent: int | None = None
    made_at: str
    asked: str = ""
    changes: list[str] = []
    understood: Understanding | None = None
    status: str
    error: str | None = None
    stages: list[StageState] = []
    elements: dict[str, int] = {}
    mix: str | None = None
    score: Score | None = None
    rejected: bool = False
    tries: list[Try] = []
    instance_id: str


class CompositionView(Contract):
    """`GET /compositions/{id}`. `current` is the version that is heard; `context`, `layers` and `mixes` are its own,
    and `words` say when each of them is sung. `voices` are those of people that are in any of its versions."""

    composition_id: str
    instance_id: str
    owner: str
    status: GenerationStatus
    message: str = ""
    error: str | None = None
    title: str = ""
    created_at: str
    audio_file_id: str | None = None
    order: CompositionOrder
    current: int
    approved: int | None = None
    duration_seconds: float | None = None
    voices: list[UsedVoice] = []
    context: Context | None = None
    words: list[TimedLine] = []
    versions: list[RevisionView] = []
    layers: list[StemTakes] = []
    mixes: list[MixView] = []


DownloadFormat = Literal["wav", "flac", "mp3", "stems.zip", "midi", "lrc", "jams"]
"""`midi` are the notes of all layers, `lrc` the words in time, `jams` what the piece was made from."""


class DownloadAccepted(Contract):
    """Answer while a file is being made: ask the same again."""

    composition_id: str
    version: int
    format: DownloadFormat
    instance_id: str
    status_url: str
    message: str


class CompositionList(Contract):
    items: list[CompositionView]
    next_cursor: str | None = None


class FieldChange(Contract):
    """A field of the context that is another in `b` than in `a`: `sections.3 chorus.chords`, `lyrics.1 verse.2`. A
    value is None where there is none."""

    field: str
    a: Any = None
    b: Any = None


class LayerChange(Contract):
    """A layer in two versions: which take of it each has, None where it does not play."""

    name: str
    a: int | None = None
    b: int | None = None
    change: Literal["same", "made anew", "added", "left out"]


class VersionComparison(Contract):
    """`GET /compositions/{id}/versions/compare`. `changes` were made on the way to `b` from what both come from,
    `undone` are those of `a` that `b` has not."""

    a: int
    b: int
    changes: list[str] = []
    undone: list[str] = []
    fields: list[FieldChange] = []
    layers: list[LayerChange] = []
    is_same_mix: bool


class VersionList(Contract):
    items: list[RevisionView]


class CompositionAccepted(Contract):
    composition_id: str
    version: int
    instance_id: str
    status: GenerationStatus
    status_url: str
    message: str
    changes: list[str] = []
    not_understood: list[str] = []
