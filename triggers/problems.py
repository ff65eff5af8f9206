"""What goes wrong, as RFC 9457 problem documents."""

from __future__ import annotations

import logging
from typing import Any

import azure.functions as func
from pydantic import ValidationError

from ripieno.contracts.enums import Role
from ripieno.contracts.problems import BadAudio, Problem
from ripieno.records import cursor, idempotency, quotas, visits, works
from ripieno.records.store import Missing
from ripieno.services import blobs, confined, endpoints, identity, telemetry, visitors, webhooks
from ripieno.services.outage import is_outage
from ripieno.services.telemetry import instruments
from ripieno.work import (
    analysing,
    composing,
    exporting,
    generating,
    mixing,
    moderating,
    pairing,
    redriving,
    review,
    revising,
    song_mastering,
    voices,
    voices_applying,
    voices_consent,
    voices_samples,
    voices_using,
    voices_versions,
)
from ripieno.work.sets import knowing, talking

log = logging.getLogger("ripieno.api")

TITLES = {
    400: "Bad request", 401: "Not authenticated", 403: "Forbidden", 404: "Not found", 405: "Method not allowed",
    409: "Conflict",
    411: "Length required", 413: "Content too large", 415: "Unsupported media", 416: "Range not satisfiable",
    422: "Cannot be processed", 429: "Too many requests", 500: "Internal error", 503: "Unavailable",
}  # fmt: skip

CODES: dict[type[Exception], tuple[int, str]] = {
    identity.TokenExpired: (401, "token_expired"),
    identity.BadToken: (401, "invalid_token"),
    identity.NotAuthenticated: (401, "not_authenticated"),
    identity.BadCredentials: (400, "bad_credentials"),
    identity.NotConfigured: (503, "not_configured"),
    identity.Unavailable: (503, "identity_unavailable"),
    pairing.CannotPair: (409, "cannot_pair"),
    pairing.MayNotPair: (403, "forbidden"),
    pairing.NoSuchCode: (400, "bad_pairing_code"),
    pairing.TooManyTries: (429, "too_many_tries"),
    Missing: (404, "not_found"),
    works.VersionMissing: (404, "not_found"),
    blobs.BlobMissing: (404, "not_found"),
    cursor.BadCursor: (400, "bad_cursor"),
    visitors.NoVisitors: (403, "no_visitors"),
    visitors.VisitOver: (401, "visit_over"),
    webhooks.BadWebhookUrl: (400, "bad_webhook_url"),
    webhooks.BadSignature: (401, "bad_signature"),
    webhooks.TooLong: (413, "file_too_large"),
    idempotency.BadKey: (400, "bad_idempotency_key"),
    idempotency.KeyReused: (422, "idempotency_key_reused"),
    idempotency.StillRunning: (409, "still_running"),
    analysing.AlreadyRunning: (409, "already_running"),
    analysing.NoSuchEngine: (400, "engine_unavailable"),
    endpoints.EndpointDown: (503, "endpoint_down"),
    confined.Died: (503, "decoder_ended"),
    analysing.NotAudio: (422, "unsupported_format"),
    generating.NotAnalysed: (409, "not_analyzed"),
    generating.CannotGenerate: (400, "invalid_request"),
    redriving.CannotRedrive: (409, "not_redrivable"),
    moderating.NotAppealable: (409, "not_appealable"),
    review.NotReviewable: (409, "not_reviewable"),
    mixing.NothingToMix: (409, "nothing_to_mix"),
    mixing.NoSuchTake: (400, "invalid_request"),
    composing.CannotCompose: (400, "invalid_request"),
    composing.StillMaking: (409, "still_making"),
    song_mastering.CannotMaster: (400, "invalid_request"),
    knowing.CannotPlan: (400, "invalid_request"),
    talking.TooMuchSaid: (409, "too_much_said"),
    revising.NoSuchVersion: (404, "not_found"),
    exporting.NothingToDownload: (409, "nothing_to_download"),
    exporting.ExportFailed: (409, "export_failed"),
    voices_using.ConsentMissing: (409, "consent_missing"),
    voices_using.ConsentForOther: (409, "consent_purpose"),
    voices_using.ConsentExpired: (409, "consent_expired"),
    voices_using.ConsentRevoked: (409, "consent_revoked"),
    voices_using.VoiceNotReady: (409, "voice_not_ready"),
    voices_using.UnclearVoice: (400, "invalid_request"),
    voices_samples.CannotAdd: (400, "invalid_request"),
    voices_consent.CannotConsent: (400, "invalid_request"),
    voices_consent.SampleNotReady: (409, "sample_not_ready"),
    voices_versions.StillMeasuring: (409, "still_making"),
    voices_versions.NoSamples: (409, "no_samples"),
    voices_versions.TooManyVersions: (400, "invalid_request"),
    voices_applying.CannotApply: (400, "invalid_request"),
    voices.NoSuchVoiceVersion: (404, "not_found"),
}
"""What each exception of the platform is in HTTP; the first that fits."""
_BACK_SOON = ("endpoint_down", "identity_unavailable")
"""Somebody behind the platform does not answer at the moment."""


class ApiError(Exception):
    """An answer that is a problem document."""

    def __init__(self, status: int, code: str, detail: str, *, headers: dict[str, str] | None = None, **more: Any):
        super().__init__(detail)
        self.headers = headers or {}
        self.problem = Problem(title=TITLES[status], status=status, code=code, detail=detail, **more)


def of(fault: Exception) -> Problem:
    """The problem document of anything a handler raises; what nobody foresaw goes into the log whole."""
    if isinstance(fault, ApiError):
        return fault.problem
    if isinstance(fault, ValidationError):
        errors = [{"field": ".".join(map(str, one["loc"])), "message": _said(one)} for one in fault.errors()]
        detail = "; ".join(f"{one['field']}: {one['message']}" if one["field"] else one["message"] for one in errors)
        return _problem(400, "invalid_request", detail[:2000], errors=errors[:50])
    if isinstance(fault, moderating.Refused):
        its = fault.refusal
        return _problem(422, "refused", str(fault), suggestion=its.suggestion, rule=its.rule, refusal_id=its.refusal_id)
    if isinstance(fault, BadAudio):
        status = 413 if fault.code == "file_too_large" else 415 if fault.code == "unsupported_format" else 422
        return _problem(status, fault.code, fault.message)
    if isinstance(fault, visits.TooManyVisits):
        return _problem(429, "too_many_visits", str(fault))
    if isinstance(fault, quotas.OverQuota):
        turns = fault.turns_at.isoformat() if fault.turns_at else None
        its = {"quota": fault.quota, "limit": fault.limit, "used": fault.used, "turns_at": turns}
        return _problem(429, "quota_exceeded", str(fault), **its)
    for kind, (status, code) in CODES.items():
        if isinstance(fault, kind):
            return _problem(status, code, str(fault))
    if is_outage(fault):
        log.warning("storage does not answer: %s: %s", type(fault).__name__, fault)
        return _problem(503, "storage_unavailable", "storage does not answer at the moment: send the same again")
    log.exception("an unforeseen error", exc_info=fault)
    return _problem(500, "internal_error", "something broke on our side; the log has the details")


def is_refusal(fault: Exception) -> bool:
    """Whether something was refused before anything was done; else it broke on the way."""
    if isinstance(fault, ApiError):
        return fault.problem.status < 500
    if isinstance(fault, (ValidationError, moderating.Refused, BadAudio)):
        return True
    return next((status < 500 for kind, (status, _) in CODES.items() if isinstance(fault, kind)), False)


def lacks(role: Role) -> ApiError:
    """The answer to a caller who may not."""
    return ApiError(403, "forbidden", f"this needs the role {role}: ask whoever runs this Ripieno")


def response(fault: Exception) -> func.HttpResponse:
    """The answer to whatever a handler raised."""
    problem = of(fault)
    telemetry.record(instruments.ERRORS, 1, {"ripieno.where": "http", "error.type": problem.code})
    headers = dict(fault.headers) if isinstance(fault, (ApiError, identity.Refused)) else {}
    if isinstance(fault, quotas.OverQuota | visits.TooManyVisits):
        headers["Retry-After"] = str(fault.retry_after)
    if isinstance(fault, pairing.TooManyTries):
        headers["Retry-After"] = str(fault.seconds)
    if problem.code in ("still_running", "storage_unavailable", "decoder_ended"):
        headers["Retry-After"] = "1"
    if problem.code in _BACK_SOON:
        headers.setdefault("Retry-After", "5")
    return func.HttpResponse(
        problem.model_dump_json(exclude_none=True),
        status_code=problem.status,
        mimetype="application/problem+json",
        headers=headers,
    )


def _said(error: Any) -> str:
    """What pydantic found, in the words of the API."""
    match error["type"]:
        case "extra_forbidden":
            return "there is no such field: /api/docs has those that there are"
        case "model_type" | "model_attributes_type" | "dict_type":
            return "it must be a JSON object"
        case "value_error":
            return str(error["msg"]).removeprefix("Value error, ")
    return str(error["msg"])


def _problem(status: int, code: str, detail: str, **more: Any) -> Problem:
    return Problem(title=TITLES[status], status=status, code=code, detail=detail, **more)
