"""What orchestrators and activities hand each other. All of it is small JSON: ids, names, figures."""

from __future__ import annotations

from ripieno.contracts.analysis import StemFormat
from ripieno.contracts.base import Contract
from ripieno.contracts.enums import StemType
from ripieno.contracts.generation import MixOrder
from ripieno.contracts.jobs import JobRequest

DEFAULT_DEADLINE_SECONDS = 4 * 3600


class PipelineInput(Contract):
    """A song to take in: `audio_file_id` is known for an upload through the API, None for a dropped blob. With a
    `generation_request_id` stems are generated for it as soon as it is analysed."""

    owner: str
    blob_name: str
    original_file_name: str
    audio_file_id: str | None = None
    webhook_url: str | None = None
    generation_request_id: str | None = None
    arrived_at: str


class AnalysisInput(Contract):
    """A song to analyse, already in the library."""

    instance_id: str
    owner: str
    audio_file_id: str
    blob_name: str
    arrived_at: str


class EndpointJobInput(Contract):
    """A job to see through to its end at one of an endpoint's addresses.

    With `give_up_when_down` it fails with `unreachable` once every address was tried in vain, instead of waiting for
    one to come back until the deadline: for work that can be done elsewhere.
    """

    job_id: str
    endpoint: str
    audio_file_id: str | None
    request: JobRequest
    deadline_seconds: float = DEFAULT_DEADLINE_SECONDS
    give_up_when_down: bool = False


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


class GenerationInput(Contract):
    """A request of the table GenerationRequests to be worked on; the rest of it is read there."""

    generation_request_id: str
    owner: str
    arrived_at: str


class StemInput(GenerationInput):
    """One stem of a request, from its first take to its review."""

    stem_type: StemType


class MixWorkInput(GenerationInput):
    """A mix of a request's stems, and the master of it where one is asked for."""

    name: str
    order: MixOrder


class Review(Contract):
    """The external event that ends the wait for a take's review (`names.review_event`)."""

    approved: bool
    comment: str = ""
