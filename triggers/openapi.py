"""The API's own description, an OpenAPI 3.1 document: from the declarations of its routes and nothing else."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import azure.durable_functions as df
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from ripieno import __version__
from ripieno.contracts.jobs import JobEvent
from ripieno.contracts.problems import Problem
from triggers import access_examples, examples, gate, operation_examples, set_examples
from triggers.glossary import TAGS, explain, explained, meaning
from triggers.remedies import REMEDIES
from triggers.routing import PREFIX, Answer, Call, Route, route, routes

blueprint = df.Blueprint()
_REF = "#/components/schemas/{model}"
_PATH_PARAMETERS = {
    "id": ("the id that a list or an answer gave", examples.SONG),
    "stem": ("the name of a stem: bass, synth 2", "bass"),
    "talk": ("the id that saying something to a set gave", set_examples.TALK),
}
_KEY = {
    "name": "Idempotency-Key", "in": "header", "required": False,
    "schema": {"type": "string", "minLength": 1, "maxLength": 255},
    "description": (
        "equal requests of one owner with one key are done once within two days, and all of them get that one's answer,"
        " at whichever host they arrive; another request with it is 422 (draft-ietf-httpapi-idempotency-key-header)"
    ),
    "example": "7d1f-take-2",
}  # fmt: skip
_FOR_OTHERS = {
    "name": gate.OWNER_HEADER, "in": "header", "required": False,
    "schema": {"type": "string", "pattern": "^[A-Za-z0-9_.@-]{1,64}$"},
    "description": "for an Admin: whose it is, where it is another's; what they do so is in the audit log",
    "example": "anna",
}  # fmt: skip
_ABOUT = (
    "Songs in; stems, tempo, beats, key, chords, sections and tuning out; new stems that fit them bar for bar. Whatever"
    " takes long answers 202 at once, with a `status_url` to ask again at. What is refused is a problem document"
    " (RFC 9457): its `code` is for programs, its `detail` says what to do. GET also answers HEAD; times are ISO 8601"
    " in UTC; unknown fields and parameters are refused, unknown fields of answers are to be ignored."
)


@route(blueprint, "GET", "/openapi.json", role=None, tag="platform", answers={200: "application/json"})
def openapi(call: Call[None]) -> Answer:
    """The OpenAPI 3.1 document of this API."""
    return Answer(document())


@lru_cache(maxsize=1)
def document() -> dict[str, Any]:
    """The OpenAPI 3.1 document. It is made once: nobody may change it."""
    declared = sorted(routes(), key=lambda one: (list(TAGS).index(one.tag), one.path.split("/")[1]))
    answered = {model for one in declared for model in one.answers.values() if isinstance(model, type)} | {Problem}
    asked = {one.body for one in declared if isinstance(one.body, type)} | {JobEvent}
    modes: list[tuple[type[BaseModel], Any]] = [(model, "serialization") for model in answered]
    modes += [(model, "validation") for model in asked]
    references, schemas = models_json_schema(sorted(modes, key=lambda m: (m[0].__name__, m[1])), ref_template=_REF)
    paths: dict[str, Any] = {}
    for one in declared:
        paths.setdefault(one.path, {})[one.method.lower()] = _operation(one, references)
    known = explain(schemas["$defs"])
    for model, example in examples.BY_CONTRACT.items():
        if model.__name__ in known:
            known[model.__name__]["examples"] = [shown(example)]
    return {
        "openapi": "3.1.0",
        "info": {"title": "Ripieno", "version": __version__, "description": _ABOUT},
        "servers": [{"url": f"/{PREFIX}"}],
        "tags": [{"name": name, "description": about} for name, about in TAGS.items()],
        "paths": paths,
        "components": {
            "schemas": known,
            "securitySchemes": {
                "token": {
                    "type": "http", "scheme": "bearer",
                    "description": "an access token, or that of a paired device: `GET /auth` says how to get one. A"
                    " local stack needs none on its own machine. Keys of the Functions host open nothing.",
                }
            },
        },
        "x-problems": {
            code: {"statuses": list(one.statuses), "when": one.when, "do": one.do} for code, one in REMEDIES.items()
        },
    }  # fmt: skip


def shown(example: BaseModel) -> Any:
    """An example as JSON: of a request what somebody would write, of an answer all that comes."""
    is_asked = example.model_config.get("extra") == "forbid"
    return example.model_dump(mode="json", exclude_unset=is_asked)


def problems_of(one: Route) -> list[str]:
    """The codes that a route may answer: its own, and what follows from its declaration."""
    found = ["invalid_request", *one.problems, "internal_error", "storage_unavailable"]
    if one.role is not None:
        found += ["forbidden", "not_authenticated", "invalid_token", "token_expired", "bad_credentials"]
        found += ["identity_unavailable", "not_configured"]
    if "{id}" in one.path:
        found.append("not_found")
    if one.query is not None and "cursor" in one.query.model_fields:
        found.append("bad_cursor")
    if one.body is not None:
        found.append("length_required")
    if one.most_bytes is not None:
        found.append("body_too_large")
    if one.method == "POST" and one.role is not None:
        found += ["bad_idempotency_key", "idempotency_key_reused", "still_running"]
        if 202 in one.answers:  # a workflow of somebody who may have so many
            found.append("quota_exceeded")
    return sorted(set(found))


def _operation(one: Route, references: Any) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": one.name,
        "summary": one.summary.rstrip("."),
        "tags": [one.tag],
        "responses": {str(status): _answer(one, status, model, references) for status, model in one.answers.items()}
        | _refusals(one, references),
    }
    if one.description:
        operation["description"] = one.description
    if one.role is not None:
        operation |= {"x-role": one.role.value, "security": [{"token": []}]}
    parameters = [
        {
            "name": name,
            "in": "path",
            "required": True,
            "schema": {"type": "string"},
            "description": about,
            "example": _id_of(one) if name == "id" else example,
        }
        for name, (about, example) in _PATH_PARAMETERS.items()
        if f"{{{name}}}" in one.path
    ]
    parameters += _query(one)
    if one.method == "POST" and one.role is not None:
        parameters.append(_KEY)
    if one.for_others:
        parameters.append(_FOR_OTHERS)
    if parameters:
        operation["parameters"] = parameters
    if isinstance(one.body, type):
        content: dict[str, Any] = {"schema": references[one.body, "validation"]}
        if one.body in examples.BY_CONTRACT:
            content["example"] = shown(examples.BY_CONTRACT[one.body])
        operation["requestBody"] = {
            "required": True,
            "content": {"application/json": content},
            "description": f"JSON, at most {one.most_bytes} bytes",
            "x-most-bytes": one.most_bytes,
        }
    elif one.body is not None:
        operation["requestBody"] = one.body
    return operation


def _id_of(one: Route) -> str:
    """An id of the kind that a route takes."""
    kinds = {
        "audio": examples.SONG, "generations": examples.WORK, "compositions": examples.WORK, "masters": examples.WORK,
        "uploads": examples.UPLOAD, "refusals": examples.REFUSAL, "ops": examples.REFUSAL, "voices": examples.VOICE,
        "sets": set_examples.SET, "devices": examples.DEVICE, "shares": access_examples.SHARE,
        "jobs": f"{examples.SONG_RUN}:mir", "removals": f"remove-{examples.SONG}-{examples.BORN}",
    }  # fmt: skip
    if one.path.startswith("/ops/failures"):
        return operation_examples.FAILURE
    return kinds[one.path.split("/")[1]]


def _query(one: Route) -> list[dict[str, Any]]:
    if one.query is None:
        return []
    schema = one.query.model_json_schema()
    known = {name: explained(name, about) for name, about in schema.get("$defs", {}).items()}

    def inlined(part: Any) -> Any:
        if isinstance(part, dict) and "$ref" in part:
            return known[part["$ref"].rpartition("/")[2]]
        if isinstance(part, dict):
            return {name: inlined(value) for name, value in part.items()}
        return [inlined(value) for value in part] if isinstance(part, list) else part

    return [
        {
            "name": name,
            "in": "query",
            "required": False,
            "schema": _given(inlined(about)),
            "description": meaning(f"?{name}") or "",
        }
        for name, about in schema.get("properties", {}).items()
    ]


def _given(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema of a parameter that may be left out: what is given is never null."""
    kinds = [one for one in schema.get("anyOf", []) if one != {"type": "null"}]
    if len(kinds) != 1:
        return schema
    return kinds[0] | {name: value for name, value in schema.items() if name not in ("anyOf", "default", "title")}


_MEANINGS = {
    200: "done", 201: "made", 202: "begun: ask again where `Location` or `status_url` says", 206: "a part of it",
    307: "it is at another address, for a while", 503: "something that it needs is away",
}  # fmt: skip


def _answer(one: Route, status: int, model: type[BaseModel] | str | None, references: Any) -> dict[str, Any]:
    about: dict[str, Any] = {"description": _MEANINGS[status]}
    if isinstance(model, str):
        about["content"] = {model: {"example": examples.BY_ROUTE[one.name]} if one.name in examples.BY_ROUTE else {}}
    elif model is not None:
        content: dict[str, Any] = {"schema": references[model, "serialization"]}
        if model in examples.BY_CONTRACT:
            content["example"] = shown(examples.BY_CONTRACT[model])
        about["content"] = {"application/json": content}
    return about


def _refusals(one: Route, references: Any) -> dict[str, Any]:
    """Problem documents by status, with their codes; `default` is for what is between here and the caller."""
    content = {"application/problem+json": {"schema": references[Problem, "serialization"]}}
    found: dict[str, Any] = {}
    for code in problems_of(one):
        for status in REMEDIES[code].statuses:
            if status in one.answers:
                continue
            about = found.setdefault(str(status), {"description": "", "content": content, "x-codes": []})
            about["x-codes"].append(code)
            about["description"] = "; ".join(f"`{name}`: {REMEDIES[name].when}" for name in about["x-codes"])
    found["default"] = {"description": "it was not done: why, and what to do about it (RFC 9457)", "content": content}
    return dict(sorted(found.items()))
