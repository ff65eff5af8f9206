"""A language model behind a real HTTP address that speaks OpenAI's API: scripted, since none is to be had here."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Said:
    """An answer that is no plain text: a status, headers, a refusal, a cut, or bytes as they are."""

    def __init__(
        self,
        *,
        status: int = 200,
        headers: dict[str, str] | None = None,
        body: bytes | None = None,
        refusal: str | None = None,
        finish: str = "stop",
        text: str = "",
        hangs: bool = False,
    ):
        self.status, self.headers, self.body = status, headers or {}, body
        self.refusal, self.finish, self.text, self.hangs = refusal, finish, text, hangs


class Model:
    """`replies` are what it says, one after the other; or `answer`, what it makes of each request. `asked` are the
    requests."""

    def __init__(self) -> None:
        self.replies: list[Any] = []
        self.answer: Callable[[dict[str, Any]], Any] | None = None
        self.asked: list[dict[str, Any]] = []
        self.heads: list[dict[str, str]] = []
        self.over = threading.Event()
        self.url = ""

    def question(self, number: int = -1) -> dict[str, Any]:
        """The data that it was asked about."""
        return json.loads(self.asked[number]["messages"][1]["content"])

    def told(self, number: int = -1) -> str:
        """The last message of a request: what was wrong, where it was asked again."""
        return self.asked[number]["messages"][-1]["content"]


@contextmanager
def served() -> Iterator[Model]:
    model = Model()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["content-length"])))
            model.asked.append(body)
            model.heads.append({name.lower(): value for name, value in self.headers.items()})
            reply = model.answer(body) if model.answer else model.replies.pop(0)
            if isinstance(reply, int):
                reply = Said(status=reply)
            said = (
                reply if isinstance(reply, Said) else Said(text=reply if isinstance(reply, str) else json.dumps(reply))
            )
            if said.hangs:
                model.over.wait(30)
                return
            message = {"role": "assistant", "content": said.text, "refusal": said.refusal}
            whole = (
                said.body
                if said.body is not None
                else json.dumps(
                    {
                        "id": "1",
                        "object": "chat.completion",
                        "created": 1,
                        "model": "scripted-2026",
                        "choices": [{"index": 0, "finish_reason": said.finish, "message": message}],
                        "usage": {"prompt_tokens": 1000, "completion_tokens": 200, "total_tokens": 1200},
                    }
                ).encode()
            )
            self.send_response(said.status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(whole)))
            for name, value in said.headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(whole)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    model.url = f"http://127.0.0.1:{server.server_port}/v1"
    try:
        yield model
    finally:
        model.over.set()
        server.shutdown()
        server.server_close()
