"""HTTP triggers as Starlette routes."""

from __future__ import annotations

import re
from typing import Any

import azure.functions as func
from anyio import to_thread
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from ripieno.local.host.functions import AppFunctions, Function

_MOST_DRAINED = 4 * 1024**3


class BodyTooLarge(Exception):
    """The request's body is over the host's limit."""


def routes(functions: AppFunctions, *, prefix: str, client_binding: str, body_limit: int) -> list[Route]:
    """One route for each HTTP function; literal paths before those with parameters."""
    found = [
        Route(
            f"/{prefix}/{_starlette_path(function)}".replace("//", "/"),
            _endpoint(function, client_binding, body_limit),
            methods=function.trigger.get("methods") or ["GET", "POST"],
            name=function.name,
        )
        for function in functions.of("httpTrigger")
    ]
    return sorted(found, key=lambda route: route.path.count("{"))


def _starlette_path(function: Function) -> str:
    """`{id}` and `{id:int}` stay, Functions' catch-all `{*path}` becomes Starlette's."""
    path = function.trigger.get("route") or function.name
    return re.sub(r"\{\*(\w+)\}", r"{\1:path}", path)


def _endpoint(function: Function, client_binding: str, body_limit: int):
    async def endpoint(request: Request) -> Response:
        try:
            body = await read_body(request, body_limit)
        except BodyTooLarge:
            return _too_large(body_limit)
        given = func.HttpRequest(
            method=request.method,
            url=str(request.url),
            headers=dict(request.headers),
            params=dict(request.query_params),
            route_params={name: str(value) for name, value in request.path_params.items()},
            body=body,
        )
        arguments = function.arguments(given, client_binding)
        if function.is_async:
            answer = await function.call(**arguments)
        else:
            answer = await to_thread.run_sync(lambda: function.call(**arguments))
        return _response(answer)

    return endpoint


async def read_body(request: Request, limit: int) -> bytes:
    """The body, at most `limit` bytes of it in memory.

    A larger one is read to its end and thrown away piece by piece, so that the client gets its answer instead of a
    broken connection.
    """
    declared = request.headers.get("content-length")
    parts: list[bytes] = []
    size = 0
    fits = declared is None or int(declared) <= limit
    async for part in request.stream():
        size += len(part)
        if fits and size <= limit:
            parts.append(part)
        else:
            fits = False
            parts.clear()
            if size > _MOST_DRAINED:
                break
    if not fits:
        raise BodyTooLarge
    return b"".join(parts)


def _too_large(limit: int) -> Response:
    problem = {
        "type": "about:blank", "title": "Content too large", "status": 413, "code": "file_too_large",
        "detail": f"request bodies may have {limit / 2**20:.0f} MB: use POST /api/uploads for larger files",
    }  # fmt: skip
    return JSONResponse(problem, 413, media_type="application/problem+json")


def _response(answer: Any) -> Response:
    if isinstance(answer, str):
        answer = func.HttpResponse(answer)
    headers = dict(answer.headers.items())
    media_type = headers.pop("Content-Type", None) or answer.mimetype
    return Response(answer.get_body(), answer.status_code, headers, media_type=media_type)
