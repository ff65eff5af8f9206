"""HTTP answers: contracts as JSON, errors as RFC 9457 problem documents."""

from __future__ import annotations

import functools
import inspect
import json
import logging
from collections.abc import Callable
from typing import Any

import azure.functions as func
from pydantic import BaseModel, ValidationError

from ripieno.contracts.problems import BadAudio, Problem
from ripieno.services import blobs, generations, idempotency, library, webhooks

log = logging.getLogger("ripieno.api")

TITLES = {
    400: "Bad request", 401: "Not authenticated", 404: "Not found", 409: "Conflict", 413: "Content too large",
    415: "Unsupported media", 422: "Cannot be processed", 500: "Internal error", 503: "Unavailable",
}  # fmt: skip


class ApiError(Exception):
    """An answer that is a problem document."""

    def __init__(self, status: int, code: str, detail: str, **more: Any):
        super().__init__(detail)
        self.problem = Problem(title=TITLES[status], status=status, code=code, detail=detail, **more)


def ok(body: BaseModel | dict | list, status: int = 200, headers: dict[str, str] | None = None) -> func.HttpResponse:
    data = body.model_dump_json(exclude_none=False) if isinstance(body, BaseModel) else json.dumps(body)
    return func.HttpResponse(data, status_code=status, mimetype="application/json", headers=headers)


def not_yet(detail: str) -> ApiError:
    return ApiError(409, "not_analyzed", detail)


def answers(handler: Callable) -> Callable:
    """Turn what a handler raises into a problem document; works on plain and async functions."""

    if inspect.iscoroutinefunction(handler):

        @functools.wraps(handler)
        async def safe_async(*args, **kwargs):
            try:
                return await handler(*args, **kwargs)
            except Exception as fault:
                return _problem(fault)

        return safe_async

    @functools.wraps(handler)
    def safe(*args, **kwargs):
        try:
            return handler(*args, **kwargs)
        except Exception as fault:
            return _problem(fault)

    return safe


def _problem(fault: Exception) -> func.HttpResponse:
    match fault:
        case ApiError():
            problem = fault.problem
        case ValidationError():
            errors = [{"field": ".".join(map(str, one["loc"])), "message": one["msg"]} for one in fault.errors()]
            detail = "; ".join(f"{one['field']}: {one['message']}" for one in errors)
            problem = Problem(title=TITLES[400], status=400, code="invalid_request", detail=detail, errors=errors)
        case BadAudio():
            status = 413 if fault.code == "file_too_large" else 415 if fault.code == "unsupported_format" else 422
            problem = Problem(title=TITLES[status], status=status, code=fault.code, detail=fault.message)
        case library.SongMissing() | blobs.BlobMissing() | generations.RequestMissing() | generations.TakeMissing():
            problem = Problem(title=TITLES[404], status=404, code="not_found", detail=str(fault))
        case library.BadCursor():
            problem = Problem(title=TITLES[400], status=400, code="bad_cursor", detail=str(fault))
        case webhooks.BadWebhookUrl():
            problem = Problem(title=TITLES[400], status=400, code="bad_webhook_url", detail=str(fault))
        case webhooks.BadSignature():
            problem = Problem(title=TITLES[401], status=401, code="bad_signature", detail=str(fault))
        case idempotency.KeyReused():
            problem = Problem(title=TITLES[409], status=409, code="idempotency_key_reused", detail=str(fault))
        case _:
            log.exception("an unforeseen error", exc_info=fault)
            detail = "something broke on our side; the log has the details"
            problem = Problem(title=TITLES[500], status=500, code="internal_error", detail=detail)
    return func.HttpResponse(
        problem.model_dump_json(exclude_none=True), status_code=problem.status, mimetype="application/problem+json"
    )
