"""The proxy that spoils: what passes it unspoilt is what it was, and each way to spoil is one."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest

from tests.chaos.faulty import Faulty, Spoiling

LETTERS = b"abcdefgh" * 1000


class Upstream(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    asked: list[str] = []

    def do_GET(self) -> None:
        self.asked.append(self.path)
        self.send_response(200)
        self.send_header("transfer-encoding", "chunked") if self.path == "/chunks" else self.send_header(
            "content-length", str(len(LETTERS))
        )
        self.end_headers()
        if self.path == "/chunks":
            self.wfile.write(f"{len(LETTERS):x}\r\n".encode() + LETTERS + b"\r\n0\r\n\r\n")
        else:
            self.wfile.write(LETTERS)

    def do_PUT(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        self.asked.append(f"{self.path} {len(body)}")
        self.send_response(201)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def faulty():
    Upstream.asked = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), Upstream)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    proxy = Faulty(server.server_address[1])
    yield proxy
    proxy.close()
    server.shutdown()
    server.server_close()


@pytest.fixture
def http(faulty):
    with httpx.Client(base_url=f"http://127.0.0.1:{faulty.port}", timeout=5) as client:
        yield client


def test_what_passes_unspoilt_is_what_it_was(faulty, http):
    assert http.get("/plain").content == LETTERS
    assert http.get("/chunks").content == LETTERS
    assert http.put("/kept", content=LETTERS).status_code == 201
    assert Upstream.asked == ["/plain", "/chunks", f"/kept {len(LETTERS)}"] and not faulty.spoilt


def test_a_status_is_answered_without_asking_and_only_for_some_methods(faulty, http):
    faulty.spoiling = Spoiling("status", 1.0, 503, ("retry-after: 2",), b"busy", ("PUT",))
    answer = http.put("/kept", content=b"1")
    assert (answer.status_code, answer.headers["retry-after"], answer.content) == (503, "2", b"busy")
    assert http.get("/plain").status_code == 200 and Upstream.asked == ["/plain"]


@pytest.mark.parametrize(("way", "is_done"), [("reset", False), ("lost", True), ("half", True)])
def test_a_broken_connection_is_seen_as_one_whether_or_not_it_was_done(faulty, http, way, is_done):
    faulty.spoiling = Spoiling(way, 1.0)
    with pytest.raises(httpx.TransportError):
        http.get("/plain")
    assert bool(Upstream.asked) is is_done and faulty.spoilt == {way: 1}


def test_never_is_over_when_the_spoiling_is(faulty, http):
    faulty.spoiling = Spoiling("never", 1.0)
    with pytest.raises(httpx.ReadTimeout):
        http.get("/plain", timeout=0.3)
    faulty.spoiling = None
    assert http.get("/plain").content == LETTERS


def test_garbage_is_no_answer_of_anybody(faulty, http):
    faulty.spoiling = Spoiling("garbage", 1.0)
    with pytest.raises(ValueError):
        http.get("/plain").json()


def test_a_process_can_be_given_a_wrong_clock():
    code = "import threading; [t.join() for t in threading.enumerate() if isinstance(t, threading.Timer)]; import time; print(time.time())"
    env = os.environ | {"RIPIENO_CHAOS_SHIFT": "-500", "RIPIENO_CHAOS_AFTER": "0"}
    env["PYTHONPATH"] = str(Path(__file__).parent / "clock")
    told = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True).stdout
    assert time.time() - float(told) > 400
