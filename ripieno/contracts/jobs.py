"""The job contract of every model endpoint."""

from __future__ import annotations

from typing import Any

from pydantic import Field, model_validator

from ripieno.contracts.base import Contract
from ripieno.contracts.enums import JobState
from ripieno.contracts.provenance import Provenance


class JobError(Contract):
    """Why a job failed. `code` is for programs, `message` for people; `retryable`: trying again may help."""

    code: str
    message: str
    retryable: bool = False


class JobRequest(Contract):
    """`PUT /jobs/{job_id}`. `owner` is on whose behalf it is; `arrived_at` (ISO 8601) orders the queue: work for the
    song that came first goes first."""

    kind: str
    input: dict[str, Any]
    owner: str | None = None
    callback_url: str | None = None
    arrived_at: str | None = None


class JobStatus(Contract):
    """`GET /jobs/{job_id}`. `lost` means that the replica that held the job has stopped: submit it again. `engine` is
    that by which it is or was at work, also where nothing came of it; None where it has come to none."""

    job_id: str
    kind: str
    state: JobState
    progress: float = Field(0, ge=0, le=1)
    stage: str = ""
    attempt: int = 1
    created_at: str
    started_at: str | None = None
    ended_at: str | None = None
    heartbeat_at: str
    lost: bool = False
    engine: Provenance | None = None
    result: dict[str, Any] | None = None
    error: JobError | None = None


class JobEvent(Contract):
    """Body of a callback: a hint to read the job again, nothing more."""

    type: str = "job.ended"
    job_id: str
    state: JobState


class ScoreRequest(Contract):
    """`POST /score`: the job calls in one envelope, for hosts that route a single path (Azure ML)."""

    operation: str = Field(pattern="^(submit|status|cancel|health)$")
    job_id: str | None = None
    job: JobRequest | None = None

    @model_validator(mode="after")
    def _complete(self) -> ScoreRequest:
        if self.operation != "health" and not self.job_id:
            raise ValueError(f"operation {self.operation!r} needs a job_id")
        if self.operation == "submit" and self.job is None:
            raise ValueError("operation 'submit' needs a job")
        return self


# -- jobs as the library remembers them ---------------------------------------------------------------------------


class JobRecord(Contract):
    """`GET /jobs/{id}`: an endpoint job, on whose behalf it was asked for, and how it stands as far as is known."""

    job_id: str
    kind: str | None = None
    audio_file_id: str | None = None
    instance_id: str | None = None
    endpoint: str | None = None
    address: str | None = None
    endpoint_job_id: str | None = None
    attempt: int = 1
    state: str | None = None
    arrived_at: str
    updated_at: str
    started_at: str | None = None
    ended_at: str | None = None
    error: str | None = None


class JobPage(Contract):
    items: list[JobRecord]
    next_cursor: str | None = None
