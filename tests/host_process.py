"""A further host on the same storage, for tests of what two do at once: a process that is told what to call.

Lines of JSON in and out: `["module:function", arguments...]`, answered by its result. `python -m tests.host_process`.
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

ROOT = Path(__file__).resolve().parents[1]


class Host:
    """The other end of the process."""

    def __init__(self, env: dict[str, str]):
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.host_process"], cwd=ROOT, env=env, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )  # fmt: skip
        assert self._line() == "ready"

    def call(self, name: str, *arguments: Any) -> Any:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps([name, *arguments]) + "\n")
        self._process.stdin.flush()
        kind, told = self._line()
        assert kind == "told", told
        return told

    def _line(self) -> Any:
        assert self._process.stdout is not None
        return json.loads(self._process.stdout.readline())

    def end(self) -> None:
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(30)
        self._process.stdout.close()


@contextmanager
def hosts(count: int, storage: str) -> Iterator[list[Host]]:
    env = os.environ | {"AzureWebJobsStorage": storage, "PYTHONPATH": str(ROOT)}
    started = [Host(env) for _ in range(count)]
    try:
        yield started
    finally:
        for one in started:
            one.end()


def at_once(them: list[Host], name: str, *arguments: Any) -> list[Any]:
    """The same call at every host, at the same moment as far as there is one."""
    with ThreadPoolExecutor(len(them)) as pool:
        return list(pool.map(lambda host: host.call(name, *arguments), them))


# -- what a host is told to do ------------------------------------------------------------------------------------


def post(owner: str, key: str) -> str:
    """A POST with an Idempotency-Key whose work is to name a seed."""
    from ripieno.records import idempotency

    found = idempotency.claim(owner, key, b"the same")
    if isinstance(found, idempotency.Answered):
        return found.body
    idempotency.answer(found, 202, {}, found.seed)
    return f"did {found.seed}"


def upload(owner: str, path: str) -> list[Any]:
    from ripieno.work import ingest

    taken = ingest.take_in(owner, Path(path), "clip.wav")
    return [taken.song.audio_file_id, taken.song.born, taken.is_new]


def take_in_drop(order: dict[str, Any]) -> dict[str, Any]:
    """The activity itself, with a durable client that knows of no workflow."""
    from activities import songs

    class Nothing:
        async def get_status(self, instance_id: str) -> None:
            return None

        async def start_new(self, *_: Any) -> None:
            pass

    function = songs.take_in_drop._function.get_user_function()
    return asyncio.run(getattr(function, "client_function", function)(order, Nothing()))["value"]


def remove(order: dict[str, Any]) -> None:
    """A removal's steps, as its activities do them."""
    from ripieno.contracts.workflow import RemovalOrder
    from ripieno.work import removal

    known = RemovalOrder.model_validate(order)
    removal.hide(known)
    removal.delete(known)


def delete_song(owner: str, audio_file_id: str) -> str:
    """`DELETE /audio/{id}`: which removal it is."""
    from ripieno.work import removal

    return removal.of_song(owner, audio_file_id).instance_id


def hear(message_id: str) -> bool:
    from ripieno.records import heard

    return heard.first_time(message_id)


def expire(days: int) -> None:
    """The nightly timer."""
    from datetime import UTC, datetime, timedelta

    from ripieno.work import housekeeping

    housekeeping.expire(datetime.now(UTC) + timedelta(days=days))


def look_after(rest: int) -> list[str]:
    """The timer that starts what was asked for and never began: what it would have started."""
    from ripieno.work import asking, endings

    started: list[str] = []

    class Nothing:
        async def get_status(self, instance_id: str) -> SimpleNamespace:
            return SimpleNamespace(runtime_status=None)

        async def start_new(self, orchestrator: str, instance_id: str, order: dict) -> None:
            started.append(instance_id)

    asyncio.run(asking.look_after(Nothing(), endings.give))  # type: ignore[arg-type]
    return sorted(started)


def main() -> None:
    import tests.host_process as itself  # what is called is that of the module, whatever this is run as
    from ripieno.work import endings, housekeeping, ingest, removal  # noqa: F401  # before anybody counts moments

    print(json.dumps("ready"), flush=True)
    for line in sys.stdin:
        name, *arguments = json.loads(line)
        try:
            told = ["told", getattr(itself, name)(*arguments)]
        except Exception as fault:
            told = ["broke", f"{type(fault).__name__}: {fault}"]
        print(json.dumps(told), flush=True)


if __name__ == "__main__":
    main()
