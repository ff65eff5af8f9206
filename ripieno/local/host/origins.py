"""Pages of other origins may not change anything here; and what comes from the network is told from what does not.

A browser sends a plain form or upload to any address, the loopback interface too, without asking first; it does say
in `Origin` and `Sec-Fetch-Site` whose page it was. Programs that are no browsers send neither.
"""

from __future__ import annotations

from collections.abc import Collection
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Receive, Scope, Send

from ripieno.local.host.problems import problem
from ripieno.services.identity import loopback

SAFE = ("GET", "HEAD", "OPTIONS")
OUR_NAMES = loopback.NAMES
_SERVED_TO_NETWORK = "/api/"


class NetworkCheck:
    """Marks what came in at 127.0.0.1 with the host's `proof`, and serves to the network nothing but the API.

    Which socket a connection came in at is known to whoever listens there alone: no header says it. Without a `lan`
    address there is no other socket, and nothing to prove.
    """

    def __init__(self, app: ASGIApp, *, lan: str | None = None, proof: str | None = None):
        self._app, self._lan, self._proof = app, lan, proof

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            headers = MutableHeaders(scope=scope)
            while loopback.HEADER in headers:
                del headers[loopback.HEADER]
            if not _is_from_network(scope, self._lan):
                if self._proof is not None:
                    headers[loopback.HEADER] = self._proof
            elif not scope["path"].lower().startswith(_SERVED_TO_NETWORK):
                await problem(404, "no_such_route", "the network is served what is below /api/")(scope, receive, send)
                return
        await self._app(scope, receive, send)


class HostCheck:
    """Refuses requests for any name but those of the interface: a page may have its own name lead here."""

    def __init__(self, app: ASGIApp, *, lan: str | None = None):
        self._app, self._lan = app, lan

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        names = _names(scope, self._lan)
        if scope["type"] == "http" and _name(Headers(scope=scope).get("host", "")) not in names:
            refusal = problem(
                400, "bad_host", f"this host answers to {' and '.join(names[:2])} alone: ask it by one of them"
            )
            await refusal(scope, receive, send)
            return
        await self._app(scope, receive, send)


class OriginCheck:
    """Refuses unsafe methods asked for by pages that are neither ours nor of `allowed` origins ("*": of any)."""

    def __init__(self, app: ASGIApp, *, port: int, allowed: Collection[str] = (), lan: str | None = None):
        self._app, self._lan = app, lan
        self._port = port
        self._allowed = {origin.rstrip("/") for origin in allowed}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["method"] not in SAFE and not self._may(scope):
            refusal = problem(403, "cross_origin", "a page of another origin may not change anything here")
            await refusal(scope, receive, send)
            return
        await self._app(scope, receive, send)

    def _may(self, scope: Scope) -> bool:
        headers = Headers(scope=scope)
        if "*" in self._allowed:
            return True
        origin = headers.get("origin")
        if origin is None:
            return headers.get("sec-fetch-site", "none") in ("none", "same-origin")
        if origin in self._allowed:
            return True
        try:
            parts = urlsplit(origin)
            is_ours = parts.scheme == "http" and parts.hostname in _names(scope, self._lan)
            return is_ours and (parts.port or 80) == self._port
        except ValueError:
            return False


def _is_from_network(scope: Scope, lan: str | None) -> bool:
    """Whether a request came in at another socket than that of 127.0.0.1."""
    return lan is not None and (scope.get("server") or ("", 0))[0] != "127.0.0.1"


def _names(scope: Scope, lan: str | None) -> tuple[str, ...]:
    return (lan,) if lan is not None and _is_from_network(scope, lan) else OUR_NAMES


def _name(host: str) -> str | None:
    """The name in a `Host` header, without its port."""
    try:
        return urlsplit(f"//{host}").hostname
    except ValueError:
        return None
