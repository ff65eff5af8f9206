"""The HTTP contract of every endpoint."""

from __future__ import annotations

import asyncio
import os
import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, PlainTextResponse
from prometheus_client import generate_latest

from gpu_endpoints.serving import health as health_of
from gpu_endpoints.serving.documents import JobDocument, utc_now
from gpu_endpoints.serving.scheduler import DifferentJob, QueueFull, Scheduler
from gpu_endpoints.serving.worker import LoadHandlers
from ripieno import __version__
from ripieno.contracts.jobs import JobRequest, JobStatus, ScoreRequest
from ripieno.contracts.problems import Problem
from ripieno.services import logs, webhooks
from ripieno.services.models import container
from ripieno.services.settings import settings

RETRY_AFTER_SECONDS = 10
OPEN_PATHS = {"/health", "/ready", "/metrics"}
_JOB_ID_LENGTH = 300


@dataclass(frozen=True)
class Endpoint:
    """What makes one endpoint differ from another.

    `load_handlers` runs in the worker process and may import anything; `engines` describes what is available and must
    be quick; `callback_payload` may give a kind of job a callback body of its own. Before it serves, an endpoint brings
    the models of a container to its disk.
    """

    name: str
    kinds: frozenset[str]
    load_handlers: LoadHandlers
    engines: Callable[[], dict[str, Any]]
    callback_payload: Callable[[JobDocument], dict[str, Any] | None] = lambda document: None


def create_app(endpoint: Endpoint) -> FastAPI:
    chosen, cores = settings(), os.cpu_count() or 1
    workers = chosen.workers or min(2, cores)
    queue_limit = chosen.queue_limit
    scheduler = Scheduler(
        endpoint.load_handlers,
        workers=workers,
        threads=max(1, cores // workers),
        queue_limit=queue_limit,
        job_timeout=chosen.job_timeout,
        callback_payload=endpoint.callback_payload,
    )

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        logs.guard()
        await asyncio.to_thread(container.bring)
        await scheduler.start()
        yield
        await scheduler.stop()

    app = FastAPI(title=f"Ripieno {endpoint.name}", version=__version__, lifespan=lifespan)

    @app.middleware("http")
    async def check_key(request: Request, call_next):
        key = settings().endpoint_key
        given = request.headers.get("authorization", "")
        if key and request.url.path not in OPEN_PATHS and not secrets.compare_digest(given, f"Bearer {key}"):
            return _problem(401, "bad_key", "send the endpoint's key as a bearer token")
        return await call_next(request)

    @app.exception_handler(RequestValidationError)
    async def invalid(_: Request, fault: RequestValidationError):
        detail = "; ".join(f"{'.'.join(map(str, one['loc'][1:]))}: {one['msg']}" for one in fault.errors())
        return _problem(400, "invalid_request", detail)

    async def submit(job_id: str, request: JobRequest, *, directly: bool = False) -> JSONResponse:
        if request.kind not in endpoint.kinds:
            kinds = ", ".join(sorted(endpoint.kinds))
            return _problem(400, "unknown_kind", f"this endpoint has no jobs of kind {request.kind!r}, only {kinds}")
        if not 0 < len(job_id) <= _JOB_ID_LENGTH or ".." in job_id or job_id.startswith(("/", "replicas/")):
            return _problem(400, "bad_job_id", "a job id has 1 to 300 characters and is no path")
        if request.callback_url:
            try:
                await asyncio.to_thread(webhooks.check_callback_url, request.callback_url)
            except webhooks.BadWebhookUrl as fault:
                return _problem(400, "bad_callback_url", str(fault).replace("webhook_url", "callback_url"))
        try:
            return _job(await scheduler.submit(job_id, request, directly=directly), 202)
        except QueueFull as fault:
            return _problem(503, "queue_full", str(fault), {"Retry-After": str(RETRY_AFTER_SECONDS)})
        except DifferentJob as fault:
            return _problem(409, "different_job", str(fault))

    async def read(job_id: str) -> JSONResponse:
        status = await scheduler.status(job_id)
        return _job(status, 200) if status else _problem(404, "not_found", f"there is no job {job_id}")

    async def stop(job_id: str) -> JSONResponse:
        status = await scheduler.cancel(job_id)
        return _job(status, 202) if status else _problem(404, "not_found", f"there is no job {job_id}")

    app.state.submit = submit

    async def describe() -> dict[str, Any]:
        load = scheduler.load
        services = {
            "storage": await asyncio.to_thread(health_of.storage),
            "workers": {
                "ok": load["queued"] < queue_limit,
                "detail": f"{load['running']} of {load['workers']} at work",
            },
        }
        return {
            "status": "ok" if all(service["ok"] for service in services.values()) else "degraded",
            "timestamp": utc_now(), "endpoint": endpoint.name, "version": __version__, "services": services,
            "gpu_available": health_of.gpu_available(), "engines": endpoint.engines(), **load,
        }  # fmt: skip

    @app.put("/jobs/{job_id:path}", status_code=202)
    async def put_job(job_id: str, request: JobRequest):
        """Submit a job; the same id again is the same job."""
        return await submit(job_id, request)

    @app.post("/jobs/{job_id:path}/cancel", status_code=202)
    async def cancel_job(job_id: str):
        """Stop a job between two chunks."""
        return await stop(job_id)

    @app.get("/jobs/{job_id:path}")
    async def get_job(job_id: str):
        """A job's state, progress and result."""
        return await read(job_id)

    @app.post("/score")
    async def score(call: ScoreRequest):
        """The calls above in one envelope."""
        match call.operation:
            case "submit":
                assert call.job_id and call.job
                return await submit(call.job_id, call.job)
            case "status":
                return await read(call.job_id or "")
            case "cancel":
                return await stop(call.job_id or "")
        return await describe()

    @app.get("/health")
    async def health():
        """How it is, what can be done here by engine, and how busy it is."""
        return await describe()

    @app.get("/ready")
    async def ready():
        """200 while more work is welcome, 503 while the queue is full."""
        if scheduler.load["queued"] >= queue_limit:
            return _problem(503, "queue_full", f"{queue_limit} jobs are waiting")
        return {"ready": True}

    @app.get("/metrics")
    async def metrics():
        """For Prometheus, and for KEDA to scale by."""
        return PlainTextResponse(generate_latest(scheduler.registry), media_type="text/plain; version=0.0.4")

    return app


def _job(status: JobStatus, code: int) -> JSONResponse:
    return JSONResponse(status.model_dump(), code, {"Location": f"/jobs/{status.job_id}"})


def _problem(status: int, code: str, detail: str, headers: dict[str, str] | None = None) -> JSONResponse:
    problem = Problem(title=code.replace("_", " "), status=status, code=code, detail=detail)
    return JSONResponse(
        problem.model_dump(exclude_none=True), status, headers=headers, media_type="application/problem+json"
    )
