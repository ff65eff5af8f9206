"""Job documents in blob storage, so that any replica can answer for any job, and notice that another one is gone.

A job's document names the replica that holds it; each replica keeps one heartbeat document, which says what it holds. A
job that has not ended is lost when its replica's heartbeat is stale, or does not know of it. How old a document is says
the storage service, by its own clock: replicas' clocks may differ as they like. A document that was deleted, because
its song was, is never written again.
"""

from __future__ import annotations

import hashlib
import json
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from azure.core.exceptions import ResourceExistsError, ResourceModifiedError, ResourceNotFoundError

from ripieno.contracts import names
from ripieno.contracts.base import Contract
from ripieno.contracts.enums import JobState
from ripieno.contracts.jobs import JobError, JobRequest, JobStatus
from ripieno.contracts.provenance import Provenance
from ripieno.services import blobs

HEARTBEAT_SECONDS = 2.0
STALE_AFTER = timedelta(seconds=8)


class Conflict(RuntimeError):
    """Another replica changed the document first."""


class JobDocument(Contract):
    """One job at rest. `traceparent` is within which span it was asked for, the last time that it was; `engine` is
    that by which it is or was at work."""

    job_id: str
    request: JobRequest
    fingerprint: str
    replica_id: str
    further_callback_urls: list[str] = []
    state: JobState = JobState.QUEUED
    progress: float = 0
    stage: str = ""
    attempt: int = 1
    created_at: str
    started_at: str | None = None
    ended_at: str | None = None
    cancel_requested: bool = False
    traceparent: str | None = None
    engine: Provenance | None = None
    result: dict | None = None
    error: JobError | None = None
    etag: str | None = None
    gone: bool = False

    @property
    def ended(self) -> bool:
        return JobState(self.state).ended

    @property
    def callback_urls(self) -> list[str]:
        """Whom to tell that it has ended."""
        return [*([self.request.callback_url] if self.request.callback_url else []), *self.further_callback_urls]

    @property
    def seconds(self) -> float | None:
        """How long it was at work, None where it never was."""
        if not self.started_at or not self.ended_at:
            return None
        return (datetime.fromisoformat(self.ended_at) - datetime.fromisoformat(self.started_at)).total_seconds()


@dataclass(frozen=True)
class Heartbeat:
    """What a replica last said of itself, when, and how long ago that was."""

    held: frozenset[str]
    at: datetime
    age: timedelta


def mark(job_id: str) -> str:
    """A job in a heartbeat."""
    return hashlib.sha256(job_id.encode()).hexdigest()[:12]


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

    def age(self, job_id: str) -> timedelta:
        """How long ago a job's document was written."""
        try:
            return blobs.read_aged(names.JOBS, names.job_blob(job_id))[2]
        except blobs.BlobMissing:
            return timedelta.max

    def write(self, document: JobDocument) -> JobDocument:
        """Create the document (no `etag`) or replace the version that was read; raises `Conflict`."""
        try:
            etag = blobs.upload_json(
                names.JOBS,
                names.job_blob(document.job_id),
                document.model_dump(exclude={"etag", "gone"}),
                etag=document.etag,
                create=document.etag is None,
            )
        except (ResourceModifiedError, ResourceExistsError, ResourceNotFoundError):
            raise Conflict(document.job_id) from None
        return document.model_copy(update={"etag": etag})

    def beat(self, held: list[str]) -> None:
        """Say that this replica lives, and what it holds."""
        blobs.upload_json(names.JOBS, _heartbeat_blob(self.replica_id), {"held": [mark(job_id) for job_id in held]})

    def stop_beating(self) -> None:
        """Say that this replica is about to stop: what it holds is lost."""
        blobs.delete(names.JOBS, _heartbeat_blob(self.replica_id))

    def heartbeat_of(self, replica_id: str) -> Heartbeat:
        try:
            data, at, age = blobs.read_aged(names.JOBS, _heartbeat_blob(replica_id))
        except blobs.BlobMissing:
            return Heartbeat(frozenset(), datetime.min.replace(tzinfo=UTC), timedelta.max)
        return Heartbeat(frozenset(json.loads(data).get("held", ())), at, age)

    def status(self, document: JobDocument, *, held: bool) -> JobStatus:
        """What to answer for a job; `held` says whether this replica has it in its queue or at work."""
        if held or document.ended:
            at, lost = datetime.now(UTC), False
        else:
            beat = self.heartbeat_of(document.replica_id)
            at, lost = beat.at, self._is_lost(document, beat)
        fields = document.model_dump(exclude={"request", "etag", "gone", "further_callback_urls", "traceparent"})
        return JobStatus(**fields, kind=document.request.kind, heartbeat_at=at.isoformat(), lost=lost)

    def _is_lost(self, document: JobDocument, beat: Heartbeat) -> bool:
        if document.replica_id == self.replica_id or beat.age > STALE_AFTER:
            return True
        # It lives and does not know of it: it has dropped it, unless it took it up since it last said so.
        return mark(document.job_id) not in beat.held and self.age(document.job_id) > STALE_AFTER


def _heartbeat_blob(replica_id: str) -> str:
    return f"replicas/{replica_id}.json"
