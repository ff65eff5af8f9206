"""Each request as a span of the caller's trace, or of one of its own, and as a measurement (OpenTelemetry's semantic
conventions for HTTP). Routes are told by their templates, never by the address that was asked for."""

from __future__ import annotations

import inspect
import time
from collections.abc import Callable
from typing import Any

import azure.functions as func

from ripieno.contracts.tracing import FIELD
from ripieno.services import telemetry
from ripieno.services.telemetry import instruments
from ripieno.services.telemetry.tracing import Span


def told(method: str, route: str, name: str, handle: Callable[..., Any]) -> Callable[..., Any]:
    """A handler of requests, whose parameter `req` has the request, with its span around it."""

    def opened(req: func.HttpRequest):
        about = {"http.request.method": req.method, "http.route": route}
        return telemetry.span(f"{method} {route}", kind="server", parent=req.headers.get(FIELD), attributes=about)

    def closed(span: Span, req: func.HttpRequest, answer: func.HttpResponse, began: float) -> func.HttpResponse:
        status = answer.status_code
        span.set({"http.response.status_code": status})
        if status >= 500:
            span.fail(str(status))
        telemetry.record(
            instruments.HTTP_DURATION,
            time.perf_counter() - began,
            {"http.request.method": req.method, "http.route": route, "http.response.status_code": status},
        )
        return answer

    if inspect.iscoroutinefunction(handle):

        async def with_client(req: func.HttpRequest, client: Any) -> func.HttpResponse:
            began = time.perf_counter()
            with opened(req) as span, telemetry.about(function=name):
                return closed(span, req, await handle(req, client), began)

        with_client.__name__ = name
        with_client.__annotations__ = inspect.get_annotations(handle)
        return with_client

    def plain(req: func.HttpRequest) -> func.HttpResponse:
        began = time.perf_counter()
        with opened(req) as span, telemetry.about(function=name):
            return closed(span, req, handle(req), began)

    plain.__name__ = name
    plain.__annotations__ = inspect.get_annotations(handle)
    return plain
