"""Which function answers: the first by name whose path and method fit, as in Azure."""

from __future__ import annotations

import azure.functions as func
import pytest
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Match

from ripieno.local.host import functions
from ripieno.local.host.routing import FunctionRoute, in_order


async def nobody(_: Request) -> Response:
    return Response()


def matched(template: str, path: str, *, method: str = "GET", methods: list[str] | None = None):
    route = FunctionRoute(template, nobody, methods=methods, name="one")
    found, scope = route.matches({"type": "http", "method": method, "path": path})
    return scope.get("path_params") if found == Match.FULL else found


@pytest.mark.parametrize(
    ("template", "path", "expected"),
    [
        ("api/things", "/api/things", {}),
        ("api/things", "/API/Things/", {}),
        ("api/things", "/api/things//", Match.NONE),
        ("api/things", "/api/things/a", Match.NONE),
        ("api/things/{id}", "/api/things/\U0001f3b7 A", {"id": "\U0001f3b7 A"}),
        ("api/things/{id:int}", "/api/things/7", {"id": "7"}),
        ("api/things/{id}", "/api/things/", Match.NONE),
        ("api/things/{id}", "/api/things/a/b", Match.NONE),
        ("api/{*rest}", "/api", {"rest": ""}),
        ("api/{*rest}", "/api/", {"rest": ""}),
        ("api/{*rest}", "/api//a/b\n", {"rest": "/a/b\n"}),
        ("api/{*rest}", "/apis", Match.NONE),
        ("api/a.b", "/api/aXb", Match.NONE),
    ],
    ids=ascii,
)
def test_a_path_fits_as_in_asp_net(template, path, expected):
    assert matched(template, path) == expected


def test_without_methods_a_route_answers_every_one_and_get_does_not_mean_head():
    assert matched("api/things", "/api/things", method="BREW") == {}
    assert matched("api/things", "/api/things", method="HEAD", methods=["GET"]) == Match.PARTIAL
    assert matched("api/things", "/api/things", method="GET", methods=["get"]) == {}


def test_functions_are_tried_in_the_order_of_their_names():
    app = func.FunctionApp()
    for name, route in (("b_literal", "api/one"), ("Z_rest", "api/{*rest}"), ("a_parameter", "api/{id}")):
        app.function_name(name)(app.route(route=route)(lambda req: None))
    ordered = in_order(functions.index(app).of("httpTrigger"))
    assert [one.name for one in ordered] == ["a_parameter", "b_literal", "Z_rest"]
