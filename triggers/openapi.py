"""The API's own description, from the declarations of its routes and nothing else."""

from __future__ import annotations

import html
from typing import Any

import azure.durable_functions as df
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from ripieno import __version__
from ripieno.contracts.problems import Problem
from triggers.glossary import explain, meaning
from triggers.routing import PREFIX, Answer, Call, Route, route, routes

blueprint = df.Blueprint()
_REF = "#/components/schemas/{model}"
_PATH_PARAMETERS = {"id": "the id that a list or an answer gave", "stem": "the name of a stem: bass, synth 2"}
_KEY = {
    "name": "Idempotency-Key", "in": "header", "required": False, "schema": {"type": "string", "maxLength": 255},
    "description": "equal requests with one key are done once, and all of them get that one's answer",
}  # fmt: skip


@route(blueprint, "GET", "/openapi.json", role=None, tag="platform", answers={200: "application/json"})
def openapi(call: Call[None]) -> Answer:
    """The OpenAPI 3.1 document of this API."""
    return Answer(document())


@route(blueprint, "GET", "/docs", role=None, tag="platform", answers={200: "text/html"})
def docs(call: Call[None]) -> Answer:
    """The API for people: every route with what it takes and gives."""
    rows = "".join(_row(one) for one in routes())
    style = (
        "body{font:16px/1.5 system-ui;margin:2rem auto;max-width:60rem;padding:0 1rem}"
        "td{padding:.4rem .8rem .4rem 0;vertical-align:top}small{color:#555;display:block}"
    )
    page = (
        '<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>Ripieno API</title><style>{style}</style><h1>Ripieno API {__version__}</h1><table>{rows}</table>"
        '<p>The whole description: <a href="/api/openapi.json">openapi.json</a></p></html>'
    )
    return Answer(page, media_type="text/html")


def document() -> dict[str, Any]:
    """The OpenAPI 3.1 document."""
    declared = routes()
    answered = {model for one in declared for model in one.answers.values() if isinstance(model, type)} | {Problem}
    asked = {one.body for one in declared if isinstance(one.body, type)}
    modes: list[tuple[type[BaseModel], Any]] = [(model, "serialization") for model in answered]
    modes += [(model, "validation") for model in asked]
    references, schemas = models_json_schema(sorted(modes, key=lambda m: (m[0].__name__, m[1])), ref_template=_REF)
    paths: dict[str, Any] = {}
    for one in declared:
        paths.setdefault(one.path, {})[one.method.lower()] = _operation(one, references)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Ripieno", "version": __version__, "description": "Songs in; stems, JAMS and metadata out."},
        "servers": [{"url": f"/{PREFIX}"}],
        "paths": paths,
        "components": {
            "schemas": explain(schemas["$defs"]),
            "securitySchemes": {"key": {"type": "apiKey", "in": "header", "name": "x-functions-key"}},
        },
    }


def _operation(one: Route, references: Any) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": one.name,
        "summary": one.summary.rstrip("."),
        "tags": [one.tag],
        "responses": {str(status): _answer(status, model, references) for status, model in one.answers.items()}
        | {"default": _problem(references)},
    }
    if one.description:
        operation["description"] = one.description
    if one.role is not None:
        operation |= {"x-role": one.role.value, "security": [{"key": []}]}
    parameters = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}, "description": about}
        for name, about in _PATH_PARAMETERS.items()
        if f"{{{name}}}" in one.path
    ]
    parameters += _query(one)
    if one.method == "POST" and one.role is not None:
        parameters.append(_KEY)
    if parameters:
        operation["parameters"] = parameters
    if isinstance(one.body, type):
        schema = references[one.body, "validation"]
        operation["requestBody"] = {"required": True, "content": {"application/json": {"schema": schema}}}
    elif one.body is not None:
        operation["requestBody"] = one.body
    return operation


def _query(one: Route) -> list[dict[str, Any]]:
    if one.query is None:
        return []
    schema = one.query.model_json_schema()
    known = schema.get("$defs", {})

    def inlined(part: Any) -> Any:
        if isinstance(part, dict) and "$ref" in part:
            return known[part["$ref"].rpartition("/")[2]]
        if isinstance(part, dict):
            return {name: inlined(value) for name, value in part.items()}
        return [inlined(value) for value in part] if isinstance(part, list) else part

    return [
        {"name": name, "in": "query", "schema": inlined(about), "description": meaning(f"?{name}") or ""}
        for name, about in schema.get("properties", {}).items()
    ]


_MEANINGS = {
    200: "done", 201: "made", 202: "begun: ask again where `Location` or `status_url` says", 206: "a part of it",
    307: "it is at another address, for a while", 503: "something that it needs is away",
}  # fmt: skip


def _answer(status: int, model: type[BaseModel] | str | None, references: Any) -> dict[str, Any]:
    about: dict[str, Any] = {"description": _MEANINGS[status]}
    if isinstance(model, str):
        about["content"] = {model: {}}
    elif model is not None:
        about["content"] = {"application/json": {"schema": references[model, "serialization"]}}
    return about


def _problem(references: Any) -> dict[str, Any]:
    content = {"application/problem+json": {"schema": references[Problem, "serialization"]}}
    return {"description": "it was not done: why, and what to do about it (RFC 9457)", "content": content}


def _row(one: Route) -> str:
    takes = f"takes {one.body.__name__}" if isinstance(one.body, type) else ""
    asks = ", ".join(one.query.model_fields) if one.query else ""
    more = " · ".join(part for part in (takes, asks) if part)
    return (
        f"<tr><td><code>{one.method}</code></td><td><code>/{PREFIX}{html.escape(one.path)}</code></td>"
        f"<td>{html.escape(one.summary)}<small>{html.escape(one.description)}</small><small>{html.escape(more)}</small></td></tr>"
    )
