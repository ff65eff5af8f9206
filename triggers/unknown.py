"""What is asked for where no route is: answered with the routes that may have been meant.

Azure's host tries routes in the order of the functions' names (see `ripieno.local.host.routing`), so the name of this
one begins with a z. A known path gets here with a method that no route of it has.
"""

from __future__ import annotations

from difflib import SequenceMatcher
from urllib.parse import unquote, urlsplit

import azure.durable_functions as df
import azure.functions as func

from triggers import problems
from triggers.problems import ApiError
from triggers.routing import PREFIX, is_at, methods_of, routes

blueprint = df.Blueprint()
_ALIKE, _AS_GOOD = 0.7, 0.1  # the least likeness, from 0 to 1, and how far behind the best one a path may be
_MOST_SUGGESTED = 3
_MOST_COMPARED = 200  # characters
REFERENCE = f"/{PREFIX}/docs lists every route"


@blueprint.function_name("z_unknown")
@blueprint.route(route=f"{PREFIX}/{{*rest}}", auth_level=func.AuthLevel.ANONYMOUS)
def unknown(req: func.HttpRequest) -> func.HttpResponse:
    """405 with `Allow` at a known path, 204 with it where OPTIONS was asked; 404 at any other."""
    path = unquote(urlsplit(req.url).path)
    allowed = sorted({method for one in routes() if is_at(one.path, path) for method in methods_of(one)})
    if not allowed:
        return problems.response(ApiError(404, "no_such_route", f"nothing is served at {path[:200]}: {_meant(path)}"))
    headers = {"Allow": ", ".join([*allowed, "OPTIONS"])}
    if req.method == "OPTIONS":
        return func.HttpResponse(status_code=204, headers=headers)
    detail = f"{req.method[:20]} is not served at {path[:200]}: use {_or(allowed)}; {REFERENCE}"
    return problems.response(ApiError(405, "method_not_allowed", detail, headers=headers))


def _meant(path: str) -> str:
    found = nearest(path)
    return f"did you mean {_or(found)}? {REFERENCE}" if found else REFERENCE


def _or(words: list[str]) -> str:
    return " or ".join(part for part in (", ".join(words[:-1]), words[-1]) if part)


def nearest(path: str) -> list[str]:
    """The paths of routes that look most like one that is none, best first; `{id}` looks like whatever stands there."""
    given = "/".join(part for part in path[:_MOST_COMPARED].split("/") if part).lower()
    alike = {}
    for known in {f"/{PREFIX}{one.path}" for one in routes()}:
        ratio = SequenceMatcher(None, given, _filled(known, given), autojunk=False).ratio()
        if ratio >= _ALIKE:
            alike[known] = ratio
    best = [known for known in alike if alike[known] > max(alike.values()) - _AS_GOOD]
    return sorted(best, key=lambda known: (-alike[known], known))[:_MOST_SUGGESTED]


def _filled(known: str, given: str) -> str:
    """A route's path with the parts of another in place of its parameters."""
    parts = given.split("/")
    return "/".join(
        parts[place] if part.startswith("{") and place < len(parts) else part
        for place, part in enumerate(known.strip("/").split("/"))
    )
