"""What is asked for where no route is, or with a method that none has there: a problem document that says what to do."""

from __future__ import annotations

from importlib import import_module

import httpx
import pytest

from triggers import unknown


@pytest.fixture(scope="module")
def http(stack):
    with httpx.Client(base_url=stack.url, timeout=30) as client:
        yield client


def is_problem(answer: httpx.Response, status: int, code: str) -> str:
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    told = answer.json()
    assert (answer.status_code, told["status"], told["code"]) == (status, status, code)
    return told["detail"]


@pytest.mark.parametrize(
    ("path", "meant"),
    [
        ("/api/audios", ["/api/audio"]),
        ("/api/songs/0a1b/analysis", ["/api/audio/{id}/analysis"]),
        ("/api/audio/0a1b/stem", ["/api/audio/{id}/stems"]),
        ("/api/generation/0a1b", ["/api/generations/{id}"]),
        ("/api//audio", ["/api/audio"]),
        ("/api", []),
        ("/api/", []),
        ("/api/\U0001f3b7", []),
        ("/api/" + "a/" * 2000, []),
        ("/api/%00", []),
        ("/nowhere", []),
        ("/", []),
        ("/admin/host/keys", []),
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE", "TRACE", "BREW", "OPTIONS"])
def test_what_is_nowhere_is_told_where_it_may_be(http, method, path, meant):
    told = is_problem(http.request(method, path), 404, "no_such_route")
    assert "/api/docs" in told
    for known in meant:
        assert known in told


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("PUT", "/api/audio", "GET, HEAD, POST, OPTIONS"),
        ("DELETE", "/api/health", "GET, HEAD, OPTIONS"),
        ("GET", "/api/generations/0a1b/cancel", "POST, OPTIONS"),
        ("PATCH", "/api/audio/0a1b", "DELETE, GET, HEAD, OPTIONS"),
        ("BREW", "/api/audio", "GET, HEAD, POST, OPTIONS"),
        ("TRACE", "/api/audio", "GET, HEAD, POST, OPTIONS"),
    ],
)
def test_a_method_that_a_path_has_not_is_told_those_that_it_has(http, method, path, allowed):
    answer = http.request(method, path)
    assert method in is_problem(answer, 405, "method_not_allowed")
    assert answer.headers["allow"] == allowed
    options = http.options(path)
    assert (options.status_code, options.content, options.headers["allow"]) == (204, b"", allowed)


@pytest.mark.parametrize("path", ["/api/audio", "/api/health", "/api/docs", "/api/openapi.json"])
def test_head_is_get_without_the_body(http, path):
    asked, whole = http.head(path), http.get(path)
    assert (asked.status_code, asked.content) == (whole.status_code, b"")
    assert asked.headers["content-type"] == whole.headers["content-type"]
    assert http.head("/api/audio/nobodys").status_code == 404


def test_neither_cases_nor_a_last_slash_count(http):
    """As in ASP.NET, and so in Azure."""
    for path in ("/api/audio/", "/API/Audio", "/api/AUDIO/"):
        assert http.get(path, follow_redirects=False).json() == http.get("/api/audio").json()


def test_the_path_that_looks_most_like_it_comes_first(storage):
    import_module("function_app")
    assert unknown.nearest("/api/generations/0a1b/stems/bass/aprove")[0] == "/api/generations/{id}/stems/{stem}/approve"
    assert unknown.nearest("/api//audio") == ["/api/audio"], "others are far behind it"
    assert unknown.nearest("/api/zzzzzzzzzzzz") == []


def test_a_host_by_another_name_is_refused_with_a_problem(stack, http):
    told = is_problem(http.get("/api/audio", headers={"host": "evil.example"}), 400, "bad_host")
    assert "127.0.0.1" in told
