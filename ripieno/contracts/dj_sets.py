"""A DJ set as a work: its versions, what is changed and said, and how the public API shows it.

What is planned and rendered is `contracts.sets`. A version is a plan and the mix that was rendered from it; every edit
makes a further one, planned around what was pinned. A talk is what somebody said to the set, and what came of it.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints, model_validator

from ripieno.contracts.audio import Progress
from ripieno.contracts.base import Contract, Request
from ripieno.contracts.composition import FieldChange
from ripieno.contracts.enums import GenerationStatus
from ripieno.contracts.provenance import Provenance
from ripieno.contracts.sets import (
    JourneyPoint,
    PersonaName,
    PlannedSong,
    PlannedTransition,
    SetEdit,
    SetFile,
    SetOrder,
    SetPlan,
    SetSong,
    SetWishes,
    TransitionKind,
)
from ripieno.contracts.speech import MOST_SPOKEN
from ripieno.contracts.understanding import Language, Stretch

MOST_TALKS = 200
MOST_CHANGES = 50

Said = Annotated[str, StringConstraints(min_length=1, max_length=MOST_SPOKEN, strip_whitespace=True)]


class SpokenLine(Contract):
    """What the persona says over the music: once it was spoken, the file of it."""

    text: str
    language: Language
    at_seconds: float = Field(ge=0)
    blob_name: str | None = None


class SetVersion(Contract):
    """One state of a set. `wishes` and `journey` are what its plan obeys, `edits` what was asked for to come here from
    `parent`, `changes` say what that did. Once it is `planned` its plan is a blob beside the set; `songs` are those of
    the plan in their order. `mix` is the element that was rendered; `lines` what the persona says in it, in words by
    the `announcer`; `talk_id`
    is what was said that led to it. A version that failed leaves the one before as it was."""

    number: int = Field(ge=1)
    parent: int | None = None
    made_at: str
    asked: str = ""
    edits: list[SetEdit] = []
    changes: list[str] = []
    status: Literal["making", "made", "failed", "cancelled"] = "making"
    error: str | None = None
    wishes: SetWishes = SetWishes()
    journey: list[JourneyPoint] = []
    persona: PersonaName | None = None
    planned: bool = False
    title: str = ""
    songs: list[str] = []
    duration_seconds: float | None = None
    lines: list[SpokenLine] = []
    announcer: Provenance | None = None
    speaker: Provenance | None = None
    mix: str | None = None
    talk_id: str | None = None
    remarks: list[str] = []


class SetTalk(Contract):
    """One thing that was said to the set: `words`, or a recording that is heard first. `answer` is in the `language` it
    was said in; `version` is what was made of it, where something was to be changed."""

    talk_id: str
    said_at: str
    status: Literal["listening", "answered", "failed"] = "listening"
    recording: str | None = None
    words: str = ""
    language: Language = "en"
    recogniser: Provenance | None = None
    edits: list[SetEdit] = []
    changes: list[str] = []
    not_understood: list[Stretch] = []
    version: int | None = None
    answer: str = ""
    answer_blob: str | None = None
    speaker: Provenance | None = None
    error: str | None = None


class SetBranch(Contract):
    """The version of another set that one began as."""

    set_id: str
    version: int


class DjSet(Contract):
    """What a set has beside its elements. `current` is the version that is heard; `songs` is the blob with what was
    known of the songs to choose from; `bridges` are the compositions that were made for it. Its first version is that
    of `branch_of`, where there is such a one."""

    order: SetOrder
    versions: list[SetVersion]
    current: int = 1
    songs: str | None = None
    bridges: list[str] = []
    talks: list[SetTalk] = []
    branch_of: SetBranch | None = None

    def version(self, number: int | None = None) -> SetVersion:
        """A version, the current one where `number` is None. Raises `LookupError`."""
        wanted = self.current if number is None else number
        found = next((one for one in self.versions if one.number == wanted), None)
        if found is None:
            raise LookupError(f"there is no version {wanted}: it has 1 to {len(self.versions)}")
        return found

    @property
    def open(self) -> SetVersion | None:
        """The version that is being made."""
        return next((one for one in self.versions if one.status == "making"), None)


class KnownSongs(Contract):
    """What was known of the songs to choose from, as a blob beside the set; `remarks` say what was left out, and
    why."""

    songs: list[SetSong]
    remarks: list[str] = []


# -- what is asked for ------------------------------------------------------------------------------------------------


class SetChange(Request):
    """`POST /sets/{id}/edit`: changes field by field, or in words (`move the third song to the end`). `journey`
    replaces the curve, `energy` is added to all of it; `persona` is another who plays; `again` plans once more without
    any other change. `from_version` is the version to begin from, the current one where it is None."""

    text: str = Field(default="", max_length=MOST_SPOKEN)
    edits: list[SetEdit] = Field(default=[], max_length=MOST_CHANGES)
    journey: list[JourneyPoint] = Field(default=[], max_length=64)
    energy: float | None = Field(default=None, ge=-1, le=1)
    persona: PersonaName | None = None
    again: bool = False
    from_version: int | None = Field(default=None, ge=1)

    @model_validator(mode="after")
    def _asks_for_something(self) -> SetChange:
        given = (self.text.strip(), self.edits, self.journey, self.energy, self.persona, self.again)
        if not any(given):
            raise ValueError("nothing is asked for: say it in words, or give edits, a journey, energy or a persona")
        return self


class SaidToSet(Request):
    """`POST /sets/{id}/talk` in words: a transcript of what was said."""

    text: Said
    language: Language | None = None


# -- as the public API shows them -------------------------------------------------------------------------------------


class SetMixView(SetFile):
    """The mix of a version, with addresses to fetch it, its cue sheet and its tracklist from for the next hour."""

    blob_url: str
    cue_url: str
    tracklist_url: str


class SetVersionView(Contract):
    """One version of a set in a listing; without its plan."""

    number: int
    parent: int | None = None
    made_at: str
    asked: str = ""
    edits: list[SetEdit] = []
    changes: list[str] = []
    status: str
    error: str | None = None
    persona: PersonaName | None = None
    songs: list[str] = []
    instance_id: str


class SetVersionList(Contract):
    """The versions of a set."""

    items: list[SetVersionView]


class SetTalkView(SetTalk):
    """`GET /sets/{id}/talks/{talk}`, with an address to hear the answer from for the next hour."""

    set_id: str
    answer_url: str | None = None


class SetView(Contract):
    """`GET /sets/{id}`. `plan`, `lines` and `mix` are those of one version, the current one or the one that was asked
    for; `progress` is how far the version is that is being made."""

    set_id: str
    instance_id: str
    owner: str
    status: GenerationStatus
    message: str = ""
    error: str | None = None
    title: str = ""
    created_at: str
    order: SetOrder
    current: int
    duration_seconds: float | None = None
    progress: Progress | None = None
    plan: SetPlan | None = None
    lines: list[SpokenLine] = []
    remarks: list[str] = []
    mix: SetMixView | None = None
    versions: list[SetVersionView] = []
    talks: list[SetTalkView] = []
    branch_of: SetBranch | None = None


class SetList(Contract):
    """A page of sets."""

    items: list[SetView]
    next_cursor: str | None = None


class SetAccepted(Contract):
    """Answer to a request for a set, or for a change to one."""

    set_id: str
    version: int
    instance_id: str
    status: GenerationStatus
    status_url: str
    message: str
    changes: list[str] = []
    not_understood: list[str] = []


class TalkAccepted(Contract):
    """Answer to what was said to a set: `status_url` has what came of it."""

    set_id: str
    talk_id: str
    instance_id: str
    status_url: str
    message: str


class SetExplanation(Contract):
    """`GET /sets/{id}/why`: why the set is as it is, or one song or transition of it; `answer` in words."""

    set_id: str
    version: int
    answer: str
    why: list[str]
    song: PlannedSong | None = None
    transition: PlannedTransition | None = None


class SetSongChange(Contract):
    """A song in two versions: its place in each, None where it is not played. `moved` is out of the order of the
    others; one that is earlier or later only because others came or went is the `same`."""

    song: str
    title: str
    a: int | None = None
    b: int | None = None
    change: Literal["same", "moved", "came", "went"]


class SetTransitionState(Contract):
    """How two songs go over in one version, and where in each of them that begins."""

    kind: TransitionKind
    bars: int
    from_seconds: float
    to_seconds: float
    keeps: Literal["from", "to"] | None = None


class SetTransitionChange(Contract):
    """The transition between two songs in two versions, None where they are not one after the other."""

    from_song: str
    to_song: str
    from_title: str
    to_title: str
    a: SetTransitionState | None = None
    b: SetTransitionState | None = None


class SetComparison(Contract):
    """`GET /sets/{id}/versions/compare`. `changes` were made on the way to `b` from what both come from, `undone` are
    those of `a` that `b` has not; `said` is all that is another in sentences, `fields` what is another of the whole
    (title, persona, duration_seconds, journey). `songs` are all of both, `transitions` those that are another."""

    set_id: str
    a: int
    b: int
    changes: list[str] = []
    undone: list[str] = []
    said: list[str] = []
    fields: list[FieldChange] = []
    songs: list[SetSongChange] = []
    transitions: list[SetTransitionChange] = []
    is_same_mix: bool


SetDownloadFormat = Literal["wav", "flac", "mp3", "cue", "chapters", "tracklist"]
"""`cue` is the cue sheet, `chapters` are marks for FFmpeg and players, `tracklist` the songs in their order."""


class SetDownloadAccepted(Contract):
    """Answer while a file of a set is being made: ask the same again."""

    set_id: str
    version: int
    format: SetDownloadFormat
    instance_id: str
    status_url: str
    message: str
