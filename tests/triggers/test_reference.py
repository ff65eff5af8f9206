"""The reference of the API: examples that the contracts accept, a page with everything on it that asks for nothing."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import re
import shlex
from html.parser import HTMLParser
from importlib import import_module
from typing import Any

import httpx
import jams
import pytest
from pydantic import BaseModel

from ripieno.client import Ripieno
from triggers import examples, glossary
from triggers.remedies import REMEDIES
from triggers.routing import PREFIX, routes


@pytest.fixture
def document(storage) -> dict[str, Any]:
    import_module("function_app")
    from triggers.openapi import document

    return json.loads(json.dumps(document()))


@pytest.fixture
def page(document) -> str:
    from triggers.reference import rendered

    return rendered("http://127.0.0.1:7071")[0]


def strictly(model: type[BaseModel], given: dict[str, Any]) -> None:
    """Valid, and nothing in it that the contract has not."""
    read = model.model_validate(given)
    known = {field.serialization_alias or name for name, field in type(read).model_fields.items()}
    assert set(given) <= known or type(read).model_config.get("extra") == "allow"


# -- examples -----------------------------------------------------------------------------------------------------


def test_every_contract_that_a_route_takes_or_gives_has_an_example_that_it_accepts(document):
    for one in routes():
        operation = document["paths"][one.path][one.method.lower()]
        if isinstance(one.body, type):
            given = operation["requestBody"]["content"]["application/json"]["example"]
            assert given, (one.name, "an example that says nothing")
            strictly(one.body, given)
        for status, model in one.answers.items():
            if isinstance(model, type):
                content = operation["responses"][str(status)]["content"]["application/json"]
                strictly(model, content["example"])
                assert content["example"] in document["components"]["schemas"][model.__name__]["examples"]


def test_the_example_of_a_jams_file_is_one():
    assert jams.load(io.StringIO(json.dumps(examples.BY_ROUTE["get_jams"])), validate=True, strict=True).annotations


def test_no_example_is_of_nothing(document):
    known = {model.__name__ for model in examples.BY_CONTRACT}
    assert known <= set(document["components"]["schemas"])
    of_routes = {one.name for one in routes()}
    assert set(examples.BY_ROUTE) <= of_routes and set(examples.PYTHON) <= of_routes


@pytest.mark.parametrize("name", examples.PYTHON)
def test_a_line_of_python_calls_the_client(name):
    line = examples.PYTHON[name]
    compile(line, name, "exec")
    for method in re.findall(r"ripieno\.(\w+)\(", line):
        assert callable(getattr(Ripieno, method)), method


def test_the_path_of_an_example_is_filled(document):
    for path, methods in document["paths"].items():
        for operation in methods.values():
            named = {one["name"] for one in operation.get("parameters", []) if one["in"] == "path" and one["example"]}
            assert named == set(re.findall(r"{(\w+)}", path))


def test_the_refusals_of_a_route_are_explained(document):
    for one in routes():
        for status, answer in document["paths"][one.path][one.method.lower()]["responses"].items():
            for code in answer.get("x-codes", []):
                assert int(status) in REMEDIES[code].statuses
    assert set(document["x-problems"]) == set(REMEDIES)


# -- the page -----------------------------------------------------------------------------------------------------


class Read(HTMLParser):
    """What stands on a page: ids, addresses, tags, and its text."""

    def __init__(self, text: str):
        super().__init__()
        self.ids: list[str] = []
        self.addresses: list[str] = []
        self.tags: set[str] = set()
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        for name, value in attrs:
            if name == "id":
                self.ids.append(str(value))
            if name in ("href", "src", "action", "srcset"):
                self.addresses.append(str(value))

    def handle_data(self, data: str) -> None:
        self.text += data


def test_the_page_has_every_route_contract_and_code_under_an_anchor(page, document):
    read = Read(page)
    wanted = [one.name for one in routes()] + [f"problem-{code}" for code in REMEDIES]
    wanted += [f"contract-{name}" for name in document["components"]["schemas"]]
    wanted += [f"tag-{name}" for name in glossary.TAGS]
    assert set(wanted) <= set(read.ids)
    assert len(read.ids) == len(set(read.ids)), "an id stands twice"
    links = {one.removeprefix("#") for one in read.addresses if one.startswith("#")}
    assert links <= set(read.ids), "a link leads nowhere"


def test_the_page_says_what_the_document_says(page, document):
    said = " ".join(Read(page).text.split())
    for path, methods in document["paths"].items():
        assert f"/{PREFIX}{path}" in said
        for operation in methods.values():
            assert operation["summary"] in said
            for one in operation.get("parameters", []):
                assert one["name"] in said and " ".join(one["description"].replace("`", "").split()) in said
    for schema in document["components"]["schemas"].values():
        for name, about in schema.get("properties", {}).items():
            assert name in said and " ".join(about["description"].replace("`", "").split()) in said


def test_the_page_asks_for_nothing_and_may_not(stack):
    told = httpx.get(f"{stack.url}/api/docs")
    assert told.headers["content-type"] == "text/html; charset=utf-8"
    read = Read(told.text)
    assert not read.tags & {"script", "img", "iframe", "form", "object", "embed"}
    assert all(one.startswith(("#", "/api/openapi.json", "data:,")) for one in read.addresses)
    policy = told.headers["content-security-policy"]
    style = re.search(r"<style>(.*?)</style>", told.text, re.DOTALL)
    assert style is not None and "url(" not in style[1] and "@import" not in style[1]
    digest = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()
    assert policy.startswith(f"default-src 'none'; style-src 'sha256-{digest}'")


def test_every_line_of_curl_is_one_command_at_a_route(page):
    lines = re.findall(r"<pre class=\"typed\" tabindex=\"0\">(curl .*?)</pre>", page, re.DOTALL)
    assert len(lines) == len(routes())
    for text in lines:
        words = shlex.split(text.replace("&#39;", "'").replace("&#34;", '"').replace("&amp;", "&").replace("\\\n", " "))
        assert words[0] == "curl" and any(word.startswith("http://127.0.0.1:7071/api/") for word in words)
        if "--json" in words:
            json.loads(words[words.index("--json") + 1])
