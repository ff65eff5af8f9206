"""Each call of an endpoint as a span of its caller's trace, and as a measurement; by its route, not by its address."""

from __future__ import annotations

import time

from fastapi import FastAPI, Request, Response
from starlette.middleware.base import RequestResponseEndpoint

from ripieno.contracts.tracing import FIELD
from ripieno.services import telemetry
from ripieno.services.telemetry import instruments

_UNKNOWN = "(none)"


def tell_of_requests(app: FastAPI, *, quiet: set[str]) -> None:
    """Tell of every call but those of `quiet` paths, by which machines look every few seconds."""

    @app.middleware("http")
    async def tell(request: Request, call_next: RequestResponseEndpoint) -> Response:
        if request.url.path in quiet:
            return await call_next(request)
        began, method = time.perf_counter(), request.method
        parent = request.headers.get(FIELD)
        with telemetry.span(method, kind="server", parent=parent, attributes={"http.request.method": method}) as span:
            answer = await call_next(request)
            route = getattr(request.scope.get("route"), "path", _UNKNOWN)
            about = {"http.route": route, "http.response.status_code": answer.status_code}
            span.set_name(f"{method} {route}")
            span.set(about)
            if answer.status_code >= 500:
                span.fail(str(answer.status_code))
            seconds = time.perf_counter() - began
            telemetry.record(instruments.HTTP_DURATION, seconds, {**about, "http.request.method": method})
            return answer
