"""What orchestrators and activities hand each other. All of it is small JSON: ids, names, figures."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from ripieno.contracts.analysis import StemFormat
from ripieno.contracts.base import Contract
from ripieno.contracts.enums import Role

DEFAULT_DEADLINE_SECONDS = 4 * 3600


class Run(Contract):
    """A workflow that is asked for: which orchestrator, under which id, with what order."""

    owner: str
    instance_id: str
    orchestrator: str
    order: dict[str, Any]
    asked_at: str


class Fault(Contract):
    """Why a step could not be done and never will be: what an activity answers instead of raising, so that it is not
    tried again for a minute."""

    code: str
    message: str


class SongOrder(Contract):
    """One life of a song, to be analysed for the `run`-th time; then the work that waits for it is made."""

    owner: str
    audio_file_id: str
    born: str
    run: int
    instance_id: str
    arrived_at: str
    work_id: str | None = None


class DropOrder(Contract):
    """A blob of the inbox, to be taken in."""

    owner: str
    blob_name: str
    etag: str
    original_file_name: str
    arrived_at: str
    instance_id: str
    upload_id: str | None = None
    webhook_url: str | None = None


class Upload(Contract):
    """A direct upload in the making: whose it is, then which workflow takes it in, then which song it is.

    `size_bytes` is what was declared, `roles` are those of whoever asked, `ends_at` is when nothing can be put at its
    address any more: None where it was asked for before these were kept. `failure_id` is the failure of a drop that an
    operator has put back.
    """

    upload_id: str
    owner: str
    file_name: str
    created_at: str
    size_bytes: int | None = None
    roles: list[Role] | None = None
    ends_at: str | None = None
    failure_id: str | None = None
    webhook_url: str | None = None
    instance_id: str | None = None
    audio_file_id: str | None = None
    outcome: str | None = None
    message: str | None = None


class JobOrder(Contract):
    """A job to be seen through to its end at one of an endpoint's addresses.

    `subject` are the ids and blobs' names from which its body is written when it is submitted. With `give_up_when_down`
    it fails with `unreachable` once every address was tried in vain, instead of waiting for one to come back until the
    deadline: for work that can be done elsewhere.
    """

    job_id: str
    owner: str
    endpoint: str
    kind: str
    subject: dict[str, Any]
    arrived_at: str
    audio_file_id: str | None = None
    deadline_seconds: float = DEFAULT_DEADLINE_SECONDS
    give_up_when_down: bool = False


class JobCall(Contract):
    """One question about a job that was submitted: ids alone."""

    job_id: str
    owner: str
    endpoint: str
    kind: str
    arrived_at: str
    address: int = Field(ge=0)
    attempt: int = Field(ge=1)


SEPARATION_WAYS = {
    "auto": ("analysis", "auto"),
    "gpu": ("analysis", "auto@cuda"),
    "directml": ("directml", "auto"),
    "cpu": ("analysis", "auto@cpu"),
    "dsp": ("analysis", "dsp"),
}
"""The names that `RIPIENO_SEPARATION` knows: at which endpoint, with which engine."""


class SeparationStep(Contract):
    """One way to separate a song: where, and with which engine. `name` is as in `RIPIENO_SEPARATION`."""

    name: str
    endpoint: str
    engine: str
    stem_format: StemFormat


class WorkOrder(Contract):
    """A work of the table Works to be planned and made; the rest of it is read there."""

    owner: str
    work_id: str
    arrived_at: str


class RevisionOrder(WorkOrder):
    """One revision of a composition, to be taken through its stages; `leg` is as in `composition.Revision`."""

    revision: int
    leg: int = 1


class TalkOrder(WorkOrder):
    """One thing that was said to a set, to be understood and answered."""

    talk_id: str


class VersionOrder(WorkOrder):
    """One version of one element of a work. `is_alone`: it is not made together with the others of its work, so that
    its own end is what people are told of."""

    element: str
    version: int
    is_alone: bool = True


class SampleOrder(Contract):
    """A sample of a voice, to be heard; `instance_id` is the workflow that the sample names."""

    owner: str
    voice_id: str
    sample_id: str
    instance_id: str
    arrived_at: str


class VoiceVersionOrder(Contract):
    """A version of a voice, to be measured and, where it learns, trained; `instance_id` is the workflow it names."""

    owner: str
    voice_id: str
    instance_id: str
    arrived_at: str


class RemovalOrder(Contract):
    """A song, work or voice, and everything made from it, to be removed. `sweep_seconds`: when to look once more for
    what was being written at that moment. With a `revision`, of a composition or set just what is being made for that
    is meant. `parts` are works that were made for it and go with it. `withdraws`: the consent to a voice is taken
    back, `because` of what was said: its record stays. `workflows` are instances that nothing else tells of once its
    record is gone: their histories go with it. With `everything` all of the owner's is meant; `is_swept`: all of it was
    deleted once, and it is looked for what came in meanwhile."""

    owner: str
    instance_id: str
    sweep_seconds: float
    audio_file_id: str | None = None
    born: str | None = None
    work_id: str | None = None
    revision: int | None = None
    voice_id: str | None = None
    withdraws: bool = False
    because: str = ""
    parts: list[str] = []
    workflow: str | None = None
    workflows: list[str] = []
    everything: bool = False
    is_swept: bool = False
