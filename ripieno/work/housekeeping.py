"""What expires: answers to repeated POSTs, uploads that never came, the documents of jobs that ended long ago, and what
writers who died left behind."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from ripieno.contracts import names
from ripieno.records import analyses, idempotency, jobs, songs, uploads, works
from ripieno.services import blobs
from ripieno.work import review

KEEP_KEYS = timedelta(days=2)
KEEP_UPLOADS = timedelta(days=7)
KEEP_JOBS = timedelta(days=30)
KEEP_ORPHANS = timedelta(days=1)


def expire(now: datetime | None = None) -> dict[str, int]:
    """Forget what nobody will ask for again; a bounded number of each. Returns how many of each."""
    now = now or datetime.now(UTC)
    return {
        "idempotency keys": idempotency.expire(now - KEEP_KEYS),
        "uploads": uploads.expire(
            now - KEEP_UPLOADS,
            also=lambda upload: blobs.delete(names.RAW_AUDIO, names.uploaded_blob(upload.upload_id)),
        ),
        "jobs": jobs.expire(now - KEEP_JOBS, also=_delete_documents),
        "reviews": review.end_unreviewed(now),
        "orphans": sum(records.sweep(now - KEEP_ORPHANS) for records in (songs, analyses, works)),
    }  # fmt: skip


def _delete_documents(job_id: str) -> None:
    """What a job and each of its attempts left in storage; not what another job did whose name begins as its does."""
    for ending in ("/", ":"):
        blobs.delete_prefix(names.JOBS, job_id + ending)
    blobs.delete(names.JOBS, names.job_blob(job_id))
