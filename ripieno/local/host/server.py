"""The host as one ASGI application: HTTP functions, the durable API, and the watchers of the other triggers."""

from __future__ import annotations

import asyncio
import json
import os
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from ripieno.local.durable.engine import Engine
from ripieno.local.durable.store import Store
from ripieno.local.durable.worker import Worker
from ripieno.local.host import blob_trigger, durable_api, http, queue_trigger, timer_trigger
from ripieno.local.host.functions import AppFunctions
from ripieno.local.host.origins import HostCheck, NetworkCheck, OriginCheck
from ripieno.local.host.problems import broken, method_not_allowed, not_found

DEFAULT_BODY_LIMIT = 100 * 1024 * 1024
POLL_SECONDS = 0.5


@dataclass(frozen=True)
class HostOptions:
    """Where the host listens and keeps its state; the rest is host.json's and the app settings'."""

    port: int
    state_dir: Path
    host_json: dict[str, Any]
    connection: str
    cors: tuple[str, ...] = ()  # other origins whose pages may use this host, as in local.settings.json
    gateway_seconds: float = http.GATEWAY_SECONDS
    lan: str | None = None  # an address beside 127.0.0.1 that is listened at, for devices with a token
    proof: str | None = None  # by which the app knows what did not come in there

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def extension(self, name: str) -> dict[str, Any]:
        return self.host_json.get("extensions", {}).get(name, {})


def build(functions: AppFunctions, options: HostOptions) -> Starlette:
    store = Store(options.state_dir / "durable.db")
    durable, blobs, queues = (options.extension(name) for name in ("durableTask", "blobs", "queues"))
    engine = Engine(store, functions, default_version=durable.get("defaultVersion"))
    worker = Worker(
        engine,
        max_activities=durable.get("maxConcurrentActivityFunctions", 10),
        max_orchestrators=durable.get("maxConcurrentOrchestratorFunctions", 5),
    )
    key = _system_key(options.state_dir)
    client_binding = durable_api.client_binding(options.base_url, key, os.environ.get("TASK_HUB", "ripieno"))
    functions.client_binding = client_binding
    body_limit = int(os.environ.get("FUNCTIONS_REQUEST_BODY_SIZE_LIMIT", DEFAULT_BODY_LIMIT))

    def watchers():
        for function in functions.of("blobTrigger"):
            yield blob_trigger.watch(
                functions,
                function,
                connection=options.connection,
                store=store,
                client_binding=client_binding,
                interval=POLL_SECONDS,
                parallel=blobs.get("maxDegreeOfParallelism", 8),
                tries=blobs.get("poisonBlobThreshold", 5),
            )
        for function in functions.of("queueTrigger"):
            yield queue_trigger.watch(
                functions,
                function,
                connection=options.connection,
                client_binding=client_binding,
                interval=POLL_SECONDS,
                max_dequeue=queues.get("maxDequeueCount", 5),
            )
        for function in functions.of("timerTrigger"):
            yield timer_trigger.watch(functions, function, client_binding=client_binding)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        functions.loop = asyncio.get_running_loop()
        worker.start()
        tasks = [asyncio.create_task(watcher) for watcher in watchers()]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await asyncio.to_thread(worker.stop)
            await _close_sdk_session()
            store.close()

    async def status(_: Request) -> JSONResponse:
        return JSONResponse(
            {"state": "Running", "host": "ripieno embedded", "functions": len(functions.of("httpTrigger"))}
        )

    prefix = options.extension("http").get("routePrefix", "api")
    cross_origin = []
    if options.cors:
        cross_origin.append(
            Middleware(CORSMiddleware, allow_origins=options.cors, allow_methods=["*"], allow_headers=["*"])
        )
    app = Starlette(
        routes=[
            *http.routes(
                functions,
                prefix=prefix,
                client_binding=client_binding,
                body_limit=body_limit,
                gateway_seconds=options.gateway_seconds,
            ),
            *durable_api.mounts(engine, base_url=options.base_url, key=key),
            Route("/admin/host/status", status),
        ],
        middleware=[
            Middleware(NetworkCheck, lan=options.lan, proof=options.proof),
            Middleware(HostCheck, lan=options.lan),
            *cross_origin,
            Middleware(OriginCheck, port=options.port, allowed=options.cors, lan=options.lan),
        ],
        exception_handlers={404: not_found, 405: method_not_allowed, Exception: broken},
        lifespan=lifespan,
    )
    app.router.redirect_slashes = False  # Azure's host sends nobody elsewhere for a slash
    return app


def read_cors(folder: Path) -> tuple[str, ...]:
    """The origins of `Host.CORS` in local.settings.json, where Core Tools reads them too."""
    path = folder / "local.settings.json"
    settings = json.loads(path.read_text()) if path.exists() else {}
    return tuple(origin.strip() for origin in settings.get("Host", {}).get("CORS", "").split(",") if origin.strip())


def read_host_json(path: Path) -> dict[str, Any]:
    return json.loads(path.read_text())


def _system_key(state_dir: Path) -> str:
    """The key of the public durable API; made once, kept beside the state, readable by its owner alone."""
    path = state_dir / "system.key"
    if not path.exists():
        state_dir.mkdir(parents=True, exist_ok=True)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(secrets.token_urlsafe(32))
    return path.read_text().strip()


async def _close_sdk_session() -> None:
    """The SDK's durable client keeps one aiohttp session for the process; close it with the host."""
    from azure.durable_functions.models.utils import http_utils

    session = getattr(http_utils, "_client_session", None)
    if session is not None and not session.closed:
        await session.close()
