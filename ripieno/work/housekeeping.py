"""What expires: answers to repeated POSTs, uploads that never came, what is kept of jobs that ended long ago, and what
writers who died left behind."""

from __future__ import annotations

import functools
import logging
import random
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

log = logging.getLogger("ripieno.housekeeping")
KEEP_KEYS = timedelta(days=2)
KEEP_UPLOADS = timedelta(days=7)
KEEP_JOBS = timedelta(days=30)
KEEP_HEARD = timedelta(hours=1)  # a callback's signature holds for minutes
KEEP_UNDELIVERED = timedelta(days=30)
KEEP_ORPHANS = timedelta(days=1)
TOGETHER_SECONDS = 420.0
"""For all kinds of a night, of the ten minutes that a function has: what is asked of storage last may take long."""

Forget = Callable[[float], int]
"""Forget what is of a kind, for so many seconds; returns how many."""


def expire(now: datetime | None = None, *, seconds: float = TOGETHER_SECONDS) -> dict[str, int]:
    """Forget what nobody will ask for again: all of it, or what time allows. Returns how many of each kind that had its
    turn.

    The kinds come in an order that is never the same, and share the time that is left: what one does not need those
    after it have, and none is always the last. Whatever lies in the container of jobs and was not written for 30 days
    goes by its age alone: nobody keeps a record of the jobs that endpoints are asked for directly, or of replicas that
    died. What fails of one kind keeps no other from its turn; all failures are raised together at the end.

    Raises
    ------
    ExceptionGroup
    """
    deadline = time.monotonic() + seconds
    kinds = list(_kinds(now or datetime.now(UTC)).items())
    random.shuffle(kinds)
    gone: dict[str, int] = {}
    faults: list[Exception] = []
    for number, (kind, forget) in enumerate(kinds):
        left = deadline - time.monotonic()
        if left < 0:
            log.warning("another night: %s", ", ".join(sorted(kind for kind, _ in kinds[number:])))
            break
        try:
            gone[kind] = forget(left / (len(kinds) - number))
        except Exception as fault:
            fault.add_note(f"while forgetting {kind}")
            faults.append(fault)
    if faults:
        raise ExceptionGroup(f"not all that expired was forgotten; this was: {gone}", faults)
    return gone


def _kinds(now: datetime) -> dict[str, Forget]:
    kept = now - timedelta(days=settings().keep_history_days)
    kinds: dict[str, Forget] = {
        "idempotency keys": _all(lambda: idempotency.expire(now - KEEP_KEYS)),
        "answers to no key": idempotency.sweep,
        "callbacks": _all(lambda: heard.expire(now - KEEP_HEARD)),
        "webhooks": _all(lambda: webhooks.expire(now - KEEP_UNDELIVERED)),
        "uploads": _all(lambda: uploads.expire(now - KEEP_UPLOADS, also=_delete_bytes)),
        "jobs": _all(lambda: jobs.expire(now - KEEP_JOBS)),
        "documents of jobs": lambda seconds: blobs.delete_older(names.JOBS, now - KEEP_JOBS, seconds=seconds),
        "devices and pairing codes": lambda seconds: devices.expire(now, seconds=seconds),
        "shares": _all(lambda: shares.expire(now)),
        "audit entries": _all(lambda: audit.expire(now)),
        "usage": lambda seconds: usage.expire(now, seconds=seconds),
        "miscounted bytes": metering.measure_everything,
        "uncounted verdicts": judging.count_everything,
        "failures": _all(lambda: failures.expire(kept)),
        "rejected uploads": lambda seconds: blobs.delete_older(
            names.REJECTED, kept, seconds=seconds, prefix=names.UPLOAD_PREFIX
        ),
        "reviews": lambda seconds: review.end_unreviewed(now, seconds=seconds),
    }
    for name, store in _STORES.items():
        kinds[f"orphans of {name}"] = functools.partial(store.sweep, now - KEEP_ORPHANS)
    return kinds


_STORES = {
    names.SONGS_TABLE: songs,
    names.ANALYSES_TABLE: analyses,
    names.VOICES_TABLE: voices,
    names.WORKS: works,
    names.PREFERENCES: preferences,
    names.FAILURES: failures,
    names.FEEDBACK: feedback,
    names.REFUSALS: refusals,
}


def _all(some: Callable[[], int]) -> Forget:
    """Forget some again and again until there are none, or the time is over."""

    def forget(seconds: float) -> int:
        until, gone = time.monotonic() + seconds, 0
        while (just_gone := some()) > 0:
            gone += just_gone
            if time.monotonic() > until:
                break
        return gone

    return forget


def _delete_bytes(upload: Upload) -> None:
    blobs.delete(names.RAW_AUDIO, names.uploaded_blob(upload.upload_id))
