"""The kinds of job: generate, sing, mix, master."""

from __future__ import annotations

from gpu_endpoints.generation import mastering, mixing, stems_job
from gpu_endpoints.serving.work import Handler
from ripieno.contracts.enums import JobKind


def load() -> dict[str, Handler]:
    return {
        JobKind.GENERATE: stems_job.run,
        JobKind.SING: stems_job.sing,
        JobKind.MIX: mixing.run,
        JobKind.MASTER: mastering.run,
    }
