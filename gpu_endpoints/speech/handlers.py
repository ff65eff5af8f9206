"""The kinds of job: speak, transcribe."""

from __future__ import annotations

from gpu_endpoints.serving.work import Handler
from gpu_endpoints.speech import speaking, transcribing
from ripieno.contracts.enums import JobKind


def load() -> dict[str, Handler]:
    return {
        JobKind.SPEAK: speaking.run,
        JobKind.TRANSCRIBE: transcribing.run,
    }
