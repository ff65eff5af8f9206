"""What expires: answers to repeated POSTs, uploads that never came, the documents of jobs that ended long ago."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from ripieno.contracts import names
from ripieno.records import idempotency, jobs, uploads
from ripieno.services import blobs
from ripieno.work import review

KEEP_KEYS = timedelta(days=2)
KEEP_UPLOADS = timedelta(days=7)
KEEP_JOBS = timedelta(days=30)


def expire(now: datetime | None = None) -> dict[str, int]:
    """Forget what nobody will ask for again; a bounded number of each. Returns how many of each."""
    now = now or datetime.now(UTC)
    gone = jobs.expire(now - KEEP_JOBS)
    for job_id in gone:
        blobs.delete_prefix(names.JOBS, f"{job_id}/")
        blobs.delete(names.JOBS, names.job_blob(job_id))
    return {
        "idempotency keys": idempotency.expire(now - KEEP_KEYS),
        "uploads": uploads.expire(
            now - KEEP_UPLOADS,
            also=lambda upload: blobs.delete(names.RAW_AUDIO, names.uploaded_blob(upload.upload_id)),
        ),
        "jobs": len(gone),
        "reviews": review.end_unreviewed(now),
    }  # fmt: skip
