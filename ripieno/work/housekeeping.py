"""What expires: answers to repeated POSTs, uploads that never came, what is kept of jobs that ended long ago, and what
writers who died left behind."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from ripieno.contracts import names
from ripieno.contracts.workflow import Upload
from ripieno.records import (
    analyses,
    audit,
    devices,
    failures,
    feedback,
    heard,
    idempotency,
    jobs,
    preferences,
    refusals,
    shares,
    songs,
    uploads,
    usage,
    voices,
    webhooks,
    works,
)
from ripieno.services import blobs
from ripieno.services.settings import settings
from ripieno.work import judging, metering, review

KEEP_KEYS = timedelta(days=2)
KEEP_UPLOADS = timedelta(days=7)
KEEP_JOBS = timedelta(days=30)
KEEP_HEARD = timedelta(hours=1)  # a callback's signature holds for minutes
KEEP_UNDELIVERED = timedelta(days=30)
KEEP_ORPHANS = timedelta(days=1)
LONGEST_SECONDS = 90.0
"""Of each kind a night, so that all of them together end within the ten minutes that a function has."""


def expire(now: datetime | None = None) -> dict[str, int]:
    """Forget what nobody will ask for again: all of it, or what time allows of each kind. Returns how many of each.

    Whatever lies in the container of jobs and was not written for 30 days goes by its age alone: nobody keeps a record
    of the jobs that endpoints are asked for directly, or of replicas that died. What fails of one kind keeps no other
    from its turn; all failures are raised together at the end.

    Raises
    ------
    ExceptionGroup
    """
    now = now or datetime.now(UTC)
    kinds: dict[str, Callable[[], int]] = {
        "idempotency keys": lambda: _all(lambda: idempotency.expire(now - KEEP_KEYS)),
        "callbacks": lambda: _all(lambda: heard.expire(now - KEEP_HEARD)),
        "webhooks": lambda: _all(lambda: webhooks.expire(now - KEEP_UNDELIVERED)),
        "uploads": lambda: _all(lambda: uploads.expire(now - KEEP_UPLOADS, also=_delete_bytes)),
        "jobs": lambda: _all(lambda: jobs.expire(now - KEEP_JOBS)),
        "documents of jobs": lambda: blobs.delete_older(names.JOBS, now - KEEP_JOBS, seconds=LONGEST_SECONDS),
        "devices and pairing codes": lambda: devices.expire(now),
        "shares": lambda: _all(lambda: shares.expire(now)),
        "audit entries": lambda: _all(lambda: audit.expire(now)),
        "usage": lambda: usage.expire(now, seconds=LONGEST_SECONDS),
        "miscounted bytes": lambda: metering.measure_everything(LONGEST_SECONDS),
        "uncounted verdicts": lambda: judging.count_everything(LONGEST_SECONDS),
        "failures": lambda: _all(lambda: failures.expire(now - timedelta(days=settings().keep_history_days))),
        "rejected uploads": lambda: blobs.delete_older(
            names.REJECTED,
            now - timedelta(days=settings().keep_history_days),
            seconds=LONGEST_SECONDS,
            prefix=names.UPLOAD_PREFIX,
        ),
        "reviews": lambda: review.end_unreviewed(now),
        "orphans": lambda: sum(
            records.sweep(now - KEEP_ORPHANS)
            for records in (songs, analyses, voices, works, preferences, failures, feedback, refusals)
        ),
    }
    gone: dict[str, int] = {}
    faults: list[Exception] = []
    for kind, forget in kinds.items():
        try:
            gone[kind] = forget()
        except Exception as fault:
            fault.add_note(f"while forgetting {kind}")
            faults.append(fault)
    if faults:
        raise ExceptionGroup(f"not all that expired was forgotten; this was: {gone}", faults)
    return gone


def _all(some: Callable[[], int]) -> int:
    """Forget some again and again until there are none, or the time is over."""
    began, gone = time.monotonic(), 0
    while (just_gone := some()) > 0:
        gone += just_gone
        if time.monotonic() - began > LONGEST_SECONDS:
            break
    return gone


def _delete_bytes(upload: Upload) -> None:
    blobs.delete(names.RAW_AUDIO, names.uploaded_blob(upload.upload_id))
