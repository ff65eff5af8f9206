"""The kinds of job: generate, sing, those of production and of speech."""

from __future__ import annotations

from gpu_endpoints.generation import stems_job
from gpu_endpoints.production import handlers as production
from gpu_endpoints.serving.work import Handler
from gpu_endpoints.speech import handlers as speech
from ripieno.contracts.enums import JobKind


def load() -> dict[str, Handler]:
    return {
        **production.load(),
        **speech.load(),
        JobKind.GENERATE: stems_job.run,
        JobKind.SING: stems_job.sing,
    }
