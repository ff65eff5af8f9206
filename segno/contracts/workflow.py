"""What orchestrators and activities hand each other. All of it is small JSON: ids, names, figures."""

from __future__ import annotations

from segno.contracts.base import Contract
from segno.contracts.jobs import JobRequest

DEFAULT_DEADLINE_SECONDS = 4 * 3600


class PipelineInput(Contract):
    """A song to take in: `audio_file_id` is known for an upload through the API, None for a dropped blob."""

    owner: str
    blob_name: str
    original_file_name: str
    audio_file_id: str | None = None
    webhook_url: str | None = None
    arrived_at: str


class AnalysisInput(Contract):
    """A song to analyse, already in the library."""

    instance_id: str
    owner: str
    audio_file_id: str
    blob_name: str
    arrived_at: str


class EndpointJobInput(Contract):
    """A job to see through to its end at one of an endpoint's addresses."""

    job_id: str
    endpoint: str
    audio_file_id: str
    request: JobRequest
    deadline_seconds: float = DEFAULT_DEADLINE_SECONDS
