"""A body is as long as its route says, before it is read: what JSON becomes in memory is many times as large."""

from __future__ import annotations

import asyncio
import json

import azure.functions as func
import makers
import pytest

from ripieno.contracts.composition import MOST_MIDI
from ripieno.contracts.identity import PairingClaim
from ripieno.local.host import durable_api
from triggers import openapi, routing
from triggers.routing import MOST_BYTES, MOST_OF_STRANGERS, MOST_WITH_MIDI, Route, routes

NOBODY = durable_api.client_binding("http://127.0.0.1:9", "key", "hub")
OF_CONTRACTS = [one for one in routes() if one.most_bytes is not None]


def answer(route: Route, body: bytes, kind: str = "application/json") -> tuple[int, str, str]:
    (function,) = [one for one in makers.app_functions().of("httpTrigger") if one.name == route.name]
    request = func.HttpRequest(
        route.method, f"http://127.0.0.1:7071/api{route.path}", headers={"content-type": kind}, params={},
        route_params={"id": "a" * 64, "stem": "bass", "talk": "a"}, body=body,
    )  # fmt: skip
    told = function.call(**function.arguments(request, NOBODY))
    told = asyncio.run(told) if function.is_async else told
    problem = json.loads(told.get_body())
    return told.status_code, problem["code"], problem["detail"]


def named(name: str) -> Route:
    (found,) = [one for one in routes() if one.name == name]
    return found


@pytest.mark.parametrize("route", OF_CONTRACTS, ids=lambda one: one.name)
def test_what_is_too_long_is_not_read(storage, monkeypatch, route):
    """Lists in a list: a hundred megabytes of them end the process that reads them."""
    assert route.most_bytes is not None
    body = b"[" + b"[]," * (route.most_bytes // 3) + b"[]]"
    real = json.loads
    monkeypatch.setattr(routing.json, "loads", lambda data, *_, **__: None if data == body else real(data))
    status, code, detail = answer(route, body)
    assert (status, code) == (413, "body_too_large") and str(route.most_bytes) in detail


def test_a_stranger_sends_a_few_kilobytes_and_nobody_more_than_a_few_megabytes():
    strangers = {one.name: one.most_bytes for one in OF_CONTRACTS if one.role is None}
    assert strangers == {"claim_pairing": MOST_OF_STRANGERS}
    longest = PairingClaim(code="ABCD 2345", name="\U0001f3b7" * 80).model_dump()
    assert len(json.dumps(longest)) < MOST_OF_STRANGERS < 10_000
    with_midi = {one.name for one in OF_CONTRACTS if one.most_bytes == MOST_WITH_MIDI}
    assert with_midi == {"create_composition", "refine_composition", "harmonize_melody"}
    assert {one.most_bytes for one in OF_CONTRACTS} == {MOST_OF_STRANGERS, MOST_BYTES, MOST_WITH_MIDI}


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("create_composition", {"given": [{"layer": one, "midi": "A" * MOST_MIDI} for one in ("bass", "drums")]}),
        ("refine_composition", {"layers": [{"layer": one, "midi": "A" * MOST_MIDI} for one in ("bass", "drums")]}),
        ("harmonize_melody", {"midi": "A" * MOST_MIDI}),
    ],
)
def test_midi_files_as_large_as_they_may_be_are_read(storage, name, body):
    assert answer(named(name), json.dumps(body).encode())[0] in (400, 404), "and are found to be none"


def test_a_transcript_and_stems_that_are_wished_for_are_no_longer_than_other_json(storage):
    status, code, _ = answer(named("talk_to_set"), b"[" + b"[]," * (MOST_BYTES // 3) + b"[]]")
    assert (status, code) == (413, "file_too_large")
    form = b'--x\r\nContent-Disposition: form-data; name="generation"\r\n\r\n' + b"[" * 100_001 + b"\r\n--x--\r\n"
    status, code, _ = answer(named("upload_audio"), form, "multipart/form-data; boundary=x")
    assert (status, code) == (413, "file_too_large")


def test_the_reference_says_how_long_a_body_may_be():
    paths = openapi.document()["paths"]
    for one in OF_CONTRACTS:
        operation = paths[one.path][one.method.lower()]
        assert operation["requestBody"]["x-most-bytes"] == one.most_bytes
        assert "body_too_large" in operation["responses"]["413"]["x-codes"]
