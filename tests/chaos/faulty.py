"""A proxy that spoils what passes it: in front of storage, or of an endpoint.

HTTP/1.1 is taken apart only as far as needed to know where a message ends (RFC 9112, 6). Which requests are spoilt follows
from chance: a `Spoiling` names their share. One thread serves every proxy.
"""

from __future__ import annotations

import asyncio
import random
import threading
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from typing import Literal

LONGEST_HEAD = 2**17
SLOW_SECONDS = (0.2, 2.0)
NEVER_SECONDS = 600.0
_GARBAGE = b'\x00\xff{"state": "succeeded", "result": {{{ \xf0\x9f'
_EMPTY = (204, 304)

Way = Literal["slow", "status", "reset", "half", "lost", "garbage", "never"]


@dataclass(frozen=True)
class Spoiling:
    """What happens to a share of all requests.

    slow: it comes later. status: answered without being asked. reset: the connection breaks before it is passed on.
    half: half of the answer's body comes. lost: it is done, and the answer never comes. garbage: an answer of 200 that is
    none. never: nothing comes until the spoiling is over, then the connection breaks.
    """

    way: Way
    share: float = 0.5
    status: int = 500
    headers: tuple[str, ...] = ()
    body: bytes = b""
    methods: tuple[str, ...] = ()

    def hits(self, method: str, chance: float) -> bool:
        return chance < self.share and (not self.methods or method in self.methods)


class Faulty:
    """A proxy on a port of its own, in front of another port of this machine. `spoiling` may be set at any moment."""

    def __init__(self, upstream: int, seed: int = 0):
        self.upstream, self.spoiling = upstream, None
        self.spoilt: Counter[str] = Counter()
        self._rng = random.Random(seed)
        self._tasks: set[asyncio.Task | None] = set()  # the loop itself holds them weakly
        self._loop = _loop()
        self._server = asyncio.run_coroutine_threadsafe(
            asyncio.start_server(self._serve, "127.0.0.1", 0, limit=LONGEST_HEAD), self._loop
        ).result(30)
        self.port: int = self._server.sockets[0].getsockname()[1]

    spoiling: Spoiling | None

    def close(self) -> None:
        self.spoiling = None
        self._loop.call_soon_threadsafe(self._server.close)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection of whoever asks, with one of its own to whom is asked."""
        beyond: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
        task = asyncio.current_task()
        self._tasks.add(task)
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                method = head.split(b" ", 1)[0].decode("latin-1")
                request = head + await _body(reader, head)
                spoiling = self.spoiling
                if spoiling is not None and not spoiling.hits(method, self._rng.random()):
                    spoiling = None
                if spoiling is not None:
                    self.spoilt[spoiling.way] += 1
                    if not await self._before(spoiling, writer):
                        continue
                if beyond is None:
                    beyond = await asyncio.open_connection("127.0.0.1", self.upstream, limit=LONGEST_HEAD)
                beyond[1].write(request)
                await beyond[1].drain()
                answer = await _answer(beyond[0], method)
                if spoiling is not None and spoiling.way == "lost":
                    return
                if spoiling is not None and spoiling.way == "half":
                    writer.write(answer[: max(len(answer) // 2, answer.index(b"\r\n\r\n") + 4)])
                    await writer.drain()
                    return
                writer.write(answer)
                await writer.drain()
                if b"\r\nconnection: close" in answer.partition(b"\r\n\r\n")[0].lower():
                    return
        except (OSError, asyncio.IncompleteReadError, _Broken):
            return
        finally:
            self._tasks.discard(task)
            for one in (writer, *(beyond[1:] if beyond else ())):
                with suppress(OSError, RuntimeError):
                    one.transport.abort()

    async def _before(self, spoiling: Spoiling, writer: asyncio.StreamWriter) -> bool:
        """What happens before the request is passed on; False where it was answered already."""
        match spoiling.way:
            case "slow":
                await asyncio.sleep(self._rng.uniform(*SLOW_SECONDS))
            case "reset":
                raise _Broken
            case "never":
                for _ in range(int(NEVER_SECONDS * 10)):
                    if self.spoiling is not spoiling:
                        break
                    await asyncio.sleep(0.1)
                raise _Broken
            case "status" | "garbage":
                status, body = (spoiling.status, spoiling.body) if spoiling.way == "status" else (200, _GARBAGE)
                lines = [f"HTTP/1.1 {status} Spoilt", f"content-length: {len(body)}", *spoiling.headers, "", ""]
                writer.write("\r\n".join(lines).encode() + body)
                await writer.drain()
                return False
        return True


class _Broken(Exception):
    """The connection is broken on purpose, or what came over it cannot be read."""


def _fields(head: bytes) -> dict[str, str]:
    lines = head.decode("latin-1").split("\r\n")[1:]
    return {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines) if value}


async def _body(reader: asyncio.StreamReader, head: bytes) -> bytes:
    """The bytes of a message's body as they came, chunks and all."""
    fields = _fields(head)
    if "chunked" not in fields.get("transfer-encoding", ""):
        return await reader.readexactly(int(fields.get("content-length", "0")))
    found = b""
    while True:
        line = await reader.readuntil(b"\r\n")
        size = int(line.split(b";")[0], 16)
        found += line + await reader.readexactly(size + 2)
        if size == 0:
            return found


async def _answer(reader: asyncio.StreamReader, method: str) -> bytes:
    """A whole answer, those of 1xx before it left out."""
    while True:
        head = await reader.readuntil(b"\r\n\r\n")
        status = int(head.split(b" ", 2)[1])
        if status >= 200:
            break
    if method == "HEAD" or status in _EMPTY:
        return head
    fields = _fields(head)
    if "content-length" not in fields and "transfer-encoding" not in fields:
        return head + await reader.read(-1)
    return head + await _body(reader, head)


_lock = threading.Lock()
_running: list[asyncio.AbstractEventLoop] = []


def _loop() -> asyncio.AbstractEventLoop:
    with _lock:
        if not _running:
            _running.append(asyncio.new_event_loop())
            threading.Thread(target=_running[0].run_forever, name="proxies", daemon=True).start()
        return _running[0]
