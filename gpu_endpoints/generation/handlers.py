"""The kinds of job: generate, sing, and those of production."""

from __future__ import annotations

from gpu_endpoints.generation import stems_job
from gpu_endpoints.production import handlers as production
from gpu_endpoints.serving.work import Handler
from ripieno.contracts.enums import JobKind


def load() -> dict[str, Handler]:
    return {
        **production.load(),
        JobKind.GENERATE: stems_job.run,
        JobKind.SING: stems_job.sing,
    }
