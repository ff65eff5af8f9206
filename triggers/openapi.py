"""The API's own description, from the contracts and the functions' declarations."""

from __future__ import annotations

import html
from typing import Any

import azure.durable_functions as df
import azure.functions as func
from pydantic.json_schema import models_json_schema

from ripieno import __version__
from ripieno.contracts import analysis, audio, generation, problems
from ripieno.services.library import SongQuery
from triggers.answers import answers, ok

blueprint = df.Blueprint()
_REF = "#/components/schemas/{model}"
_IDS = {"id": "the id that a list or an answer gave", "stem": "vocals, drums, bass, guitar, piano, synth or other"}
_LISTED = [
    {"name": "audio_file_id", "in": "query", "schema": {"type": "string"}, "description": "of this song alone"},
    {"name": "limit", "in": "query", "schema": {"type": "integer", "minimum": 1, "maximum": 200, "default": 50}},
]
_AUDIO_BODY = {
    "required": True,
    "content": {
        "multipart/form-data": {
            "schema": {
                "type": "object",
                "properties": {
                    "file": {"type": "string", "format": "binary"},
                    "generation": {
                        "type": "string",
                        "description": "stems to generate then: a generation order as JSON",
                    },
                },
            }
        },
        "application/octet-stream": {"schema": {"type": "string", "format": "binary"}},
    },
}

# method, path, summary, answers {status: model or None}, body model
ROUTES: list[tuple[str, str, str, dict[int, type | None], Any]] = [
    (
        "post",
        "/audio",
        "Take in a song and analyse it",
        {200: audio.AudioAccepted, 202: audio.AudioAccepted},
        _AUDIO_BODY,
    ),
    ("get", "/audio", "List or search the library", {200: audio.AudioPage}, None),
    ("get", "/audio/{id}", "A song, with the progress of its workflow", {200: audio.AudioFile}, None),
    ("delete", "/audio/{id}", "Delete a song and everything made from it", {204: None}, None),
    ("get", "/audio/{id}/analysis", "What was found in a song", {200: analysis.Analysis}, None),
    ("post", "/audio/{id}/analysis", "Analyse a song again", {202: audio.AudioAccepted}, None),
    ("get", "/audio/{id}/jams", "The analysis as a JAMS file", {200: None}, None),
    ("get", "/audio/{id}/stems", "The stems, with addresses to download them from", {200: audio.StemList}, None),
    ("post", "/uploads", "An address to put a large file at", {201: audio.UploadTicket}, audio.UploadRequest),
    ("post", "/uploads/{id}/complete", "Say that the bytes are there", {200: None, 202: None}, None),
    ("post", "/generations", "New stems", {202: generation.GenerationAccepted}, generation.GenerationOrder),
    ("get", "/generations", "The newest requests for stems", {200: generation.GenerationList}, None),
    ("get", "/generations/{id}", "A request, its takes and mixes", {200: generation.Generation}, None),
    ("delete", "/generations/{id}", "Delete a request and what was made for it", {204: None}, None),
    ("post", "/generations/{id}/cancel", "Stop what is being made", {202: generation.Generation}, None),
    (
        "post",
        "/generations/{id}/stems/{stem}/approve",
        "Approve a take of a stem",
        {202: generation.Generation},
        generation.Verdict,
    ),
    (
        "post",
        "/generations/{id}/stems/{stem}/reject",
        "Reject a take; with a comment, a new one is made",
        {202: generation.Generation},
        generation.Verdict,
    ),
    ("post", "/generations/{id}/mixes", "Mix the original and the stems", {202: None}, generation.MixOrder),
    ("get", "/jobs/{id}", "An endpoint job", {200: None}, None),
    ("get", "/health", "Is the platform well", {200: None, 503: None}, None),
]


@blueprint.function_name("openapi")
@blueprint.route(route="openapi.json", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
@answers
def openapi(req: func.HttpRequest) -> func.HttpResponse:
    """The OpenAPI 3.1 document of this API."""
    return ok(document())


@blueprint.function_name("docs")
@blueprint.route(route="docs", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
def docs(req: func.HttpRequest) -> func.HttpResponse:
    """The API for people: one line a route."""
    rows = "".join(
        f"<tr><td><code>{method.upper()}</code></td><td><code>/api{html.escape(path)}</code></td><td>{summary}</td></tr>"
        for method, path, summary, _, _ in ROUTES
    )
    style = (
        "body{font:16px/1.5 system-ui;margin:2rem auto;max-width:48rem;padding:0 1rem}td{padding:.3rem .8rem .3rem 0}"
    )
    page = (
        '<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>Ripieno API</title><style>{style}</style><h1>Ripieno API {__version__}</h1><table>{rows}</table>"
        '<p>The whole description: <a href="/api/openapi.json">openapi.json</a></p></html>'
    )
    return func.HttpResponse(page, mimetype="text/html")


def document() -> dict[str, Any]:
    """The OpenAPI 3.1 document."""
    models = {model for _, _, _, answered, _ in ROUTES for model in answered.values() if model}
    models |= {body for *_, body in ROUTES if isinstance(body, type)} | {problems.Problem}
    _, schemas = models_json_schema(
        [(model, "serialization") for model in sorted(models, key=lambda m: m.__name__)], ref_template=_REF
    )
    paths: dict[str, Any] = {}
    for method, path, summary, answered, body in ROUTES:
        operation: dict[str, Any] = {
            "summary": summary,
            "operationId": f"{method}_{path.strip('/').replace('/', '_').replace('{', '').replace('}', '')}",
            "responses": {str(status): _answer(model) for status, model in answered.items()}
            | {"default": _answer(problems.Problem, "application/problem+json")},
        }
        if "{" in path:
            operation["parameters"] = [
                {"name": name, "in": "path", "required": True, "schema": {"type": "string"}, "description": about}
                for name, about in _IDS.items()
                if f"{{{name}}}" in path
            ]
        if (method, path) == ("get", "/generations"):
            operation["parameters"] = _LISTED
        if (method, path) == ("get", "/audio"):
            operation["parameters"] = [
                {"name": name, "in": "query", "schema": schema}
                for name, schema in SongQuery.model_json_schema(ref_template=_REF)["properties"].items()
            ]
        if isinstance(body, type):
            schema = {"$ref": _REF.format(model=body.__name__)}
            operation["requestBody"] = {"required": True, "content": {"application/json": {"schema": schema}}}
        elif body:
            operation["requestBody"] = body
        paths.setdefault(path, {})[method] = operation
    return {
        "openapi": "3.1.0",
        "info": {"title": "Ripieno", "version": __version__, "description": "Songs in; stems, JAMS and metadata out."},
        "servers": [{"url": "/api"}],
        "paths": paths,
        "components": {"schemas": schemas["$defs"]},
    }


def _answer(model: type | None, media_type: str = "application/json") -> dict[str, Any]:
    if model is None:
        return {"description": "see the summary"}
    schema = {"$ref": _REF.format(model=model.__name__)}
    return {"description": model.__name__, "content": {media_type: {"schema": schema}}}
