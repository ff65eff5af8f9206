"""docs/access.md has the routes as they are declared.

RIPIENO_RECORD=1 python -m pytest tests/triggers/test_access_page.py writes them anew.
"""

from __future__ import annotations

import importlib
import os
import pkgutil
import re

import triggers
from ripieno.contracts.enums import Role
from ripieno.local.stack import PROJECT
from ripieno.services.access import MAY, SHAREABLE
from triggers.routing import Route, routes

for _one in pkgutil.iter_modules(triggers.__path__):
    importlib.import_module(f"triggers.{_one.name}")
PAGE = PROJECT / "docs" / "access.md"
BETWEEN = re.compile(r"(?<=<!-- routes -->\n).*?(?=<!-- /routes -->)", re.S)
ORDER = [None, Role.VIEWER, Role.ANALYST, Role.GENERATOR, Role.ADMIN, Role.SCALER]


def row(one: Route) -> str:
    shared = "yes" if one.method == "GET" and one.of in SHAREABLE else ""
    others = "yes" if one.for_others else ""
    role = one.role or "everybody"
    return f"| `{one.method} {one.path}` | {role} | {one.of or ''} | {shared} | {others} |\n"


def table() -> str:
    ordered = sorted(routes(), key=lambda one: (ORDER.index(one.role), one.path, one.method))
    head = "| route | least role | `{id}` names | shared too | Admin for others |\n|---|---|---|---|---|\n"
    return head + "".join(row(one) for one in ordered)


def test_the_page_has_every_route_as_it_is_declared():
    page = PAGE.read_text("utf-8")
    if os.environ.get("RIPIENO_RECORD"):
        PAGE.write_text(BETWEEN.sub(lambda _: table(), page), "utf-8")
    assert BETWEEN.findall(PAGE.read_text("utf-8")) == [table()]


def test_the_page_names_every_role():
    said = PAGE.read_text("utf-8").partition("## Roles")[2].partition("## Whose")[0]
    assert re.findall(r"^\| (\w+) \|", said, re.M)[1:] == [str(one) for one in MAY]
