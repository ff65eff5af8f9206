"""The HTTP contract of every endpoint."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, PlainTextResponse

from gpu_endpoints.serving import callers, gpus
from gpu_endpoints.serving import health as health_of
from gpu_endpoints.serving.callers import Caller, Standing
from gpu_endpoints.serving.documents import JobDocument, utc_now
from gpu_endpoints.serving.prometheus import Prometheus
from gpu_endpoints.serving.requests_told import tell_of_requests
from gpu_endpoints.serving.scheduler import DifferentJob, QueueFull, Scheduler
from gpu_endpoints.serving.worker import LoadHandlers
from ripieno import __version__
from ripieno.contracts.jobs import JobRequest, JobStatus, ScoreRequest
from ripieno.contracts.problems import Problem
from ripieno.services import telemetry, webhooks
from ripieno.services.models import container
from ripieno.services.settings import settings

OPEN_PATHS = {"/health", "/ready"}
"""To strangers too, who are told no more than that it is up: whatever restarts or balances replicas is one."""
OF_THE_MACHINE = {"/metrics"}
_JOB_ID_LENGTH = 300
_WITHOUT_A_NAME = (Standing.STRANGER, Standing.ELSEWHERE)


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
    callers.check_start(chosen)
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
    metrics_kept = Prometheus()

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        telemetry.configure_logs()
        telemetry.start(endpoint.name)
        telemetry.listen(metrics_kept)
        gpus.show()
        await asyncio.to_thread(container.bring)
        await scheduler.start()
        yield
        await scheduler.stop()
        telemetry.leave(metrics_kept)
        await asyncio.to_thread(telemetry.stop)

    # FastAPI's own telemetry would tell of bodies that are refused, and of exceptions with what they say.
    app = FastAPI(
        title=f"Ripieno {endpoint.name}",
        version=__version__,
        lifespan=lifespan,
        telemetry={"tracing": False, "metrics": False, "logs": False, "auto_configure": False},
    )

    @app.middleware("http")
    async def check_caller(request: Request, call_next):
        caller, path = _caller(request), request.url.path
        known = settings()
        if known.endpoint_audience:  # the provider's keys may have to be fetched
            standing = await asyncio.to_thread(callers.standing, caller, known)
        else:
            standing = callers.standing(caller, known)
        request.state.is_known = standing == Standing.KNOWN
        if standing == Standing.KNOWN or (standing in _WITHOUT_A_NAME and path in OPEN_PATHS):
            return await call_next(request)
        if standing == Standing.STRANGER and path in OF_THE_MACHINE and callers.is_on_this_machine(caller):
            return await call_next(request)
        if standing == Standing.ELSEWHERE:
            return _problem(403, "not_from_here", "this endpoint has no key: it serves programs on its machine alone")
        return _problem(
            401,
            "bad_key",
            "send one of the endpoint's keys, or a token of the platform's identity, as a bearer token",
            {"WWW-Authenticate": "Bearer"},
        )

    tell_of_requests(app, quiet=OPEN_PATHS | OF_THE_MACHINE)

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
            return _problem(503, "queue_full", str(fault), {"Retry-After": str(fault.retry_after)})
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
    async def health(request: Request):
        """How it is, what can be done here by engine, and how busy it is; to strangers, that it is up."""
        return await describe() if request.state.is_known else {"status": "ok"}

    @app.get("/ready")
    async def ready():
        """200 while more work is welcome, 503 while the queue is full."""
        if scheduler.load["queued"] >= queue_limit:
            return _problem(503, "queue_full", "the queue is full")
        return {"ready": True}

    @app.get("/metrics")
    async def metrics():
        """For Prometheus, and for KEDA to scale by."""
        return PlainTextResponse(metrics_kept.text(), media_type="text/plain; version=0.0.4")

    return app


def _caller(request: Request) -> Caller:
    headers = request.headers
    return Caller(
        address=request.client.host if request.client else "",
        authorization=headers.get("authorization", ""),
        host=headers.get("host", ""),
        origin=headers.get("origin", ""),
    )


def _job(status: JobStatus, code: int) -> JSONResponse:
    return JSONResponse(status.model_dump(), code, {"Location": f"/jobs/{status.job_id}"})


def _problem(status: int, code: str, detail: str, headers: dict[str, str] | None = None) -> JSONResponse:
    problem = Problem(title=code.replace("_", " "), status=status, code=code, detail=detail)
    return JSONResponse(
        problem.model_dump(exclude_none=True), status, headers=headers, media_type="application/problem+json"
    )
