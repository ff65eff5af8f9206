"""Calls that schemathesis makes of the API's own description: right ones, wrong ones and absurd ones, at ids that are
there and at ids that are not."""

from __future__ import annotations

import random
import threading
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import httpx
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import seed as seeded
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.fuzz import sounds, uploads

CHECKS = [
    status_code_conformance, content_type_conformance, response_headers_conformance, response_schema_conformance,
]  # fmt: skip
FREE = {"target_bpm": 120, "duration_seconds": 3, "chord_progression": ["C", "F"]}
LAST = ("DELETE",)  # so that what is there is there for the others
_KNOWN_SHARE = 0.7  # of calls whose id is one that is there
_STRANGERS_SHARE = 0.05  # of calls that come with a token of nobody's; the others are whoever sits at the machine
NEVER = {("GET", "/docs")}


@dataclass
class Report:
    """What was answered, by status; `wrong` has each fault with the command that does it again."""

    answers: Counter[int] = field(default_factory=Counter)
    operations: int = 0
    wrong: list[str] = field(default_factory=list)


def make(url: str, seed: int, count: int, *, only: str | None = None) -> Report:
    """Make `count` calls, as many of each operation, and hold every answer to the description.

    Parameters
    ----------
    only : one operation, as `POST /audio`
    """
    schema = schemathesis.openapi.from_url(f"{url}/api/openapi.json")
    operations = [found.ok() for found in schema.get_all_operations()]
    operations = [one for one in operations if (one.method.upper(), one.path) not in NEVER]
    if only is not None:
        operations = [one for one in operations if f"{one.method.upper()} {one.path}" == only]
    operations.sort(key=lambda one: (one.method.upper() in LAST, one.path, one.method))
    known, report = _there(url), Report(operations=len(operations))
    each, more = divmod(count, len(operations))
    for number, operation in enumerate(operations):
        amount = each + (number < more)
        if amount:
            _called(operation, amount, seed, known, report, url)
    return report


def warm(url: str, *, orders: int = 4, seconds: float = 120.0) -> None:
    """Let every worker of the generation endpoint load what it needs."""
    with httpx.Client(base_url=f"{url}/api/", timeout=120) as http:
        body = {"target_stems": ["bass", "piano"], "parameters": FREE}
        ids = [http.post("generations", json=body).json()["generation_request_id"] for _ in range(orders)]
        waited = 0.0
        while ids and waited < seconds:
            ids = [
                one
                for one in ids
                if http.get(f"generations/{one}").json()["status"] in ("pending", "planning", "generating")
            ]
            threading.Event().wait(0.2)
            waited += 0.2


def _called(operation: Any, amount: int, seed: int, known: dict[str, str], report: Report, url: str) -> None:
    label = f"{operation.method.upper()} {operation.path}"
    rng = random.Random(f"{seed} {label}")

    @seeded(seed)
    @settings(
        max_examples=amount,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy())
    def call(case: Any) -> None:
        if "id" in (case.path_parameters or {}) and rng.random() < _KNOWN_SHARE:
            case.path_parameters["id"] = known.get(operation.path.split("/")[1], "unknown")
        if rng.random() > _STRANGERS_SHARE:
            case.headers.pop("Authorization", None)
        try:
            answer = case.call(base_url=f"{url}/api", timeout=120)
        except Exception as fault:  # whatever the transport makes of it: the host has to answer
            report.wrong.append(f"{label}: no answer: {fault!r}\n    {case.as_curl_command()}")
            return
        report.answers[answer.status_code] += 1
        if answer.status_code == 500 or answer.status_code > 503:
            report.wrong.append(f"{label}: {answer.status_code} {answer.text[:300]}\n    {case.as_curl_command()}")
            return
        try:
            case.validate_response(answer, checks=CHECKS)
        except Exception as fault:
            report.wrong.append(f"{label}: {answer.status_code}: {str(fault)[:1500]}\n    {case.as_curl_command()}")

    call()


def _there(url: str) -> dict[str, str]:
    """An id of each kind that is there, by the first part of its path."""
    found: dict[str, str] = {}
    with httpx.Client(base_url=f"{url}/api/", timeout=120) as http:

        def made(kind: str, path: str, field_name: str, **how: Any) -> None:
            told = http.post(path, **how)
            assert told.is_success, f"nothing to call at: POST {path} answers {told.status_code} {told.text[:300]}"
            found[kind] = told.json()[field_name]

        made("audio", "audio", "audio_file_id", content=sounds.whole("wav"), headers={"x-file-name": "a.wav"})
        song = uploads.ended(http, found["audio"])
        assert song is not None and song["status"] == "analyzed", song
        made("generations", "generations", "generation_request_id", json={"target_stems": ["bass"], "parameters": FREE})
        made("compositions", "compositions", "composition_id", json={"brief": "a short waltz"})
        made("voices", "voices", "voice_id", json={"name": "Anna"})
        made("uploads", "uploads", "upload_id", json={"file_name": "a.wav", "file_size_bytes": 9})
        made("sets", "sets", "set_id", json={"songs": [found["audio"]], "duration_seconds": 60})
        found["jobs"] = http.get("jobs").json()["items"][0]["job_id"]
    return found
