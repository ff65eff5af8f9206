"""Both faces of the client, and ways to the platform that fail as they are told to."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from proxy import Proxy

from ripieno.client import AsyncRipieno, Retries, Ripieno

QUICK = Retries(tries=5, seconds=60, first_pause=0.001, longest_pause=0.002)


class InLoop:
    """An async client to be used without await, so that one test holds both faces."""

    def __init__(self, url: str, **options: Any) -> None:
        self._runner = asyncio.Runner()
        self._client = AsyncRipieno(url, **options)

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._client, name)
        if not callable(found):
            return found

        async def listed(given: Any) -> list[Any]:
            return [one async for one in given]

        def call(*args: Any, **kwargs: Any) -> Any:
            given = found(*args, **kwargs)
            if inspect.isasyncgen(given):
                return self._runner.run(listed(given))
            return self._runner.run(given) if inspect.iscoroutine(given) else given

        return call

    def close(self) -> None:
        self._runner.run(self._client.aclose())
        self._runner.close()


@pytest.fixture(params=["sync", "async"])
def connect(request: pytest.FixtureRequest) -> Iterator[Callable[..., Any]]:
    """`connect(url)`: a client of either face, quick to repeat."""
    made: list[Any] = []

    def new(url: str, **options: Any) -> Any:
        face: Callable[..., Any] = Ripieno if request.param == "sync" else InLoop
        made.append(face(url, **({"retries": QUICK} | options)))
        return made[-1]

    yield new
    for one in made:
        one.close()


@pytest.fixture
def ways(stack) -> Iterator[tuple[Proxy, Proxy]]:
    """A way to the API, and one to storage that its answers name."""
    direct = f"http://127.0.0.1:{stack.ports.blob}"
    storage = Proxy(direct)
    api = Proxy(stack.url, {direct: storage.url, stack.url: "http://elsewhere"})
    yield api, storage
    api.close()
    storage.close()


@pytest.fixture
def song(make_clip, tmp_path: Path) -> Path:
    """A short recording, under a name of its own."""
    path = tmp_path / "song 𝄞.flac"
    path.write_bytes(make_clip("client.flac", 30, 4).read_bytes())
    return path
