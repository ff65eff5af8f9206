"""DJ sets: songs in an order along an emotional journey, how each goes over into the next, and their rendering.

Two clocks: `..._seconds` of a song (`in_`, `out_`, `from_`, `to_`) count from the beginning of its recording, those of
the set (`start_`, `end_`) from the beginning of the mix. Energy is 0..1, valence and arousal are -1..1 (Russell's
circumplex). `ripieno.music.sets` plans; the job `set` of production renders.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints, model_validator

from ripieno.contracts.analysis import Section, StemFormat
from ripieno.contracts.base import Contract, Request
from ripieno.contracts.enums import Mode, StemType
from ripieno.contracts.production import AudioBlob, Chapter, OutputName
from ripieno.contracts.provenance import Origin, Provenance

MOST_SET_BRIEF = 2000
MOST_SET_SECONDS = 4 * 3600.0
MOST_SET_SONGS = 200
MOST_TO_CHOOSE_FROM = 2000
MOST_EDITS = 200

SongId = Annotated[str, StringConstraints(min_length=1, max_length=100)]
"""The id of a song of the library, or of a composition."""

TransitionKind = Literal["blend", "cut", "echo", "loop", "stems"]
"""`blend`: both on one beat, the bass handed over half-way; `cut`: from one phrase to the next; `echo`: the first dies
away in an echo as the second begins; `loop`: the last bar of the first again and again, shorter and shorter, into the
second; `stems`: the drums of the second under the voice of the first, or the other way round."""

Pulse = Literal["half", "normal", "double"]
"""Which beats of a song fall on those of the one before: each, every second one (`half`: it counts at half its tempo),
or each on every second one of those (`double`)."""

PersonaName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]{0,39}$")]


# -- what is asked for --------------------------------------------------------------------------------------------


class JourneyPoint(Request):
    """Where the set is to be at a time: `at` is 0 at its beginning and 1 at its end."""

    at: float = Field(ge=0, le=1)
    energy: float = Field(ge=0, le=1)
    valence: float = Field(default=0.0, ge=-1, le=1)


class TransitionPlace(Request):
    """The transition out of one song; with `to_song` only where it leads into that one."""

    from_song: SongId
    to_song: SongId | None = None


class SongPin(Request):
    """A song that is to be at a position, counted from 1; anywhere in the set where that is None."""

    song: SongId
    position: int | None = Field(default=None, ge=1, le=MOST_SET_SONGS)


class TransitionPin(TransitionPlace):
    """What is wanted of one transition: its `kind`, none of `not_kinds`, so many `bars`, and `by_bars` later (below 0:
    earlier) than where it would be."""

    kind: TransitionKind | None = None
    not_kinds: list[TransitionKind] = Field(default=[], max_length=5)
    bars: int | None = Field(default=None, ge=1, le=64)
    by_bars: int = Field(default=0, ge=-64, le=64)


class SetWishes(Request):
    """What a person wants of the order and the transitions; the rest is planned around it. `next_to` are pairs that
    stay one after the other, `apart` pairs that never do."""

    songs: list[SongPin] = Field(default=[], max_length=MOST_SET_SONGS)
    banned: list[SongId] = Field(default=[], max_length=MOST_TO_CHOOSE_FROM)
    next_to: list[tuple[SongId, SongId]] = Field(default=[], max_length=MOST_SET_SONGS)
    apart: list[tuple[SongId, SongId]] = Field(default=[], max_length=MOST_EDITS)
    transitions: list[TransitionPin] = Field(default=[], max_length=MOST_EDITS)
    banned_kinds: list[TransitionKind] = Field(default=[], max_length=4)


class SetOrder(Request):
    """`POST /sets`. Each field wins over the `brief` (`an hour from my library, from dusk to peak to home`).

    `songs` are what to choose from; `all_of_them` are then played, else as many as fit. Without any they are those of
    the library. `journey` is the curve to follow, `persona` who plays. `announced` has the persona speak;
    with `bridges` a song that is missing between two others is composed.
    """

    brief: str = Field(default="", max_length=MOST_SET_BRIEF)
    title: str | None = Field(default=None, max_length=200)
    songs: list[SongId] = Field(default=[], max_length=MOST_TO_CHOOSE_FROM)
    all_of_them: bool | None = None
    journey: list[JourneyPoint] = Field(default=[], max_length=64)
    duration_seconds: float | None = Field(default=None, ge=60, le=MOST_SET_SECONDS)
    count: int | None = Field(default=None, ge=1, le=MOST_SET_SONGS)
    persona: PersonaName | None = None
    wishes: SetWishes = SetWishes()
    announced: bool | None = None
    bridges: bool = False
    random_seed: int | None = Field(default=None, ge=0, lt=2**32)
    loudness_lufs: float | None = Field(default=None, ge=-30, le=-6)
    stem_format: StemFormat = "flac"
    webhook_url: str | None = Field(default=None, max_length=2048)


class SetEdit(Request):
    """One change to a set that is planned, to a song or to a transition.

    `move`: the song to the position `to`; the transition `by_bars` later. `swap`: the song for `other` (they change
    places where both are in the set; the planner chooses one where it is None); the transition for `kind` (for another
    one where it is None). `pin`: it stays as and where it is, the song at `to` where that is given. `ban`: the song
    never; the transition's `kind` not there (these two songs not one after the other where it is None); a `kind` alone
    nowhere in the set. `free`: what was pinned or banned is the planner's again.
    """

    do: Literal["move", "swap", "pin", "ban", "free"]
    song: SongId | None = None
    transition: TransitionPlace | None = None
    to: int | None = Field(default=None, ge=1, le=MOST_SET_SONGS)
    by_bars: int | None = Field(default=None, ge=-64, le=64)
    other: SongId | None = None
    kind: TransitionKind | None = None

    @model_validator(mode="after")
    def _is_about_one_thing(self) -> SetEdit:
        if self.song is not None and self.transition is not None:
            raise ValueError("an edit is about a song or about a transition: give one of them")
        if self.song is None and self.transition is None and not (self.kind and self.do in ("ban", "free")):
            raise ValueError("say what to change: a song, a transition, or a kind of transition to ban")
        if self.do == "move" and self.song is not None and self.to is None:
            raise ValueError("say where to move the song: `to` is its position, counted from 1")
        if self.do == "move" and self.transition is not None and not self.by_bars:
            raise ValueError("say how far to move the transition: `by_bars`, below 0 for earlier")
        return self


# -- what planning knows ------------------------------------------------------------------------------------------


class Span(Contract):
    start_seconds: float = Field(ge=0)
    end_seconds: float = Field(ge=0)


class SetSong(Contract):
    """What planning and rendering know of one song.

    `beats` are the times of its beats, `downbeats` those of them that begin a bar. `styles` are genres with weights
    that add up to 1. `bar_levels` is how loud each bar is (RMS in dBFS). `vocals` is where somebody sings, None where
    nobody looked. `beat_confidence` is how far the beats can be trusted. `audio` and `stems` are where it lies.
    """

    song: SongId
    is_composition: bool = False
    title: str
    artist: str = ""
    seconds: float = Field(gt=0)
    bpm: float | None = None
    beats_per_bar: int = Field(default=4, ge=1, le=12)
    beats: list[float] = []
    downbeats: list[float] = []
    beat_confidence: float = Field(default=1.0, ge=0, le=1)
    key: str | None = None
    mode: Mode | None = None
    sections: list[Section] = []
    bar_levels: list[float] = []
    energy: float = Field(default=0.5, ge=0, le=1)
    valence: float = Field(default=0.0, ge=-1, le=1)
    arousal: float = Field(default=0.0, ge=-1, le=1)
    loudness_lufs: float | None = None
    styles: dict[str, float] = {}
    vocals: list[Span] | None = None
    audio: AudioBlob | None = None
    stems: dict[StemType, AudioBlob] = {}


class PersonaTaste(Contract):
    """`styles` is how much it likes genres, -1 to 1 (0 those that are not named). `energy` and `valence` are what it
    adds to the journey."""

    styles: dict[str, float] = {}
    energy: float = Field(default=0.0, ge=-0.5, le=0.5)
    valence: float = Field(default=0.0, ge=-1, le=1)


class PersonaPace(Contract):
    """How long it stays with a song (a share of it, and bounds in seconds), how many bars its blends take, and by how
    much it lets a song be played faster or slower."""

    share: float = Field(default=0.8, gt=0, le=1)
    least_seconds: float = Field(default=60.0, ge=10)
    most_seconds: float = Field(default=360.0, ge=20)
    blend_bars: list[int] = [16, 8]
    most_stretch: float = Field(default=0.06, ge=0, le=0.12)


class Persona(Contract):
    """Who plays: a data file of `ripieno/music/sets/personas`.

    `daring` is 0 (the safe next song) to 1 (leaps of key, tempo and style); `transitions` is how much it likes each
    kind, 1 as everybody. `words` is what it says, by language and occasion (`hello`, `next`, `peak`, `bye`), with
    `{title}`, `{artist}`, `{set}` and `{persona}` in it.
    """

    name: PersonaName
    title: str
    about: str
    taste: PersonaTaste = PersonaTaste()
    pace: PersonaPace = PersonaPace()
    daring: float = Field(default=0.3, ge=0, le=1)
    harmony: float = Field(default=1.0, ge=0, le=2)
    variety: float = Field(default=1.0, ge=0, le=2)
    transitions: dict[TransitionKind, float] = {}
    words: dict[str, dict[str, list[str]]] = {}


# -- the plan -----------------------------------------------------------------------------------------------------


class PlannedSong(Contract):
    """One song of the set. It is heard from `in_seconds` to `out_seconds` of its recording, which is `start_seconds` to
    `end_seconds` of the set, transitions and all. It is played at `bpm`, its own between transitions; `own_bpm` is what
    it was analysed to have. `gain_db` brings it to the level of the others. `why`
    says why it is here."""

    position: int = Field(ge=1)
    song: SongId
    title: str
    artist: str = ""
    in_seconds: float
    out_seconds: float
    start_seconds: float
    end_seconds: float
    own_bpm: float | None = None
    bpm: float | None = None
    camelot: str | None = None
    energy: float
    valence: float
    gain_db: float = 0.0
    pinned: bool = False
    why: list[str] = []


class PlannedTransition(Contract):
    """How one song goes over into the next, during `start_seconds` to `end_seconds` of the set.

    It begins at `from_seconds` of the first and at `to_seconds` of the second song, at downbeats of both, and takes
    `bars` bars of the first (0: a cut) at a tempo that glides from `bpm_from` to `bpm_to`; `pulse` is which beats of
    the second fall on those of the first. The second song begins with it, only with a `loop` at its end. `stretch_from`
    and `stretch_to` are by how much the two are at most played faster (1.02) or slower there. Of `stems`, `keeps` is
    whose voice stays over whose drums: `from` is the voice of the first over the drums of the second.
    """

    number: int = Field(ge=1)
    from_song: SongId
    to_song: SongId
    kind: TransitionKind
    bars: int = Field(ge=0)
    start_seconds: float
    end_seconds: float
    from_seconds: float
    to_seconds: float
    bpm_from: float | None = None
    bpm_to: float | None = None
    pulse: Pulse = "normal"
    stretch_from: float = 1.0
    stretch_to: float = 1.0
    keeps: Literal["from", "to"] | None = None
    harmony: str = ""
    pinned: bool = False
    why: list[str] = []


class MissingBridge(Contract):
    """Two songs between which a third is missing, and what it would be: a `brief` for a composition."""

    from_song: SongId
    to_song: SongId
    why: str
    brief: str
    bpm: float | None = None
    key: str | None = None
    energy: float
    valence: float
    seconds: float = 90.0


class JourneyGot(Contract):
    """The journey at one time of the set: what was asked for, and what the song has that is heard then."""

    at_seconds: float
    energy_asked: float
    energy_got: float
    valence_asked: float
    valence_got: float


class SetPlan(Contract):
    """A set as it is to be played. `journey` is what was asked for, `got` what came of it; `why` says what led the
    whole; `remarks` what could not be done as it was wanted; `not_understood` are words of the brief that nobody read.
    """

    title: str
    persona: PersonaName
    duration_seconds: float
    songs: list[PlannedSong]
    transitions: list[PlannedTransition] = []
    journey: list[JourneyPoint] = []
    got: list[JourneyGot] = []
    bridges: list[MissingBridge] = []
    wishes: SetWishes = SetWishes()
    seed: int = 0
    why: list[str] = []
    remarks: list[str] = []
    not_understood: list[str] = []
    planner: Provenance


# -- rendering ----------------------------------------------------------------------------------------------------


class Announcement(Contract):
    """Speech over the music, which is `duck_db` quieter while it lasts; `at_seconds` of the set."""

    audio: AudioBlob
    at_seconds: float = Field(ge=0)
    text: str = ""
    duck_db: float = Field(default=-12.0, ge=-40, le=0)


class SetRenderInput(Contract):
    """Input of a `set` job: the plan, and of each song in it where it lies and where its beats are. Written as
    `{output}.{stem_format}` into the container `generated`, with `{output}.cue` and `{output}.txt` (the tracklist)
    beside it."""

    output: OutputName
    plan: SetPlan
    songs: list[SetSong] = Field(min_length=1, max_length=MOST_SET_SONGS)
    announcements: list[Announcement] = Field(default=[], max_length=MOST_SET_SONGS)
    loudness_lufs: float = Field(default=-14.0, ge=-30, le=-6)
    stem_format: StemFormat = "flac"
    artist: str = Field(default="", max_length=200)
    origin: Origin = Origin()


class BlendHeard(Contract):
    """A blend as it was rendered: how far the onsets of the two songs are from each other at their beats (the most over
    its eighths; None where one of them has no clear ones), and whether both are at the beginning of a phrase."""

    number: int
    beats_ms: float | None = None
    phrases_meet: bool


class SetFile(Contract):
    """Result of a `set` job. `true_peak_db` is that between samples too; `loudness_steps` how much louder each song is
    than the one before (LU), `largest_step` the largest of them either way."""

    blob_name: str
    cue_blob: str
    tracklist_blob: str
    file_size_bytes: int
    sha256: str
    format: str
    sample_rate: int
    duration_seconds: float
    loudness_lufs: float | None
    true_peak_db: float
    gain_db: float = 0.0
    chapters: list[Chapter]
    loudness_steps: list[float] = []
    largest_step: float = 0.0
    blends: list[BlendHeard] = []
    remarks: list[str] = []
    engine: Provenance
