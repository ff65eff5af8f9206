"""What every request meets before its handler: keys, roles, ranges, and bodies that are none."""

from __future__ import annotations

import asyncio
import json
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from threading import Barrier

import azure.functions as func
import httpx
import makers
import pytest

from ripieno.contracts.enums import Role
from ripieno.records import idempotency
from ripieno.services.identity import Caller
from triggers import audio, problems
from triggers.routing import Call

ORDER = {
    "target_stems": ["bass"],
    "parameters": {"target_bpm": 100, "duration_seconds": 4, "chord_progression": ["C", "G"]},
}
EQUAL = 8


def test_who_waits_for_an_equal_request_holds_nothing_that_it_needs(stack):
    """More equal requests than the worker has threads: the first one must still be able to end."""
    with ExitStack() as opened, ThreadPoolExecutor(EQUAL) as pool:
        clients = [opened.enter_context(httpx.Client(base_url=stack.url, timeout=60)) for _ in range(EQUAL)]
        for client in clients:
            client.get("/api/openapi.json")  # connected, so that all of them come at once
        for turn in range(4):
            together = Barrier(EQUAL)

            def ask(client: httpx.Client, key: str = f"equal {turn}", together: Barrier = together) -> tuple[int, str]:
                together.wait()
                told = client.post("/api/generations", json=ORDER, headers={"Idempotency-Key": key})
                return told.status_code, told.text

            answers = list(pool.map(ask, clients))
            assert {status for status, _ in answers} == {202}, answers
            assert len({json.loads(text)["generation_request_id"] for _, text in answers}) == 1


def test_a_claim_that_was_taken_over_is_not_let_go_by_the_first(storage, monkeypatch):
    first = idempotency.claim("local", "slow", b"the same")
    assert isinstance(first, idempotency.Claim)
    makers.died(first, monkeypatch)
    second = idempotency.claim("local", "slow", b"the same")
    assert isinstance(second, idempotency.Claim)
    assert second.seed == first.seed
    idempotency.let_go(first)
    assert idempotency.attempt("local", "slow", b"the same") is None, "the second one is still at work"
    idempotency.let_go(second)
    assert isinstance(idempotency.attempt("local", "slow", b"the same"), idempotency.Claim)


@pytest.mark.parametrize("name", ["code", "clientId", "colour", "access_token"])
def test_neither_a_function_key_nor_a_token_is_taken_from_the_query(stack, name):
    told = httpx.get(f"{stack.url}/api/audio", params={name: "red"})
    assert (told.status_code, told.json()["code"]) == (400, "invalid_request")


def test_an_order_that_is_nested_too_deeply_is_refused(stack):
    told = httpx.post(f"{stack.url}/api/audio", files={"file": ("a.wav", b"RIFF")}, data={"generation": "[" * 100_000})
    assert (told.status_code, told.json()["code"]) == (400, "invalid_request")


def test_who_may_not_generate_may_not_do_so_by_an_upload():
    wished = json.dumps({"target_stems": ["bass"]})
    request = func.HttpRequest(method="POST", url="/api/audio", params={"generation": wished}, body=b"RIFF")
    analyst = Caller("ann", frozenset({Role.ANALYST, Role.VIEWER}))
    with pytest.raises(problems.ApiError) as refused:
        asyncio.run(audio.upload_audio(Call(request, analyst, {}, None, audio.UploadQuery(generation=wished), "seed")))
    assert refused.value.problem.status == 403
    assert Role.GENERATOR.value in refused.value.problem.detail


@pytest.fixture(scope="module")
def recording(stack, make_clip) -> tuple[str, bytes]:
    data = make_clip("door.wav", seconds=3).read_bytes()
    told = httpx.post(f"{stack.url}/api/audio", content=data, headers={"x-file-name": "door.wav"})
    return f"{stack.url}/api/audio/{told.json()['audio_file_id']}/content", data


@pytest.mark.parametrize(
    "wanted", ["items=0-1", "bytes=0-0,5-6", "bytes=5-2", "bytes=-", "bytes", "bytes=" + "9" * 5000 + "-"]
)
def test_a_range_that_is_none_is_not_there(recording, wanted):
    url, data = recording
    told = httpx.get(url, headers={"Range": wanted})
    assert (told.status_code, told.content) == (200, data)


@pytest.mark.parametrize("wanted", ["bytes=99999999-", "bytes=-0"])
def test_a_range_behind_the_end_is_told_the_length(recording, wanted):
    url, data = recording
    told = httpx.get(url, headers={"Range": wanted})
    assert (told.status_code, told.headers["content-range"]) == (416, f"bytes */{len(data)}")


def test_a_part_of_another_recording_is_not_given(recording):
    url, data = recording
    part = {"Range": "bytes=1-3"}
    assert httpx.get(url, headers=part | {"If-Range": '"another"'}).content == data
    etag = httpx.get(url).headers["etag"]
    told = httpx.get(url, headers=part | {"If-Range": etag})
    assert (told.status_code, told.content) == (206, data[1:4])
