"""What a job handler is given, and how it fails."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gpu_endpoints.serving.reporting import Reporter
from ripieno.contracts.provenance import Provenance

Handler = Callable[[dict[str, Any], "JobContext"], dict[str, Any]]


class JobFailed(Exception):
    """The job cannot be done. `retryable` only when the same input may work another time."""

    def __init__(self, code: str, message: str, *, retryable: bool = False):
        super().__init__(message)
        self.code = code
        self.message = message
        self.retryable = retryable


class JobCancelled(Exception):
    """Somebody asked the job to stop."""


@dataclass
class JobContext:
    """One job's surroundings. `folder` is empty, its own, and gone after the job."""

    job_id: str
    folder: Path
    _report: Callable[[float, str], None]
    _is_cancelled: Callable[[], bool]
    _reporter: Reporter | None = None

    def inference(self, engine: str) -> AbstractContextManager[None]:
        """While this is open an engine is at work: that is measured, fetching and storing are not."""
        return nullcontext() if self._reporter is None else self._reporter.inference(engine)

    def works_by(self, engine: Provenance) -> None:
        """Say by which engine, and so on which device, the job is at work: what comes of it may not say so."""
        if self._reporter is not None:
            self._reporter.works_by(engine)

    def progress(self, fraction: float, stage: str) -> None:
        """Say how far the job is (0 to 1) and stop it if it was cancelled; call it between chunks."""
        self.check_cancelled()
        self._report(min(max(fraction, 0.0), 1.0), stage)

    def check_cancelled(self) -> None:
        """Raises `JobCancelled`."""
        if self._is_cancelled():
            raise JobCancelled

    def part(self, start: float, end: float) -> JobContext:
        """A context whose progress 0..1 is `start`..`end` of this one."""

        def report(fraction: float, stage: str) -> None:
            self._report(start + (end - start) * fraction, stage)

        return JobContext(self.job_id, self.folder, report, self._is_cancelled, self._reporter)

    def silent(self) -> JobContext:
        """A context that reports nothing, for what is done beside the rest of the job; it is cancelled with it."""
        return JobContext(self.job_id, self.folder, lambda fraction, stage: None, self._is_cancelled, self._reporter)
