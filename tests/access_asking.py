"""Asking routes as a host asks them, for a caller of one role, with somebody else's things beside them."""

from __future__ import annotations

import asyncio
import base64
import importlib
import io
import json
import pkgutil
import threading
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from unittest import mock

import azure.functions as func
import makers
import mido

import triggers
from ripieno.contracts.enums import ItemKind, Role
from ripieno.contracts.shares import ShareOrder
from ripieno.services import access
from ripieno.services.identity import Caller
from ripieno.services.identity.caller import KnownBy
from ripieno.work import sharing
from tests.access_world import TALK, Somebody
from triggers import examples
from triggers.routing import Route

for _one in pkgutil.iter_modules(triggers.__path__):
    importlib.import_module(f"triggers.{_one.name}")  # declares every route
KEY = "the-key-of-the-host"
FREE = {
    "target_stems": ["bass"],
    "parameters": {"target_bpm": 100, "duration_seconds": 4, "chord_progression": ["C"]},
}
BOSSA = {"brief": "a calm bossa"}

BODIES: dict[str, Callable[[Me], Any]] = {
    "analyze_again": lambda me: {},
    "master_song": lambda me: {},
    "create_generation": lambda me: FREE,
    "create_composition": lambda me: BOSSA,
    "harmonize_melody": lambda me: {"midi": base64.b64encode(melody()).decode()},
    "reject_composition": lambda me: {},
    "create_set": lambda me: {"songs": [me.song]},
    "refine_composition": lambda me: {"tempo": 100},
    "edit_set": lambda me: {"energy": 0.1},
    "give_feedback": lambda me: {"target": me.item(ItemKind.WORKS), "rating": 4},
    "give_share": lambda me: {"kind": "songs", "id": me.song, "with": "cleo"},
    "give_consent": lambda me: {
        "who": "Anna Berg",
        "purposes": ["singing"],
        "until": "2099-12-31",
        "sample_id": next(
            one.sample_id for one in me.state(ItemKind.VOICES, me.last).samples if one.kind == "spoken"
        ) if me.state(ItemKind.VOICES, me.last) else "x",
    },
    "train_voice": lambda me: {},
    "create_pairing": lambda me: {"role": "Viewer"},
    "apply_voice": lambda me: {"audio_file_id": me.song, "source": "recording"},
    "create_voice": lambda me: {"name": f"Ada {uuid.uuid4().hex[:8]}"},
    "talk_to_set": lambda me: {"text": "calmer"},
    "upload_audio": lambda me: makers.tone(),
    "add_sample": lambda me: makers.tone(),
}  # fmt: skip
"""What is sent, where the example of the contract would ask for something that nobody has."""


# -- the world ----------------------------------------------------------------------------------------------------


class DurableHost(ThreadingHTTPServer):
    """Takes what is to be started, and knows of no instance."""

    def __init__(self):
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def _say(self, status: int, body: bytes) -> None:
                self.send_response(status)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def do_GET(self) -> None:
                of_many = "createdTimeFrom=" in self.path
                self._say(200 if of_many else 404, b"[]" if of_many else b"{}")

            def do_POST(self) -> None:
                self.rfile.read(int(self.headers.get("content-length") or 0))
                self._say(202, json.dumps({"id": "begun"}).encode())

            def log_message(self, *arguments) -> None:
                pass

        super().__init__(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True).start()


class Me(Somebody):
    """The caller, whose newest thing is `last`."""

    last: str = ""

    def item(self, kind: ItemKind, path: str = "") -> str:
        self.last = super().item(kind, path)
        return self.last


@dataclass
class World:
    anna: Somebody
    ben: Me
    binding: str
    loop: asyncio.Runner
    given: dict[tuple[ItemKind, str], str] = field(default_factory=dict)

    def shared(self, kind: ItemKind, path: str) -> str:
        """Something of anna's that ben may look at, where things of its kind can be shared."""
        place = (kind, path.split("/")[1])
        if place not in self.given:
            self.given[place] = self.anna.item(kind, path)
            if kind in access.SHAREABLE:
                share(kind, self.given[place])
        return self.given[place]

    def ask(
        self,
        one: Route,
        role: Role,
        item_id: str | None = None,
        *,
        owner: str | None = None,
        body: Any = None,
        params: dict[str, str] | None = None,
        headers: dict[str, str] | None = None,
        known_by: KnownBy = "issuer",
    ) -> tuple[int, str, dict[str, str]]:
        """What ben is answered, who has one role: status, body, headers."""
        self.ben.last = item_id or ""
        if body is None:
            body = body_of(one, self.ben)
        kind = "application/octet-stream" if isinstance(body, bytes) else "application/json"
        sent = {"content-type": kind, **(headers or {}), **({"Ripieno-Owner": owner} if owner else {})}
        (function,) = [known for known in makers.app_functions().of("httpTrigger") if known.name == one.name]
        request = func.HttpRequest(
            method=one.method,
            url=f"http://127.0.0.1:7071/api{one.path}",
            headers=sent,
            params=params or ({"a": "1", "b": "1"} if one.path.endswith("/compare") else {}),
            route_params={"id": item_id, "stem": "bass", "talk": TALK} if item_id else {},
            body=body if isinstance(body, bytes) else json.dumps(body).encode() if body is not None else b"",
        )
        with mock.patch(
            "triggers.routing.caller_of", lambda *_, **__: Caller("ben", access.MAY[role], known_by=known_by)
        ):
            answer = function.call(**function.arguments(request, self.binding))
            answer = self.loop.run(answer) if function.is_async else answer
        text = answer.get_body().decode("utf-8", "replace")
        assert KEY not in text + str(dict(answer.headers)) and "/runtime/webhooks" not in text
        return answer.status_code, text, dict(answer.headers)


def melody() -> bytes:
    track = mido.MidiTrack([mido.Message("note_on", note=60), mido.Message("note_off", note=60, time=480)])
    file = io.BytesIO()
    mido.MidiFile(type=0, tracks=[track]).save(file=file)
    return file.getvalue()


def body_of(one: Route, me: Me) -> Any:
    if one.name in BODIES:
        return BODIES[one.name](me)
    if isinstance(one.body, type):
        return examples.BY_CONTRACT[one.body].model_dump(mode="json", exclude_unset=True)
    return None


def is_done(status: int, text: str) -> bool:
    """Done, or not done because of how the thing stands: it was found, and they might."""
    return status < 400 or status == 409


def share(kind: ItemKind, item_id: str) -> None:
    sharing.give("anna", ShareOrder.model_validate({"kind": kind, "id": item_id, "with": "ben"}))
