"""A way to the platform that fails as it is told to: connections that are refused, broken or cut, answers that get lost."""

from __future__ import annotations

import re
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx

PER_CONNECTION = {"connection", "transfer-encoding", "content-encoding", "content-length", "date", "server", "host"}


@dataclass(frozen=True)
class Says:
    """Answer in the platform's place."""

    status: int
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass(frozen=True)
class Breaks:
    """Close the connection after so many bytes of the request's body, and pass nothing on."""

    after: int = 0


@dataclass(frozen=True)
class Loses:
    """Pass the request on, and close the connection before its answer."""


@dataclass(frozen=True)
class Cuts:
    """Close the connection after so many bytes of the answer's body."""

    after: int


Fault = Says | Breaks | Loses | Cuts


@dataclass
class Asked:
    """One request as it came."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes = b""


class Proxy(ThreadingHTTPServer):
    """Passes everything on to `target`; addresses in answers are replaced as `rewrites` says."""

    daemon_threads = True

    def __init__(self, target: str, rewrites: dict[str, str] | None = None) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.target, self.rewrites = target, rewrites or {}
        self.asked: list[Asked] = []
        self._faults: list[tuple[str, re.Pattern[str], Fault]] = []
        self._lock = threading.Lock()
        self.http = httpx.Client(timeout=60)
        self._thread = threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def fail(self, method: str, path: str, *faults: Fault) -> None:
        """What is to happen to the next requests of this method whose path and query match, one after another."""
        with self._lock:
            self._faults += [(method, re.compile(path), fault) for fault in faults]

    def fault(self, method: str, path: str) -> Fault | None:
        with self._lock:
            for found in self._faults:
                if found[0] == method and found[1].search(path):
                    self._faults.remove(found)
                    return found[2]
        return None

    def all_failed(self) -> bool:
        return not self._faults

    def close(self) -> None:
        self.shutdown()
        self.server_close()
        self.http.close()
        self._thread.join()

    def handle_error(self, request: object, client_address: object) -> None:
        """Whoever asked has gone: that is what these tests are about."""


class Handler(BaseHTTPRequestHandler):
    server: Proxy  # pyright: ignore[reportIncompatibleVariableOverride]
    protocol_version = "HTTP/1.1"

    def handle_one(self) -> None:
        length = int(self.headers.get("content-length") or 0)
        fault = self.server.fault(self.command, self.path)
        asked = Asked(self.command, self.path, {name.lower(): value for name, value in self.headers.items()})
        self.server.asked.append(asked)
        if isinstance(fault, Breaks):
            asked.body = self.rfile.read(min(fault.after, length))
            self.close_connection = True
            return
        asked.body = self.rfile.read(length)
        if isinstance(fault, Says):
            self.answer(fault.status, fault.headers, fault.body, fault)
            return
        headers = {name: value for name, value in asked.headers.items() if name not in PER_CONNECTION}
        got = self.server.http.request(
            self.command, self.server.target + self.path, headers=headers, content=asked.body
        )
        if isinstance(fault, Loses):
            self.close_connection = True
            return
        kept = {name: value for name, value in got.headers.items() if name not in PER_CONNECTION}
        body = got.content
        for old, new in self.server.rewrites.items():
            kept = {name: value.replace(old, new) for name, value in kept.items()}
            if "json" in kept.get("content-type", ""):
                body = body.replace(old.encode(), new.encode())
        self.answer(got.status_code, kept, body, fault)

    do_GET = do_POST = do_PUT = do_DELETE = handle_one

    def answer(self, status: int, headers: dict[str, str], body: bytes, fault: Fault | None) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        if isinstance(fault, Cuts):
            body = body[: fault.after]
            self.close_connection = True
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass
