"""What is told of one job at an endpoint: its span, from the queue to its end, and how long each part took."""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass, field
from typing import Any

from gpu_endpoints.serving.documents import JobDocument
from ripieno.contracts.tracing import read
from ripieno.services import telemetry
from ripieno.services.telemetry import instruments


@dataclass
class Job:
    """A job in this replica's hands, since it is there. Its span has an id before it has ended: what its worker does,
    and whoever is called back, is a part of it."""

    queued_ns: int = field(default_factory=time.time_ns)
    began_ns: int | None = None
    span_id: str = field(default_factory=lambda: secrets.token_hex(8))

    def span(self, document: JobDocument) -> str | None:
        """The job's `traceparent`; None where nobody keeps spans."""
        outer = read(document.traceparent) if telemetry.is_tracing() else None
        return None if outer is None else str(outer._replace(span_id=self.span_id))

    def began(self, document: JobDocument) -> None:
        self.began_ns = time.time_ns()
        waited = (self.began_ns - self.queued_ns) / 1e9
        telemetry.record(instruments.JOB_WAIT, max(0.0, waited), {"ripieno.job.kind": document.request.kind})

    def ended(self, document: JobDocument, outcome: str, error: dict[str, Any] | None) -> None:
        now, kind = time.time_ns(), document.request.kind
        about = {"ripieno.job.kind": kind, "ripieno.outcome": outcome}
        telemetry.record(instruments.JOBS_ENDED, 1, about)
        if self.began_ns is not None:
            telemetry.record(instruments.JOB_DURATION, max(0.0, (now - self.began_ns) / 1e9), about)
        code = error["code"] if error else None
        if code is not None:
            telemetry.record(instruments.ERRORS, 1, {"ripieno.where": "job", "error.type": code})
        if document.traceparent is not None and read(document.traceparent) is not None:
            telemetry.emit(
                f"job {kind}",
                parent=document.traceparent,
                span_id=self.span_id,
                start_ns=self.queued_ns,
                end_ns=now,
                kind="consumer",
                attributes={"ripieno.job.id": document.job_id, "ripieno.attempt": document.attempt, **about},
                error=code,
            )
