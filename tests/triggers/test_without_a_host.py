"""Routes called as a host calls them, where what answers is storage and endpoints that the test makes."""

from __future__ import annotations

import asyncio
import json
import threading
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import azure.functions as func
import makers
import pytest

from ripieno.contracts import names
from ripieno.contracts.workflow import Upload
from ripieno.local.host import durable_api
from ripieno.records import songs, uploads
from ripieno.services import endpoints
from tests.stacks import free_ports

NOBODY = durable_api.client_binding("http://127.0.0.1:9", "key", "hub")


class Endpoint(ThreadingHTTPServer):
    """One that is well, has these engines to separate with, and counts who connects."""

    def __init__(self, **engines: dict):
        self.connections = 0
        body = json.dumps({"status": "ok", "engines": {"separate": engines}}).encode()

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                self.send_response(200)
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *arguments) -> None:
                pass

        super().__init__(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True).start()

    def get_request(self):
        self.connections += 1
        return super().get_request()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


@pytest.fixture
def endpoint(storage: str, monkeypatch) -> Iterator[Endpoint]:
    unlicensed = {"available": False, "detail": "bs_roformer may not be used commercially (unclear)"}
    server = Endpoint(dsp={"available": True, "detail": "approximate"}, bs_roformer=unlicensed)
    monkeypatch.setenv("RIPIENO_ANALYSIS_ENDPOINTS", server.url)
    monkeypatch.setenv("RIPIENO_GENERATION_ENDPOINTS", server.url)
    endpoints._client.cache_clear()
    yield server
    endpoints._client().close()
    endpoints._client.cache_clear()
    server.shutdown()
    server.server_close()


def called(name: str, method: str, body: dict | None = None, **route: str) -> tuple[int, dict]:
    """The answer of a route's function, by its name."""
    (function,) = [one for one in makers.app_functions().of("httpTrigger") if one.name == name]
    request = func.HttpRequest(
        method=method,
        url="http://127.0.0.1:7071/api/x",
        headers={"content-type": "application/json"},
        params={},
        route_params=route,
        body=json.dumps(body).encode() if body is not None else b"",
    )
    answer = function.call(**function.arguments(request, NOBODY))
    if function.is_async:
        answer = asyncio.run(answer)
    return answer.status_code, json.loads(answer.get_body())


def test_the_platform_is_degraded_and_not_down_while_one_of_two_replicas_is(endpoint, monkeypatch):
    dead = f"http://127.0.0.1:{free_ports(1)[0]}"
    for addresses in (f"{dead},{endpoint.url}", f"{endpoint.url},{dead}"):
        monkeypatch.setenv("RIPIENO_ANALYSIS_ENDPOINTS", addresses)
        status, told = called("health", "GET")
        assert (status, told["status"]) == (200, "degraded")
        assert {one: state["ok"] for one, state in told["parts"].items()} == {
            "storage": True,
            "generation": True,
            f"analysis {dead}": False,
            f"analysis {endpoint.url}": True,
        }
    monkeypatch.setenv("RIPIENO_ANALYSIS_ENDPOINTS", dead)
    assert called("health", "GET")[0] == 503


def test_endpoints_are_called_through_one_client_that_keeps_its_connection(endpoint):
    for _ in range(5):
        endpoints.health(endpoint.url)
    assert endpoint.connections == 1


def test_an_engine_whose_licence_is_not_allowed_is_refused_with_those_that_are(endpoint):
    song = makers.song("local", uuid.uuid4().int % 10**9)
    songs.create(song)
    wanted = {"engines": {"separate": "bs_roformer"}}
    status, told = called("analyze_again", "POST", wanted, id=song.audio_file_id)
    assert status == 400 and "may not be used commercially" in told["detail"] and "dsp" in told["detail"]
    assert songs.get("local", song.audio_file_id) == song
    songs.delete("local", song.audio_file_id, song.born)


def test_an_upload_is_completed_while_and_after_it_is_taken_out_of_the_inbox(storage):
    """The timer may be faster than whoever completes: the bytes are not missing, they are on their way."""
    upload = Upload(
        upload_id=names.seed(datetime.now(UTC)),
        owner="local",
        file_name="x.wav",
        created_at=datetime.now(UTC).isoformat(),
    )
    uploads.create(upload)
    assert called("complete_upload", "POST", id=upload.upload_id)[0] == 409
    uploads.note(upload.upload_id, instance_id="drop-1")
    status, told = called("complete_upload", "POST", id=upload.upload_id)
    assert (status, told["instance_id"], told["outcome"]) == (202, "drop-1", None)
    uploads.note(upload.upload_id, outcome="ingested", audio_file_id="a-song", message="taken in")
    status, told = called("complete_upload", "POST", id=upload.upload_id)
    assert (status, told["audio_file_id"], told["outcome"]) == (200, "a-song", "ingested")
