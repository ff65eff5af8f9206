"""The model endpoints, over the job contract.

An address that ends with `/score` is an online endpoint of Azure ML, which routes that one path: the same calls go to
it in an envelope.
"""

from __future__ import annotations

import atexit
from functools import lru_cache
from typing import Literal
from urllib.parse import quote

import httpx
from azure.core.exceptions import AzureError

from ripieno.contracts.jobs import JobError, JobRequest, JobStatus, ScoreRequest
from ripieno.contracts.tracing import FIELD
from ripieno.services import telemetry
from ripieno.services.settings import settings
from ripieno.services.storage import identity

ONE_PATH = "/score"
MOST_CONNECTIONS = 50
LONGEST_RETRY = 3600
TIMEOUT = httpx.Timeout(20.0, connect=5.0, pool=10.0)


class EndpointDown(RuntimeError):
    """No sensible answer came: try later, or another address."""


class EndpointBusy(RuntimeError):
    """The queue is full; `retry_after` says for how many seconds to wait."""

    def __init__(self, retry_after: float):
        super().__init__(f"the endpoint's queue is full for another {retry_after:.0f} s")
        self.retry_after = retry_after


class JobRefused(RuntimeError):
    """The endpoint will never take this job as it is."""

    def __init__(self, error: JobError):
        super().__init__(error.message)
        self.error = error


def addresses(endpoint: str) -> list[str]:
    return settings().endpoints.get(endpoint, [])


def submit(address: str, job_id: str, request: JobRequest) -> JobStatus:
    """Put a job; the same id again is the same job. Raises `EndpointDown`, `EndpointBusy`, `JobRefused`."""
    answer = _ask(address, "submit", job_id, request)
    if answer.status_code == 503:
        raise EndpointBusy(_seconds(answer.headers.get("retry-after", "")))
    if answer.status_code in (400, 409, 413, 422):
        raise JobRefused(JobError(code=_code(answer), message=_detail(answer)))
    return _status(answer)


def status(address: str, job_id: str) -> JobStatus | None:
    """The job as it stands, None when this endpoint does not know it. Raises `EndpointDown`."""
    answer = _ask(address, "status", job_id)
    return None if answer.status_code == 404 else _status(answer)


def cancel(address: str, job_id: str) -> JobStatus | None:
    """Ask a job to stop; how it stands then, None where it is not known. Raises `EndpointDown`."""
    answer = _ask(address, "cancel", job_id)
    return None if answer.status_code == 404 else _status(answer)


def cancel_anywhere(endpoint: str, address: str, job_id: str) -> JobStatus | None:
    """The same, asked of any replica where the one that was given the job does not answer: each can end it."""
    try:
        return cancel(address, job_id)
    except EndpointDown:
        for one in addresses(endpoint):
            if one != address:
                return cancel(one, job_id)
        raise


def health(address: str) -> dict:
    """How an endpoint is, and what it can do. Raises `EndpointDown`."""
    answer = _ask(address, "health")
    if answer.status_code != 200:
        raise EndpointDown(f"{address} answered {answer.status_code} to a health check: {_detail(answer)}")
    try:
        told = answer.json()
    except ValueError:
        told = None
    if not isinstance(told, dict) or "engines" not in told:
        raise EndpointDown(f"{address} tells nothing of itself: see that RIPIENO_ENDPOINT_KEYS here are those there")
    return told


def health_of_any(endpoint: str) -> dict:
    """The health of the first address that answers. Raises `EndpointDown`."""
    down = EndpointDown(f"no address is configured for the {endpoint} endpoint")
    for address in addresses(endpoint):
        try:
            return health(address)
        except EndpointDown as fault:
            down = fault
    raise down


def _ask(
    address: str,
    operation: Literal["submit", "status", "cancel", "health"],
    job_id: str | None = None,
    job: JobRequest | None = None,
) -> httpx.Response:
    """One of the four calls: each at its own path, or all at one, in the envelope."""
    if address.endswith(ONE_PATH):
        call = ScoreRequest(operation=operation, job_id=job_id, job=job)
        return _call("POST", address, json=call.model_dump())
    at = f"{address}/jobs/{quote(job_id or '', safe='')}"
    match operation:
        case "submit":
            return _call("PUT", at, json=job.model_dump() if job else None)
        case "status":
            return _call("GET", at)
        case "cancel":
            return _call("POST", f"{at}/cancel")
    return _call("GET", f"{address}/health")


def _call(method: str, url: str, **content) -> httpx.Response:
    """A request, as the platform: with its identity's token where one is asked for, else with the newest key that the
    endpoint takes, so that app and endpoints may be given a new one in any order."""
    answer: httpx.Response | None = None
    here = telemetry.current()
    traced = {FIELD: here} if here is not None else {}
    for authorization in _authorizations():
        try:
            answer = _client().request(method, url, headers=authorization | traced, **content)
        except httpx.HTTPError as fault:
            raise EndpointDown(f"{method} {url}: {type(fault).__name__}: {fault}") from fault
        if answer.status_code != httpx.codes.UNAUTHORIZED:
            break
    assert answer is not None
    return answer


def _authorizations() -> list[dict[str, str]]:
    audience, keys = settings().endpoint_audience, settings().endpoint_keys
    if audience:
        try:
            return [{"authorization": f"Bearer {identity().get_token(f'{audience}/.default').token}"}]
        except AzureError as fault:
            raise EndpointDown(f"the app's identity was given no token for {audience}: {fault}") from fault
    return [{"authorization": f"Bearer {key}"} for key in keys] or [{}]


@lru_cache(maxsize=1)
def _client() -> httpx.Client:
    """One for the process: it keeps connections, and may be used by many threads."""
    limits = httpx.Limits(max_connections=MOST_CONNECTIONS, max_keepalive_connections=MOST_CONNECTIONS)
    client = httpx.Client(timeout=TIMEOUT, limits=limits)
    atexit.register(client.close)
    return client


def _status(answer: httpx.Response) -> JobStatus:
    if answer.status_code not in (200, 202):
        raise EndpointDown(f"{answer.request.url} answered {answer.status_code}: {_detail(answer)}")
    try:
        return JobStatus.model_validate(answer.json())
    except ValueError as fault:
        raise EndpointDown(f"{answer.request.url} answered something that is no job: {fault}") from fault


def _seconds(retry_after: str) -> float:
    """What a `Retry-After` asks for; ten seconds where it is a date, or nothing that can be."""
    return float(min(int(retry_after), LONGEST_RETRY)) if retry_after.isascii() and retry_after.isdigit() else 10.0


def _detail(answer: httpx.Response) -> str:
    try:
        return str(answer.json().get("detail") or answer.text[:500])
    except ValueError:
        return answer.text[:500]


def _code(answer: httpx.Response) -> str:
    try:
        return str(answer.json().get("code") or "job_refused")
    except ValueError:
        return "job_refused"
