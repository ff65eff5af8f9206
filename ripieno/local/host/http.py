"""HTTP triggers as Starlette routes."""

from __future__ import annotations

import asyncio
from typing import Any

import azure.functions as func
from starlette.requests import Request
from starlette.responses import Response

from ripieno.local.host.functions import AppFunctions, Function
from ripieno.local.host.invoke import invoke
from ripieno.local.host.problems import problem
from ripieno.local.host.routing import FunctionRoute, in_order

GATEWAY_SECONDS = 230.0  # Azure's load balancer gives up after this; the function goes on
_MOST_DRAINED = 4 * 1024**3


class BodyTooLarge(Exception):
    """The request's body is over the host's limit."""


def routes(
    functions: AppFunctions,
    *,
    prefix: str,
    client_binding: str,
    body_limit: int,
    gateway_seconds: float = GATEWAY_SECONDS,
) -> list[FunctionRoute]:
    """One route for each HTTP function, in the order in which they are tried."""
    return [
        FunctionRoute(
            f"{prefix}/{function.trigger.get('route') or function.name}",
            _endpoint(functions, function, client_binding, body_limit, gateway_seconds),
            methods=function.trigger.get("methods"),
            name=function.name,
        )
        for function in in_order(functions.of("httpTrigger"))
    ]


def _endpoint(
    functions: AppFunctions, function: Function, client_binding: str, body_limit: int, gateway_seconds: float
):
    async def endpoint(request: Request) -> Response:
        if "content-length" not in request.headers and "transfer-encoding" in request.headers:
            return problem(
                411,
                "length_required",
                "the body has no Content-Length, so that Azure would deliver nothing of it: send the header,"
                " or use POST /api/uploads",
            )
        try:
            body = await read_body(request, body_limit)
        except BodyTooLarge:
            return _too_large(body_limit)
        given = func.HttpRequest(
            method=request.method,
            url=str(request.url),
            headers=_joined(request),
            params=dict(request.query_params),
            route_params={name: str(value) for name, value in request.path_params.items()},
            body=body,
        )
        del body  # the request holds it, and nobody else shall
        call = asyncio.ensure_future(invoke(functions, function, given, client_binding))
        del given
        done, _ = await asyncio.wait({call}, timeout=gateway_seconds)
        if not done:
            _left_behind.add(call)
            call.add_done_callback(_forget)
            return problem(
                504, "gateway_timeout", f"no answer within {gateway_seconds:g} s; what was asked for goes on"
            )
        return _response(call.result())

    return endpoint


def _joined(request: Request) -> dict[str, str]:
    """The headers, those that came more than once joined by commas (RFC 9110, 5.3), as Azure's host hands them over."""
    found: dict[str, str] = {}
    for name, value in request.headers.items():
        found[name] = f"{found[name]},{value}" if name in found else value
    return found


_left_behind: set[asyncio.Future] = set()  # calls nobody waits for any longer: a loop holds tasks only weakly


def _forget(call: asyncio.Future) -> None:
    _left_behind.discard(call)
    if not call.cancelled():
        call.exception()  # it has been logged, or concerns nobody


async def read_body(request: Request, limit: int) -> bytes:
    """The body, at most `limit` bytes of it in memory.

    A larger one is read to its end and thrown away piece by piece, so that the client gets its answer instead of a
    broken connection.
    """
    declared = request.headers.get("content-length")
    whole = bytearray()  # one buffer that grows: a list of parts and their sum would be the body twice
    size = 0
    fits = declared is None or int(declared) <= limit
    async for part in request.stream():
        size += len(part)
        if fits and size <= limit:
            whole += part
        else:
            fits = False
            whole.clear()
            if size > _MOST_DRAINED:
                break
    if not fits:
        raise BodyTooLarge
    return bytes(whole)


def _too_large(limit: int) -> Response:
    detail = f"request bodies may have {limit / 2**20:.0f} MB: use POST /api/uploads for larger files"
    return problem(413, "file_too_large", detail)


def _response(answer: Any) -> Response:
    if isinstance(answer, str):
        answer = func.HttpResponse(answer)
    headers = dict(answer.headers.items())
    media_type = headers.pop("Content-Type", None) or answer.mimetype
    return Response(answer.get_body(), answer.status_code, headers, media_type=media_type)
