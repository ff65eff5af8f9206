"""What the host itself answers when no function does: RFC 9457 problem documents."""

from __future__ import annotations

from http import HTTPStatus

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Match, Route


def problem(status: int, code: str, detail: str, headers: dict[str, str] | None = None) -> Response:
    document = {
        "type": "about:blank", "title": HTTPStatus(status).phrase.capitalize(), "status": status, "code": code,
        "detail": detail,
    }  # fmt: skip
    return JSONResponse(document, status, headers, media_type="application/problem+json")


async def not_found(request: Request, fault: Exception) -> Response:
    path = request.url.path[:200]
    return problem(
        404, "no_such_route", f"nothing is served at {path}: the API is below /api, its reference at /api/docs"
    )


async def broken(request: Request, fault: Exception) -> Response:
    """What no function caught; the server logs it whole."""
    return problem(500, "internal_error", "something broke in the host; its log has the details")


async def method_not_allowed(request: Request, fault: Exception) -> Response:
    """405 with the methods of every route of this path: each function has a route of its own."""
    allowed = set()
    for route in request.app.routes:
        if isinstance(route, Route) and route.matches(request.scope)[0] is not Match.NONE:
            allowed |= route.methods or set()
    if not allowed and isinstance(fault, HTTPException) and fault.headers:
        allowed = set(fault.headers.get("Allow", "").replace(" ", "").split(","))
    return problem(
        405,
        "method_not_allowed",
        f"{request.method} is not served at {request.url.path}",
        {"Allow": ", ".join(sorted(allowed))},
    )
