"""Works: everything that Ripieno makes, as elements with versions, and what people say of them.

A work is stems for a song, a composition, a DJ set or a master of a song. Its elements are named things of a kind:
`bass`, `synth 2`, a mix and its master. A version of an element says what it was made from, by which engine, how well
it fits, and what was said of it; every version is kept, whatever became of it. The work's status follows from its
elements.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from pydantic import Field

from ripieno.contracts.base import Contract
from ripieno.contracts.composition import BACKING, Composition
from ripieno.contracts.consent import UsedVoice
from ripieno.contracts.dj_sets import DjSet
from ripieno.contracts.enums import GenerationStatus, StemType, TakeStatus
from ripieno.contracts.generation import (
    GeneratedStem,
    GenerationOrder,
    GenerationPlan,
    MixOrder,
    StemPlan,
)
from ripieno.contracts.production import ExportedFile, MixedFile, MixRole
from ripieno.contracts.provenance import Provenance
from ripieno.contracts.sets import SetFile


class WorkKind(StrEnum):
    STEMS = "stems"
    COMPOSITION = "composition"
    SET = "set"
    MASTER = "master"


class ElementKind(StrEnum):
    LAYER = "layer"
    LYRICS = "lyrics"
    VOCAL_LINE = "vocal_line"
    MIX = "mix"
    MASTER = "master"
    CHART = "chart"
    EXPORT = "export"


class Review(Contract):
    """What somebody said of a version, and when."""

    approved: bool
    comment: str = ""
    reviewer: str
    reviewed_at: str


class Version(Contract):
    """One try at an element.

    `inputs` are what it is made from, by name: hashes of files, the plan, the settings; `inputs_hash` is the hash of
    them all, by which equal work is known. `revision` is that of the composition it was first made for. `stem` is what
    came of a layer, `file` of a mix or master, `set_file` of the mix of a set, `exported` of an export. `heeds` is the
    comment on the version `after` (None is the one before) that it was asked for with. `voice` is whose it is sung in,
    where that is somebody's.
    """

    number: int = Field(ge=1)
    status: TakeStatus
    made_at: str
    inputs: dict[str, Any] = {}
    inputs_hash: str = ""
    plan: StemPlan | None = None
    planner: Provenance | None = None
    revision: int | None = None
    heeds: str = ""
    after: int | None = None
    voice: UsedVoice | None = None
    stem: GeneratedStem | None = None
    file: MixedFile | None = None
    set_file: SetFile | None = None
    exported: ExportedFile | None = None
    error: str | None = None
    reviews: list[Review] = []

    @property
    def is_open(self) -> bool:
        return self.status == TakeStatus.GENERATING

    @property
    def can_be_heard(self) -> bool:
        return self.stem is not None


class Element(Contract):
    """`stem_type` is a layer's; `mix` says how a mix or master is made."""

    name: str
    kind: ElementKind
    stem_type: StemType | None = None
    mix: MixOrder | None = None
    versions: list[Version] = []

    @property
    def role(self) -> MixRole:
        """What it is in a mix."""
        return BACKING if self.name == BACKING else self.stem_type or StemType.OTHER

    @property
    def latest(self) -> Version:
        return self.versions[-1]

    @property
    def approved(self) -> Version | None:
        """One at the most: approving another takes the approval back from the first."""
        return next((one for one in self.versions if one.status == TakeStatus.APPROVED), None)


class Work(Contract):
    """One work at rest. `born` is the life of the song that it is made for; `conditioning_hash` that of the document
    which its layers have to fit, once that is known; `composition` what a composition has beside that, `dj_set` what a
    set has. `part_of` is the set that it was made for, and goes with. `voice` is whose its vocals were ordered in,
    where that is somebody's."""

    work_id: str
    owner: str
    kind: WorkKind = WorkKind.STEMS
    audio_file_id: str | None = None
    born: str | None = None
    status: GenerationStatus = GenerationStatus.PENDING
    message: str = "waiting"
    created_at: str
    order: GenerationOrder
    plan: GenerationPlan | None = None
    start_seconds: float | None = None
    duration_seconds: float | None = None
    conditioning_hash: str = ""
    error: str | None = None
    elements: list[Element] = []
    composition: Composition | None = None
    dj_set: DjSet | None = None
    part_of: str | None = None
    voice: UsedVoice | None = None

    @property
    def marks(self) -> list[UsedVoice]:
        """Every mark of somebody's voice that is in it: of its order, its versions, and what is settled of it."""
        settled = [one.context.singer for one in self.composition.revisions if one.context] if self.composition else []
        ordered = [self.composition.singer] if self.composition else []
        made = [version.voice for element in self.elements for version in element.versions]
        return [one for one in (self.voice, *ordered, *settled, *made) if one is not None]

    @property
    def voices(self) -> list[UsedVoice]:
        """The same, each version of a voice once for each purpose."""
        return list({(one.voice_id, one.version, one.purpose): one for one in self.marks}.values())

    def element(self, name: str) -> Element | None:
        return next((one for one in self.elements if one.name == name), None)

    @property
    def layers(self) -> list[Element]:
        return [one for one in self.elements if one.kind == ElementKind.LAYER]

    @property
    def has_ended(self) -> bool:
        """Cancelled, or failed before anything could be made: no verdict changes that."""
        return self.status in (GenerationStatus.CANCELLED, GenerationStatus.FAILED)
