"""The API for people: one page without scripts, made from the OpenAPI document by `page/reference.html`.

It asks for nothing else, of this address or of any other, and its Content-Security-Policy forbids it to.
"""

from __future__ import annotations

import base64
import hashlib
import json
import shlex
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import azure.durable_functions as df
from markupsafe import Markup, escape

from ripieno.services.settings import settings
from triggers.examples import PYTHON
from triggers.openapi import document
from triggers.routing import PREFIX, Answer, Call, route

blueprint = df.Blueprint()
_FILES = Path(__file__).parent / "page"


@route(blueprint, "GET", "/docs", role=None, tag="platform", answers={200: "text/html"})
def docs(call: Call[None]) -> Answer:
    """This reference, for people."""
    page, policy = rendered(settings().public_url)
    headers = {
        "Content-Security-Policy": policy, "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer",
        "Cache-Control": "max-age=300",
    }  # fmt: skip
    return Answer(page, headers=headers, media_type="text/html")


@lru_cache(maxsize=4)
def rendered(public_url: str) -> tuple[str, str]:
    """The page, and the policy under which its one style sheet is all that it may use."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined  # late: most processes show nobody the page

    described = document()
    style = (_FILES / "reference.css").read_text(encoding="utf-8")
    environment = Environment(
        loader=FileSystemLoader(_FILES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"prose": prose, "line": line, "json": as_json}
    page = environment.get_template("reference.html").render(
        style=style,
        about=described["info"],
        tags=_tags(described, public_url),
        url=public_url,
        contracts={name: _contract(name, schema) for name, schema in described["components"]["schemas"].items()},
        problems=described["x-problems"],
    )
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    return page, f"{policy}; frame-ancestors 'none'"


# -- what the template shows --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Field:
    """A parameter, or a property of a contract."""

    name: str
    kind: Markup
    limits: str
    needed: bool
    default: str | None
    about: str
    place: str = ""
    contract: str | None = None


@dataclass(frozen=True)
class Contract:
    """`is_asked` where somebody writes it: unknown fields are refused."""

    name: str
    about: str
    fields: list[Field]
    is_asked: bool


@dataclass(frozen=True)
class Reply:
    """An answer: `contract` is its form, `codes` are those of a problem document."""

    status: str
    about: str
    media_type: str
    contract: Markup
    example: Any
    codes: list[str]


@dataclass(frozen=True)
class Operation:
    name: str
    method: str
    path: str
    role: str | None
    summary: str
    about: str
    parameters: list[Field]
    body: list[tuple[str, Markup, list[Field]]]  # media type, contract, fields
    body_example: Any
    replies: list[Reply]
    refusals: list[Reply]
    curl: str
    python: str | None


def _tags(described: dict[str, Any], public_url: str) -> list[tuple[str, str, list[Operation]]]:
    every = [
        _operation(method, path, operation, described["components"]["schemas"], public_url)
        for path, methods in described["paths"].items()
        for method, operation in methods.items()
    ]
    tags_of = {
        operation["operationId"]: operation["tags"][0]
        for methods in described["paths"].values()
        for operation in methods.values()
    }
    return [
        (tag["name"], tag["description"], [one for one in every if tags_of[one.name] == tag["name"]])
        for tag in described["tags"]
    ]


def _operation(
    method: str, path: str, operation: dict[str, Any], schemas: dict[str, Any], public_url: str
) -> Operation:
    bodies, example = [], None
    for media_type, content in operation.get("requestBody", {}).get("content", {}).items():
        schema = content.get("schema", {})
        name = _name_of(schema)
        known = schemas[name] if name else schema
        bodies.append((media_type, _kind(schema), _fields(known)))
        example = content.get("example", example)
    replies = [_reply(status, about) for status, about in operation["responses"].items() if status != "default"]
    return Operation(
        name=operation["operationId"],
        method=method.upper(),
        path=f"/{PREFIX}{path}",
        role=operation.get("x-role"),
        summary=operation["summary"],
        about=operation.get("description", ""),
        parameters=[
            _field(one["name"], one["schema"], needed=one["required"], about=one["description"], place=one["in"])
            for one in operation.get("parameters", [])
        ],
        body=bodies,
        body_example=example,
        replies=[one for one in replies if not one.codes],
        refusals=[one for one in replies if one.codes],
        curl=_curl(method.upper(), path, operation, example, public_url),
        python=PYTHON.get(operation["operationId"]),
    )


def _reply(status: str, about: dict[str, Any]) -> Reply:
    media_type, content = next(iter(about.get("content", {}).items()), ("", {}))
    return Reply(
        status,
        about["description"],
        media_type,
        _kind(content.get("schema", {})),
        content.get("example"),
        about.get("x-codes", []),
    )


def _contract(name: str, schema: dict[str, Any]) -> Contract:
    return Contract(name, schema["description"], _fields(schema), schema.get("additionalProperties") is False)


def _fields(schema: dict[str, Any]) -> list[Field]:
    needed = schema.get("required", [])
    return [
        _field(name, about, needed=name in needed, about=about.get("description", ""))
        for name, about in schema.get("properties", {}).items()
    ]


def _field(name: str, schema: dict[str, Any], *, needed: bool, about: str, place: str = "") -> Field:
    default = schema.get("default")
    said = None if default is None or default in ("", [], {}) or isinstance(default, dict) else json.dumps(default)
    return Field(name, _kind(schema), ", ".join(_limits(schema)), needed, said, about, place, _name_of(schema))


def _name_of(schema: dict[str, Any]) -> str | None:
    return schema["$ref"].rpartition("/")[2] if "$ref" in schema else None


def _kind(schema: dict[str, Any]) -> Markup:
    """A type in words: contracts are links, words of a vocabulary stand as they are."""
    name = _name_of(schema)
    if name:
        return Markup('<a href="#contract-{0}">{0}</a>').format(name)
    if "anyOf" in schema:
        return Markup(" or ").join(_kind(one) for one in schema["anyOf"])
    if "enum" in schema or "const" in schema:
        return Markup(" | ").join(
            Markup("<code>{}</code>").format(one) for one in schema.get("enum", [schema.get("const")])
        )
    match schema.get("type"):
        case "array" if "prefixItems" in schema:
            return Markup("[{}]").format(Markup(", ").join(_kind(one) for one in schema["prefixItems"]))
        case "array":
            return Markup("list of {}").format(_kind(schema.get("items", {})))
        case "object" if isinstance(schema.get("additionalProperties"), dict):
            return Markup("object of {}").format(_kind(schema["additionalProperties"]))
        case "string" if "format" in schema:
            return escape({"date-time": "time", "binary": "bytes"}.get(schema["format"], schema["format"]))
        case str() as plain:
            return escape(plain)
    return Markup("anything") if schema else Markup("")


def _limits(schema: dict[str, Any]) -> list[str]:
    """The bounds of a value, or of what is in it."""
    found = []
    for one in schema.get("anyOf", [schema]):
        lowest, highest = one.get("minimum"), one.get("maximum")
        if lowest is not None and highest is not None:
            found.append(f"{_number(lowest)} to {_number(highest)}")
        else:
            found += [f"{word} {_number(one[key])}" for key, word in _BOUNDS.items() if key in one]
        if "prefixItems" not in one:
            found += [f"{word} {one[key]:,} {unit}" for key, (word, unit) in _SIZES.items() if key in one]
        if one.get("minLength") == 1:
            found.append("not empty")
        if "pattern" in one:
            found.append(f"as {one['pattern']}")
        found += [f"each {limit}" for key in ("items", "additionalProperties") for limit in _within(one.get(key))]
    return found


def _number(value: float) -> str:
    return f"{value:,.0f}" if value == int(value) else f"{value:g}"


_BOUNDS = {
    "minimum": "at least", "maximum": "at most", "exclusiveMinimum": "more than", "exclusiveMaximum": "less than",
}  # fmt: skip
_SIZES = {
    "maxLength": ("at most", "characters"), "minItems": ("at least", "entries"), "maxItems": ("at most", "entries"),
    "maxProperties": ("at most", "entries"),
}  # fmt: skip


def _within(schema: Any) -> list[str]:
    return _limits(schema) if isinstance(schema, dict) else []


# -- how to ask ---------------------------------------------------------------------------------------------------

_ASKED = {"list_audio": {"key": "D", "bpm_min": "100"}, "list_generations": {"status": "awaiting_review"}}
"""Parameters in the example of a list."""


def _curl(method: str, path: str, operation: dict[str, Any], body: Any, public_url: str) -> str:
    for one in operation.get("parameters", []):
        if one["in"] == "path":
            path = path.replace(f"{{{one['name']}}}", quote(one["example"], safe=":"))
    asked = urlencode(_ASKED.get(operation["operationId"], {}))
    words = ["curl"]
    if body is None and method != "GET" and "multipart/form-data" not in str(operation.get("requestBody")):
        words += ["-X", method]
    words.append(shlex.quote(f"{public_url}/{PREFIX}{path}" + (f"?{asked}" if asked else "")))
    if body is not None:
        words += ["\\\n  --json", shlex.quote(json.dumps(body, ensure_ascii=False))]
    elif "multipart/form-data" in str(operation.get("requestBody")):
        words += ["-F", "file=@song.mp3"]
    elif "audio/*" in str(operation["responses"]):
        words += ["-L", "-o", "song.flac"]
    return " ".join(words)


# -- filters ------------------------------------------------------------------------------------------------------


def prose(text: str) -> Markup:
    """Paragraphs with `code` in them."""
    return Markup("").join(Markup("<p>{}</p>").format(line(paragraph)) for paragraph in text.split("\n\n"))


def line(text: str) -> Markup:
    """Text with `code` in it: every second piece between the marks."""
    pieces = text.split("`")
    return Markup("").join(
        Markup("<code>{}</code>").format(piece) if number % 2 else escape(piece) for number, piece in enumerate(pieces)
    )


def as_json(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False)
