"""Odd things that people send: each is answered with what works, or with a sentence; nothing stays half done."""

from __future__ import annotations

import socket
from urllib.parse import urlsplit

import httpx
import pytest

from ripieno.client import Ripieno

FREE = {"target_bpm": 120, "duration_seconds": 3, "chord_progression": ["C", "F"]}
LISTS = ("audio", "generations", "jobs", "voices")
ENDED = {"awaiting_review", "completed", "failed"}


@pytest.fixture
def http(stack):
    with httpx.Client(base_url=f"{stack.url}/api/", timeout=60) as client:
        yield client


def order(*stems: str, **parameters) -> dict:
    return {"target_stems": list(stems), "parameters": FREE | parameters}


def is_problem(answer: httpx.Response, status: int) -> str:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    told = answer.json()
    assert told["code"] and told["detail"] and told["status"] == status
    return told["detail"]


LARGE_ORDERS = {
    "5,000 Chinese characters": order("vocals", lyrics="夜" * 5000),
    "5,000 emoji": order("vocals", lyrics="\U0001f3b7" * 5000),
    "seven stems, 1,000 Cyrillic letters": order(
        "drums", "bass", "guitar", "piano", "synth", "vocals", "other", prompt="Ж" * 1000
    ),
    "512 chords": order("piano", chord_progression=["C#:maj7/5", "F:min"] * 256),
}


@pytest.mark.parametrize("name", LARGE_ORDERS)
def test_large_orders_come_to_an_end(http, ripieno: Ripieno, name):
    answer = http.post("generations", json=LARGE_ORDERS[name])
    assert answer.status_code == 202, answer.text
    done = ripieno.wait_generation(answer.json()["generation_request_id"], timeout=180)
    assert done.status in ENDED, done
    assert done.order.parameters.prompt == LARGE_ORDERS[name]["parameters"].get("prompt", ""), "nothing is cut"


@pytest.mark.parametrize(
    "wrong",
    [
        order("piano", chord_progression=["C" * 100_000]),
        order("piano", chord_progression=["C"] * 10_000),
        order("piano", prompt="\U0001f3b7" * 1001),
        order("piano", lyrics="夜" * 5001),
        order("piano", style="house" * 100),
        order("piano", target_bpm="NaN"),
        order("piano") | {"webhook_url": "https://example.org/" + "a" * 100_000},
        order("piano") | {"audio_file_id": "a" * 5000},
        order(*["synth"] * 13),
    ],
    ids=["chord", "chords", "prompt", "lyrics", "style", "nan", "webhook", "song", "stems"],
)
def test_what_is_too_large_or_none_is_refused_with_a_sentence(http, wrong):
    is_problem(http.post("generations", json=wrong), 400)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (order("piano") | {"colour": 1}, "colour: there is no such field: /api/docs"),
        (order("piano", colour=1), "parameters.colour: there is no such field: /api/docs"),
        ([1], "it must be a JSON object"),
        (order("piano") | {"parameters": 7}, "parameters: it must be a JSON object"),
    ],
)
def test_what_is_wrong_with_a_field_is_said_in_the_words_of_the_api(http, wrong, said):
    told = is_problem(http.post("generations", json=wrong), 400)
    assert said in told and "Value error" not in told


@pytest.mark.parametrize("path", LISTS)
@pytest.mark.parametrize("cursor", ["NQ", "zzz", "é", "W10", "A" * 5000, "\U0001f3b7"])
def test_a_cursor_of_nobody_is_refused_on_every_list(http, path, cursor):
    is_problem(http.get(path, params={"cursor": cursor}), 400)


@pytest.mark.parametrize("bpm", ["nan", "inf", "-inf", "1e999", "-1", "fast"])
def test_a_tempo_that_is_none_is_refused(http, bpm):
    is_problem(http.get("audio", params={"bpm_min": bpm}), 400)


@pytest.mark.parametrize(
    "moment", ["0001-01-01T00:00:00+05:00", "1969-12-31T23:59:59Z", "1600-01-01", "9999-12-31T23:59:59-12:00"]
)
@pytest.mark.parametrize("name", ["uploaded_after", "uploaded_before"])
def test_any_date_is_a_date(http, name, moment):
    assert http.get("audio", params={name: moment}).status_code == 200


@pytest.mark.parametrize("moment", ["yesterday", "99999-01-01", "2026-13-01", "\U0001f3b7"])
def test_what_is_no_date_is_refused(http, moment):
    is_problem(http.get("audio", params={"uploaded_after": moment}), 400)


@pytest.mark.parametrize("body", [b"\xff\xfe\x00{", b'{"file_name": "\xe9"}', b"null", b"[]", b"", b"7", b"{" * 9999])
@pytest.mark.parametrize("path", ["uploads", "generations"])
def test_a_body_that_is_no_json_object_is_refused(http, path, body):
    is_problem(http.post(path, content=body, headers={"content-type": "application/json"}), 400)


def test_a_body_that_comes_without_its_length_is_told_to_send_it(stack):
    """As curl does with `-T -`."""
    place = urlsplit(stack.url)
    with socket.create_connection((place.hostname, place.port), timeout=30) as line:
        line.sendall(
            b"POST /api/audio HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
            b"4\r\nRIFF\r\n0\r\n\r\n"
        )
        answer = b""
        while part := line.recv(65536):
            answer += part
    assert answer.startswith(b"HTTP/1.1 411 ") and b"Content-Length" in answer


@pytest.mark.parametrize("name", ["id", "夜", "\U0001f3b7", "a/../b", "..%2f..", "%00", "a" * 3000, "'or'1'eq'1"])
@pytest.mark.parametrize("path", ["audio/{}", "audio/{}/jams", "generations/{}", "jobs/{}", "removals/{}"])
def test_an_id_that_is_nobodys_is_not_found(http, path, name):
    answer = http.get(path.format(name))
    assert answer.status_code in (400, 404), answer.text


@pytest.mark.parametrize("name", ["夜", "\U0001f3b7" * 40, "a" * 3000, "bass'", "%2e%2e"])
def test_an_element_that_is_nobodys_is_not_found(http, ripieno, name):
    request = http.post("generations", json=order("bass")).json()["generation_request_id"]
    answer = http.post(f"generations/{request}/stems/{name}/approve", json={})
    assert answer.status_code in (400, 404), answer.text
    ripieno.cancel_generation(request)


def test_no_answer_carries_the_hosts_key(http, ripieno):
    request = http.post("generations", json=order("bass")).json()["generation_request_id"]
    ripieno.wait_generation(request, timeout=120)
    for path in (*LISTS, f"generations/{request}", "health", "openapi.json"):
        answer = http.get(path)
        assert answer.status_code == 200 and "code=" not in answer.text, path
