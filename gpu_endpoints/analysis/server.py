"""The analysis endpoint: `uvicorn gpu_endpoints.analysis.server:app --port 8001`."""

from __future__ import annotations

import asyncio
from typing import Any

from fastapi.responses import JSONResponse

from gpu_endpoints.analysis import engines
from gpu_endpoints.serving.documents import JobDocument
from gpu_endpoints.serving.server import Endpoint, create_app
from ripieno.contracts import names
from ripieno.contracts.analysis import AnalyzeAccepted, AnalyzeRequest
from ripieno.contracts.enums import JobKind, JobState
from ripieno.contracts.jobs import JobRequest
from ripieno.contracts.problems import Problem
from ripieno.services import blobs
from ripieno.services.settings import settings


def _load_handlers():
    """Runs in the worker process: only there are torch, madmom and the rest imported."""
    from gpu_endpoints.analysis import handlers

    return handlers.load()


def _callback_payload(document: JobDocument) -> dict[str, Any] | None:
    """The callback of `POST /analyze`: the findings themselves, with addresses to fetch the stems from."""
    if document.request.kind != JobKind.ANALYZE:
        return None
    song_id = document.request.input["audio_file_id"]
    payload: dict[str, Any] = {
        "audio_file_id": song_id, "status": "failed", "job_id": document.job_id,
        "processing_time_seconds": document.seconds,
    }  # fmt: skip
    if document.state != JobState.SUCCEEDED or document.result is None:
        return payload | {"error": document.error.model_dump() if document.error else None}
    analysis = blobs.read_json(names.JOBS, document.result["analysis"]["blob_name"])
    shown = ("bpm", "key", "mode", "tuning_frequency", "sections", "chords", "beats")
    stems = document.result["separation"]["stems"]
    return payload | {
        "status": "completed",
        "analysis": {name: analysis[name] for name in shown},
        "stems": [
            {
                "stem_type": stem["stem_type"],
                "blob_url": blobs.read_url(names.STEMS, stem["blob_name"]),
                "file_size_bytes": stem["file_size_bytes"],
            }
            for stem in stems
        ],
        "jams_url": blobs.read_url(names.JAMS, document.result["jams"]),
    }


ANALYSIS = Endpoint(
    name="analysis",
    kinds=frozenset({JobKind.SEPARATE, JobKind.MIR, JobKind.ANALYZE}),
    load_handlers=_load_handlers,
    engines=engines.describe,
    callback_payload=_callback_payload,
)

app = create_app(ANALYSIS)


def _version(container: str, blob_name: str) -> str:
    """Another one whenever the blob is written; of none, none."""
    try:
        return str(blobs.properties(container, blob_name).etag)
    except blobs.BlobMissing:
        return ""


@app.post("/analyze", status_code=202)
async def analyze(request: AnalyzeRequest):
    """Analyse a blob of the storage account as one job: 202 now, the findings by callback."""
    owner = request.owner or settings().default_owner
    try:
        container, blob_name = blobs.parse_uri(request.blob_uri)
        if container not in names.WITH_AUDIO:
            raise ValueError(f"blob_uri must be in a container with music: {', '.join(names.WITH_AUDIO)}")
        if not names.may_name(owner, container, blob_name):
            raise ValueError(f"blob_uri is in the inbox of somebody else: {owner} may not name it")
    except ValueError as fault:
        problem = Problem(title="bad blob_uri", status=400, code="bad_blob_uri", detail=str(fault))
        return JSONResponse(problem.model_dump(exclude_none=True), 400, media_type="application/problem+json")
    version = await asyncio.to_thread(_version, container, blob_name)
    job_id = names.direct_analysis(request.audio_file_id, request.blob_uri, version, request.owner)
    job = JobRequest(
        kind=JobKind.ANALYZE,
        input={"audio_file_id": request.audio_file_id, "container": container, "blob_name": blob_name},
        owner=owner,
        callback_url=request.callback_url,
    )
    answer = await app.state.submit(job_id, job, directly=True)
    if answer.status_code != 202:
        return answer
    accepted = AnalyzeAccepted(audio_file_id=request.audio_file_id, message=f"job {job_id} is accepted")
    return JSONResponse(accepted.model_dump(), 202, {"Location": f"/jobs/{job_id}"})
