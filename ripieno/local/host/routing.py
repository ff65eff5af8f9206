"""Which function answers a request, found as Azure's host finds it.

The routes are tried in the order of the functions' names, and the first one answers whose path and method fit: a
literal has no precedence over a parameter there, nor a parameter over a catch-all (azure-functions-host, issues 3153
and 9876). So a catch-all needs a name that sorts behind all others. As in ASP.NET, the case of a path does not count,
nor does a slash at its end, and a route for GET does not answer HEAD.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Collection, Iterable

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Match, Route
from starlette.types import Scope

from ripieno.local.host.functions import Function

_PARAMETER = re.compile(r"\{(\*{0,2})(\w+)(?::[^}]*)?\}")


def in_order(functions: Iterable[Function]) -> list[Function]:
    """Functions in the order in which their routes are tried."""
    return sorted(functions, key=lambda function: (function.name.lower(), function.name))


class FunctionRoute(Route):
    """The route of one function; without `methods` it answers every one."""

    def __init__(
        self,
        template: str,
        endpoint: Callable[[Request], Awaitable[Response]],
        *,
        methods: Collection[str] | None,
        name: str,
    ):
        path = "/" + re.sub("//+", "/", template).strip("/")
        super().__init__(_PARAMETER.sub(r"{\2}", path), endpoint, methods=["GET"], name=name)
        self.methods = {method.upper() for method in methods} if methods else set()
        self._pattern = _pattern(path)

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        found = self._pattern.fullmatch(scope["path"]) if scope["type"] == "http" else None
        if found is None:
            return Match.NONE, {}
        given = {name: value or "" for name, value in found.groupdict().items()}
        fits = not self.methods or scope["method"] in self.methods
        return Match.FULL if fits else Match.PARTIAL, {"endpoint": self.endpoint, "path_params": given}


def _pattern(template: str) -> re.Pattern[str]:
    """`{id}` is one segment of the path; `{*rest}` is what is left of it, be it nothing."""
    pattern = ""
    for segment in template.strip("/").split("/"):
        found = _PARAMETER.fullmatch(segment)
        if found is None:
            pattern += "/" + re.escape(segment)
        elif found[1]:
            pattern += f"(?:/(?P<{found[2]}>.*?))?"
        else:
            pattern += f"/(?P<{found[2]}>[^/]+)"
    return re.compile(f"{pattern}/?", re.IGNORECASE | re.DOTALL)
