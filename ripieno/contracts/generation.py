"""New stems: what is asked for, how each is to be made, and what comes back."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from ripieno.contracts.analysis import StemFormat
from ripieno.contracts.base import Contract, Request
from ripieno.contracts.consent import UsedVoice
from ripieno.contracts.enums import GenerationStatus, StemType, TakeStatus
from ripieno.contracts.production import Bars, RequestId, Score
from ripieno.contracts.provenance import ModelUsage, Provenance
from ripieno.contracts.understanding import Place, Understanding
from ripieno.contracts.voices import Singer

MOST_SECONDS = 3600.0
MOST_PROMPT = 1000
MOST_LYRICS = 5000
MOST_TAKES = 20
MOST_ELEMENTS = 12
MOST_PLACES = 50

ChordName = Annotated[str, Field(max_length=60)]
Meter = Literal["2/4", "3/4", "4/4", "5/4", "6/8", "9/8", "12/8"]
TempoWay = Literal["constant", "smooth", "follow"]
"""How a song's beats are followed: as one tempo, as a curve without their jitter, or each as it was found."""
Shade = Annotated[float, Field(ge=-1, le=1)]
"""How far from the style's own, -1 to 1; 0 leaves it as it is."""


class GenerationParameters(Request):
    """What the user fixed; the song's own findings and the planner fill in the rest.

    With a song, `section` (`chorus`, `second chorus`, `chorus 2`) or `bars` (first and last, counted from 1) choose a
    part of it, `chord_progression`, a chord a bar, takes the place of its chords, and `tempo` says how its beats are
    followed (`ripieno.music.tempo`). Without one, `target_bpm` (of dotted beats in 6/8), `time_signature`,
    `duration_seconds` and `chord_progression` say what to play; those that are not given are the style's.
    `style` is a genre or a blend of some (`house 70%, bossa 30%`), `lyrics` are for the vocals. `loudness_lufs` (ITU-R
    BS.1770) takes the place of the level that fits the song, or without one of a peak of 0.8.
    """

    target_bpm: float | None = Field(default=None, ge=30, le=300)
    duration_seconds: float | None = Field(default=None, gt=0, le=MOST_SECONDS)
    time_signature: Meter | None = None
    style: str | None = Field(default=None, max_length=200)
    chord_progression: list[ChordName] = Field(default=[], max_length=512)
    section: str | None = Field(default=None, max_length=40)
    bars: Bars | None = None
    tempo: TempoWay = "smooth"
    prompt: str = Field(default="", max_length=MOST_PROMPT)
    lyrics: str = Field(default="", max_length=MOST_LYRICS)
    temperature: float = Field(default=1.0, ge=0, le=2)
    guidance: float | None = Field(default=None, ge=0, le=20)
    random_seed: int | None = Field(default=None, ge=0, lt=2**32)
    stem_format: StemFormat = "wav"
    loudness_lufs: float | None = Field(default=None, ge=-40, le=-6)


class Playing(Contract):
    """How something is played, beside what its style says.

    `pitch_register` is an octave down to an octave up, `swing` from straight (-1) to triplets (1), `timing` ahead of
    the beat (-1) to behind it (1). `notes` may be the roots of the chords alone, `onsets` only those on the first beat
    of a bar, on beats or off them.
    """

    pitch_register: Shade = 0.0
    density: Shade = 0.0
    brightness: Shade = 0.0
    dynamics: Shade = 0.0
    articulation: Literal["staccato", "normal", "legato"] = "normal"
    swing: Shade = 0.0
    timing: Shade = 0.0
    pulse: Literal["half", "normal", "double"] = "normal"
    notes: Literal["all", "roots"] = "all"
    onsets: Literal["all", "downbeats", "beats", "offbeats"] = "all"


class PlacedPlaying(Playing):
    """What is played otherwise at some places: numbers are added to those of the plan, words take their place."""

    places: list[Place] = Field(default=[], max_length=MOST_PLACES)


class StemPlan(Playing):
    """How one stem is to be made.

    `name` is its element's (`synth 2`), else that of its type. `section` and `bars` are as in `GenerationParameters`,
    for this stem alone; `instrument` is a name of `ripieno.music.instruments`. Of its range it plays at the places
    `sounding` (none is all of it) and not at `silent`; at `at_places` it is played otherwise. `midi` are its notes and
    `audio` is its sound where a person gave them: blobs of the container `generated`.
    """

    stem_type: StemType
    name: str = Field(default="", max_length=60)
    engine: str = Field(default="auto", max_length=40)
    style: str = Field(default="pop", max_length=200)
    prompt: str = Field(default="", max_length=MOST_PROMPT)
    instrument: str | None = Field(default=None, max_length=40)
    section: str | None = Field(default=None, max_length=40)
    bars: Bars | None = None
    sounding: list[Place] = Field(default=[], max_length=MOST_PLACES)
    silent: list[Place] = Field(default=[], max_length=MOST_PLACES)
    at_places: list[PlacedPlaying] = Field(default=[], max_length=MOST_PLACES)
    midi: str | None = Field(default=None, max_length=400)
    audio: str | None = Field(default=None, max_length=400)
    random_seed: int = Field(default=0, ge=0, lt=2**32)


class FreeStanding(Contract):
    """What music for no song is played to: as it was given, else as its style has it."""

    target_bpm: float
    time_signature: Meter
    duration_seconds: float
    chord_progression: list[ChordName]


class GenerationPlan(Contract):
    """A plan for every stem that is asked for. `planner` says who made it, and why the rules where they stood in;
    `free_standing` is there where the music is for no song; `understood` what was made of the words by rule; `taste`
    what of it follows the owner's preferences, and why."""

    stems: list[StemPlan]
    taste: list[str] = []
    understood: Understanding | None = None
    free_standing: FreeStanding | None = None
    planner: Provenance
    usage: ModelUsage = ModelUsage()


class GenerationOrder(Request):
    """`POST /generations`: stems for a song of the library, or free-standing where `audio_file_id` is None.

    Without `target_stems` they are those that the prompt names; a stem that is asked for twice is two elements (`synth`
    and `synth 2`). With `allow_fallback` an engine that is named and cannot be had, or is lost on the way, gives way to
    the next one that can, as `auto` always does. `voice` sings the vocals: a voice of `/voices` by its id or name (its
    consent is needed), or an installed DiffSinger voice. `webhook_url` is told when the stems can be heard.
    """

    audio_file_id: str | None = Field(default=None, max_length=100)
    target_stems: list[StemType] = Field(default=[], max_length=MOST_ELEMENTS)
    engine: str = Field(default="auto", max_length=40)
    allow_fallback: bool = False
    voice: str | None = Field(default=None, max_length=100)
    parameters: GenerationParameters = GenerationParameters()
    webhook_url: str | None = Field(default=None, max_length=2048)


# -- jobs of the generation endpoint ------------------------------------------------------------------------------


class SungNote(Contract):
    """One note of a melody: seconds from the beginning of the stem, a MIDI pitch, one syllable (`-` goes on with the
    one before)."""

    start: float = Field(ge=0)
    end: float = Field(gt=0)
    pitch: float = Field(ge=24, le=108)
    syllable: str = Field(max_length=100)


class BackingPart(Contract):
    """What one of the voices behind the lead sings, and in which `way` (`ripieno.contracts.composition.BackingWay`), by
    which its singers are chosen."""

    way: str = Field(max_length=20)
    notes: list[SungNote] = Field(max_length=5000)


class GenerateInput(Contract):
    """Input of a `generate` job: stems of one request. What has no plan is planned by rule; without `conditioning`
    (a JSON blob of the `generated` container) it is made from the song's findings, or free-standing where there is no
    song. `notes` are the melody of the vocals with its syllables, in a `language`; `voice` is an installed DiffSinger
    voice, without one the rule-made voice sings; it sings as `singer` where one is given, and as the style is sung in
    a mood of `valence` and `arousal` (None: the style's own). `backing` are voices behind a lead, of which the stem
    then is. `lost` are engines that were lost in vain, each with its reason (`name: why`): the next ones are tried."""

    generation_request_id: RequestId
    audio_file_id: str | None = None
    target_stems: list[StemType] = Field(min_length=1, max_length=7)
    engine: str = "auto"
    allow_fallback: bool = False
    lost: list[str] = []
    parameters: GenerationParameters = GenerationParameters()
    plans: list[StemPlan] = []
    conditioning: str | None = None
    take: int = Field(default=1, ge=1)
    notes: list[SungNote] = Field(default=[], max_length=5000)
    voice: str | None = None
    language: str = Field(default="en", max_length=20)
    backing: list[BackingPart] = Field(default=[], max_length=12)
    singer: Singer | None = None
    valence: float | None = Field(default=None, ge=-1, le=1)
    arousal: float | None = Field(default=None, ge=-1, le=1)


class SingInput(GenerateInput):
    """Input of a `sing` job: `parameters.lyrics` on a melody of the style, or on `notes`."""

    target_stems: list[StemType] = [StemType.VOCALS]


class GeneratedStem(Contract):
    """One new stem in blob storage; `start_seconds` is where it belongs in the song."""

    stem_type: StemType
    take: int = 1
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
    plan: StemPlan
    score: Score
    engine: Provenance


class GenerationResult(Contract):
    stems: list[GeneratedStem]


class GenerateRequest(GenerateInput):
    """`POST /generate`, on behalf of the `owner`; of the setting's where none is named."""

    callback_url: str | None = None
    owner: str | None = Field(default=None, pattern=r"^[A-Za-z0-9_.@-]{1,64}$")


class GenerateAccepted(Contract):
    generation_request_id: str
    status: str = "processing"
    message: str


# -- requests as the library keeps and the public API shows them --------------------------------------------------


class Take(Contract):
    """One try at a stem, kept whatever became of it: who planned it, what it was rejected with, whose voice it is in,
    and the workflow that makes it."""

    take: int
    instance_id: str = ""
    status: TakeStatus
    plan: StemPlan
    planner: Provenance | None = None
    stem: GeneratedStem | None = None
    error: str | None = None
    comment: str | None = None
    voice: UsedVoice | None = None
    made_at: str
    blob_url: str | None = None
    midi_url: str | None = None


class MixOrder(Request):
    """`POST /generations/{id}/mixes`: the original and the stems (`takes`: which of each; else the approved or latest),
    mastered where a preset is named, to `master_lufs` instead of the preset's loudness where that is given. `takes` and
    `gains` (dB) by a stem's name; `original` is one too."""

    takes: dict[str, int] = {}
    gains: dict[str, Annotated[float, Field(ge=-60, le=12)]] = {}
    include_original: bool = True
    master: str | None = Field(default=None, max_length=40)
    master_lufs: float | None = Field(default=None, ge=-40, le=-6)
    stem_format: StemFormat = "wav"


class StemTakes(Contract):
    """One element of a request: `name` is what it is approved and rejected by."""

    name: str
    stem_type: StemType
    takes: list[Take]


class MixView(Contract):
    """One mix or master of a request, an element like any other: what is known of its file once its `status` is
    `generated`, why it failed where it is `failed`; and the workflow that makes it, a master's with its mix."""

    name: str
    instance_id: str = ""
    kind: Literal["mix", "master"]
    status: TakeStatus
    error: str | None = None
    made_at: str
    blob_url: str | None = None
    blob_name: str | None = None
    file_size_bytes: int | None = None
    sha256: str | None = None
    format: str | None = None
    sample_rate: int | None = None
    duration_seconds: float | None = None
    loudness_lufs: float | None = None
    loudness_range_lu: float | None = None
    peak: float | None = None
    gain_db: float | None = None
    preset: str | None = None
    remarks: list[str] = []
    engine: Provenance | None = None


class Generation(Contract):
    """`GET /generations/{id}`. `instance_id` is the workflow that made it, by which an operator finds it; `voices` are
    those of people that are in it."""

    generation_request_id: str
    instance_id: str = ""
    owner: str
    audio_file_id: str | None = None
    song_name: str | None = None
    status: GenerationStatus
    message: str = ""
    created_at: str
    order: GenerationOrder
    plan: GenerationPlan | None = None
    start_seconds: float | None = None
    duration_seconds: float | None = None
    error: str | None = None
    voices: list[UsedVoice] = []
    stems: list[StemTakes] = []
    mixes: list[MixView] = []
    links: dict[str, str] = {}


class GenerationAccepted(Contract):
    generation_request_id: str
    instance_id: str
    status: GenerationStatus
    status_url: str
    message: str


class GenerationList(Contract):
    items: list[Generation]
    next_cursor: str | None = None


class MixAccepted(Contract):
    """Answer to `POST /generations/{id}/mixes`: the mix is among the request's mixes with a status, like its master."""

    name: str
    master: str | None = None
    status: TakeStatus
    status_url: str
    instance_id: str


class Verdict(Request):
    """Body of approve and reject: `take` is the latest one where it is None, or any that can be heard; a `comment` on a
    rejected take makes a new one that heeds it."""

    take: int | None = Field(default=None, ge=1, le=MOST_TAKES)
    comment: str = Field(default="", max_length=MOST_PROMPT)
