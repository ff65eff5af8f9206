"""The generation endpoint: `uvicorn gpu_endpoints.generation.server:app --port 8002`."""

from __future__ import annotations

from typing import Any

from gpu_endpoints.generation import choice
from gpu_endpoints.production import engines as production
from gpu_endpoints.serving.documents import JobDocument
from gpu_endpoints.serving.server import Endpoint, create_app
from gpu_endpoints.serving.work import Handler
from gpu_endpoints.speech import engines as speech
from ripieno.contracts import names
from ripieno.contracts.enums import JobKind, JobState
from ripieno.contracts.generation import GenerateAccepted, GenerateRequest
from ripieno.contracts.jobs import JobRequest
from ripieno.services import blobs
from ripieno.services.settings import settings


def _load_handlers() -> dict[str, Handler]:
    """Runs in the worker process."""
    from gpu_endpoints.generation import handlers

    return handlers.load()


def _engines() -> dict[str, dict]:
    return {
        "generate": choice.availability(),
        "sing": choice.singing(),
        "voice": choice.voices(),
        **production.describe(),
        **speech.describe(),
    }


def _callback_payload(document: JobDocument) -> dict[str, Any] | None:
    """The callback of `POST /generate`: each stem with an address to fetch it from."""
    if document.request.kind != JobKind.GENERATE:
        return None
    asked = document.request.input
    payload: dict[str, Any] = {
        "generation_request_id": asked["generation_request_id"],
        "audio_file_id": asked.get("audio_file_id"),
        "parameters": asked.get("parameters", {}),
        "job_id": document.job_id,
        "processing_time_seconds": document.seconds,
    }
    if document.state != JobState.SUCCEEDED or document.result is None:
        return payload | {"status": "failed", "error": document.error.model_dump() if document.error else None}
    shown = ("stem_type", "file_size_bytes", "format", "sample_rate", "channels", "start_seconds", "duration_seconds")
    return payload | {
        "status": "completed",
        "generated_stems": [
            {name: stem[name] for name in shown} | {"blob_url": blobs.read_url(names.GENERATED, stem["blob_name"])}
            for stem in document.result["stems"]
        ],
    }


GENERATION = Endpoint(
    name="generation",
    kinds=production.KINDS
    | speech.KINDS
    | {JobKind.GENERATE, JobKind.SING}
    | {JobKind.CHECK_VOICE, JobKind.PROFILE_VOICE, JobKind.TRAIN_VOICE, JobKind.APPLY_VOICE},
    load_handlers=_load_handlers,
    engines=_engines,
    callback_payload=_callback_payload,
)

app = create_app(GENERATION)


@app.post("/generate", status_code=202)
async def generate(request: GenerateRequest):
    """Generate stems as one job: 202 now, the stems by callback."""
    job_input = request.model_dump(exclude={"callback_url", "owner"})
    job = JobRequest(
        kind=JobKind.GENERATE,
        input=job_input,
        owner=request.owner or settings().default_owner,
        callback_url=request.callback_url,
    )
    job_id = names.direct_generation(request.generation_request_id, request.owner)
    answer = await app.state.submit(job_id, job, directly=True)
    if answer.status_code != 202:
        return answer
    message = f"job {job_id} is accepted"
    return GenerateAccepted(generation_request_id=request.generation_request_id, message=message)
