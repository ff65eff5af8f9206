"""The kinds of job: generate, sing, those of voices, of production and of speech."""

from __future__ import annotations

from gpu_endpoints.generation import choice, stems_job
from gpu_endpoints.generation.voices import applying, measuring, samples
from gpu_endpoints.production import handlers as production
from gpu_endpoints.serving.work import Handler, JobContext, JobFailed
from gpu_endpoints.speech import handlers as speech
from ripieno.contracts.enums import JobKind


def load() -> dict[str, Handler]:
    return {
        **production.load(),
        **speech.load(),
        JobKind.GENERATE: stems_job.run,
        JobKind.SING: stems_job.sing,
        JobKind.CHECK_VOICE: samples.run,
        JobKind.PROFILE_VOICE: measuring.run,
        JobKind.TRAIN_VOICE: _train,
        JobKind.APPLY_VOICE: applying.run,
    }


def _train(job_input: dict, context: JobContext) -> dict:
    missing = choice.why_no_training()
    if missing:
        raise JobFailed(choice.UNAVAILABLE, missing)
    from gpu_endpoints.generation.voices import training

    return training.run(job_input, context)
