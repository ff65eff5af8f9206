"""A platform and a storage account that swallow what is sent and give out as many bytes as are asked for."""

from __future__ import annotations

import json
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PIECE = bytes(1024 * 1024)


class Sink(ThreadingHTTPServer):
    """`/zeros/{size}` gives that many bytes; `arrived` are the bytes of each request body, `blocks` the listed ones."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.arrived: list[int] = []
        self.blocks = 0
        threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    server: Sink  # pyright: ignore[reportIncompatibleVariableOverride]
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        size = int(self.path.rpartition("/")[2])
        self.send_response(200)
        self.send_header("content-length", str(size))
        self.end_headers()
        for start in range(0, size, len(PIECE)):
            self.wfile.write(PIECE[: size - start])

    def do_POST(self) -> None:
        self.swallow()
        if self.path == "/api/uploads":
            ticket = {"upload_id": "u", "upload_url": f"{self.server.url}/blob?sig=s", "complete_url": "",
                      "headers": {"x-ms-blob-type": "BlockBlob"}, "expires_at": "2999-01-01T00:00:00+00:00"}  # fmt: skip
            self.say(201, ticket)
        elif self.path.endswith("/complete"):
            self.say(200, {"upload_id": "u", "audio_file_id": "s", "outcome": "ingested", "message": "m"})
        else:
            accepted = {
                "audio_file_id": "s",
                "instance_id": "i",
                "status": "uploaded",
                "status_url": "",
                "message": "m",
            }
            self.say(202, accepted)

    def do_PUT(self) -> None:
        body = self.swallow(keep="comp=blocklist" in self.path)
        self.server.blocks += len(re.findall(b"<Latest>", body))
        self.say(201, {})

    def swallow(self, *, keep: bool = False) -> bytes:
        length = left = int(self.headers.get("content-length") or 0)
        kept = b""
        while left and (part := self.rfile.read(min(left, len(PIECE)))):
            left -= len(part)
            kept += part if keep else b""
        self.server.arrived.append(length - left)
        return kept

    def say(self, status: int, answer: dict[str, object]) -> None:
        body = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass
