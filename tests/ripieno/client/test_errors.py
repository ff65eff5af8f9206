"""What an answer that is no success is, whoever gave it."""

from __future__ import annotations

import json

import pytest

from ripieno.client import errors

URL = "http://ripieno.example/api/audio?code=secret"
HTML = b"<html><head><title>x</title><style>p{color:red}</style></head><body><h1>502 Bad Gateway</h1><p>nginx</body>"
STORAGE = (
    b'\xef\xbb\xbf<?xml version="1.0" encoding="utf-8"?><Error><Code>AuthenticationFailed</Code>'
    b"<Message>Server failed to authenticate the request.\nRequestId:1</Message></Error>"
)


def test_a_problem_document_keeps_all_its_fields():
    problem = {"title": "Conflict", "status": 409, "code": "already_running", "detail": "it is 🎷", "audio_file_id": "s",
               "errors": [{"field": "a", "message": "b"}], "of_a_newer_platform": 1}  # fmt: skip
    told = errors.of_answer(409, {"retry-after": "3"}, json.dumps(problem).encode(), URL)
    assert (told.code, told.status, told.detail, str(told)) == ("already_running", 409, "it is 🎷", "it is 🎷")
    assert (told.retry_after, told.audio_file_id, told.problem) == (3.0, "s", problem)


@pytest.mark.parametrize(
    "body",
    [
        HTML,
        b"",
        b"upstream connect error",
        b"\xff\xfe\x00",
        b"[1, 2]",
        b'{"error": "no"}',
        b'{"code": 5, "detail": "x"}',
        b"[" * 100_000,
    ],
)
def test_an_answer_that_is_nobodys_of_ours_gives_a_sentence_that_says_where_from(body):
    told = errors.of_answer(502, {"content-type": "text/html; charset=utf-8"}, body, URL)
    assert (told.code, told.status, told.problem) == ("http_502", 502, {})
    assert str(told).startswith(
        "http://ripieno.example/api/audio answered 502 (text/html), which is no answer of a Ripieno"
    )
    assert "secret" not in str(told) and len(str(told)) < 400


def test_a_page_is_told_by_its_words():
    assert str(errors.of_answer(502, {}, HTML, URL)).endswith("in between? It says: 502 Bad Gateway nginx")


def test_an_answer_that_sends_on_says_where_to():
    told = errors.of_answer(301, {"location": "https://ripieno.example/api/audio?code=secret"}, b"", URL)
    assert str(told).endswith("It says: go to https://ripieno.example/api/audio")


def test_the_storage_service_is_told_by_its_code():
    told = errors.of_answer(403, {"content-type": "application/xml"}, STORAGE, URL)
    assert str(told) == "storage answered 403 AuthenticationFailed: Server failed to authenticate the request."
