"""Job documents in blob storage, so that any replica can answer for any job, and notice that another one is gone.

A job's document names the replica that holds it; each replica keeps one heartbeat document. A job that has not ended
and whose replica's heartbeat is stale is lost.
"""

from __future__ import annotations

import hashlib
import json
import uuid
from datetime import UTC, datetime, timedelta

from azure.core.exceptions import ResourceExistsError, ResourceModifiedError

from ripieno.contracts import names
from ripieno.contracts.base import Contract
from ripieno.contracts.enums import JobState
from ripieno.contracts.jobs import JobError, JobRequest, JobStatus
from ripieno.services import blobs

HEARTBEAT_SECONDS = 2.0
STALE_AFTER = timedelta(seconds=8)


class Conflict(RuntimeError):
    """Another replica changed the document first."""


class JobDocument(Contract):
    """One job at rest."""

    job_id: str
    request: JobRequest
    fingerprint: str
    replica_id: str
    state: JobState = JobState.QUEUED
    progress: float = 0
    stage: str = ""
    attempt: int = 1
    created_at: str
    started_at: str | None = None
    ended_at: str | None = None
    cancel_requested: bool = False
    result: dict | None = None
    error: JobError | None = None
    etag: str | None = None

    @property
    def ended(self) -> bool:
        return JobState(self.state).ended


def utc_now() -> str:
    return datetime.now(UTC).isoformat()


def fingerprint(request: JobRequest) -> str:
    """What makes two requests the same job: its kind and input."""
    text = json.dumps([request.kind, request.input], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


class Documents:
    """Reading and writing documents for one replica. Everything here blocks: call it in a thread."""

    def __init__(self) -> None:
        self.replica_id = uuid.uuid4().hex

    def read(self, job_id: str) -> JobDocument | None:
        try:
            data, etag = blobs.read_with_etag(names.JOBS, names.job_blob(job_id))
        except blobs.BlobMissing:
            return None
        return JobDocument.model_validate_json(data).model_copy(update={"etag": etag})

    def write(self, document: JobDocument) -> JobDocument:
        """Create the document (no `etag`) or replace the version that was read; raises `Conflict`."""
        try:
            etag = blobs.upload_json(
                names.JOBS, names.job_blob(document.job_id), document.model_dump(exclude={"etag"}),
                etag=document.etag, create=document.etag is None,
            )  # fmt: skip
        except (ResourceModifiedError, ResourceExistsError):
            raise Conflict(document.job_id) from None
        return document.model_copy(update={"etag": etag})

    def beat(self, *, alive: bool = True) -> None:
        """Say that this replica lives, or that it is about to stop."""
        moment = utc_now() if alive else datetime.min.replace(tzinfo=UTC).isoformat()
        blobs.upload_json(names.JOBS, _heartbeat_blob(self.replica_id), {"heartbeat_at": moment})

    def heartbeat_of(self, replica_id: str) -> datetime:
        if replica_id == self.replica_id:
            return datetime.now(UTC)
        try:
            return datetime.fromisoformat(blobs.read_json(names.JOBS, _heartbeat_blob(replica_id))["heartbeat_at"])
        except blobs.BlobMissing:
            return datetime.min.replace(tzinfo=UTC)

    def status(self, document: JobDocument, *, held: bool) -> JobStatus:
        """What to answer for a job; `held` says whether this replica has it in its queue or at work."""
        heartbeat = self.heartbeat_of(document.replica_id)
        gone = datetime.now(UTC) - heartbeat > STALE_AFTER
        lost = not document.ended and (gone or (document.replica_id == self.replica_id and not held))
        fields = document.model_dump(exclude={"request", "etag"})
        return JobStatus(**fields, kind=document.request.kind, heartbeat_at=heartbeat.isoformat(), lost=lost)


def _heartbeat_blob(replica_id: str) -> str:
    return f"replicas/{replica_id}.json"
