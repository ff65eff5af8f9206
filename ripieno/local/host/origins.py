"""Pages of other origins may not change anything here.

A browser sends a plain form or upload to any address, the loopback interface too, without asking first; it does say
in `Origin` and `Sec-Fetch-Site` whose page it was. Programs that are no browsers send neither.
"""

from __future__ import annotations

from collections.abc import Collection
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from ripieno.local.host.problems import problem

SAFE = ("GET", "HEAD", "OPTIONS")
OUR_NAMES = ("127.0.0.1", "localhost", "::1")


class HostCheck:
    """Refuses requests for any name but the loopback interface's: a page may have its own name lead here."""

    def __init__(self, app: ASGIApp):
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and _name(Headers(scope=scope).get("host", "")) not in OUR_NAMES:
            refusal = problem(
                400, "bad_host", "this host answers to 127.0.0.1 and localhost alone: ask it by one of them"
            )
            await refusal(scope, receive, send)
            return
        await self._app(scope, receive, send)


class OriginCheck:
    """Refuses unsafe methods asked for by pages that are neither ours nor of `allowed` origins ("*": of any)."""

    def __init__(self, app: ASGIApp, *, port: int, allowed: Collection[str] = ()):
        self._app = app
        self._port = port
        self._allowed = {origin.rstrip("/") for origin in allowed}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["method"] not in SAFE and not self._may(Headers(scope=scope)):
            refusal = problem(403, "cross_origin", "a page of another origin may not change anything here")
            await refusal(scope, receive, send)
            return
        await self._app(scope, receive, send)

    def _may(self, headers: Headers) -> bool:
        if "*" in self._allowed:
            return True
        origin = headers.get("origin")
        if origin is None:
            return headers.get("sec-fetch-site", "none") in ("none", "same-origin")
        if origin in self._allowed:
            return True
        try:
            parts = urlsplit(origin)
            return parts.scheme == "http" and parts.hostname in OUR_NAMES and (parts.port or 80) == self._port
        except ValueError:
            return False


def _name(host: str) -> str | None:
    """The name in a `Host` header, without its port."""
    try:
        return urlsplit(f"//{host}").hostname
    except ValueError:
        return None
