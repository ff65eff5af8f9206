"""API traffic while every part is killed in turn."""

from __future__ import annotations

import argparse
import random
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

from ripieno.client import Ripieno, RipienoError
from ripieno.contracts.enums import AudioFileStatus
from tests.load.measuring import Bounds, Calls, Memory
from tests.load.songs import song
from tests.load.stacks import PARTS, Loaded, loaded

SONG_SECONDS = 2.0
A_MINUTE = 4.0  # uploads of each client: two cores analyse slower than people upload
REST = (0.02, 0.2)
SHARE = 0.999


def killed(arguments: argparse.Namespace) -> bool:
    """Of all calls, which succeed through the client, and what the others are told."""
    calls, bounds = Calls(), Bounds()
    silent: list[str] = []
    with loaded(arguments.home) as stack, Memory(stack.pid, ("host", "analysis", "generation")) as memory:
        over = threading.Event()
        clients = [
            threading.Thread(target=_work, args=(stack.url, calls, number, over.is_set, silent))
            for number in range(arguments.clients)
        ]
        for one in clients:
            one.start()
        until = time.monotonic() + 60 * arguments.minutes
        ended = _kill_in_turn(stack, until, arguments.every, over)
        over.set()
        for one in clients:
            one.join()
        print(calls.table())
        failed = sum(calls.faults.values())
        share = 1 - failed / max(1, calls.count)
        print(
            f"{calls.count} calls, {ended} parts killed, {failed} calls failed: {100 * share:.3f} % succeeded",
            flush=True,
        )
        for one in silent[:20]:
            print(f"    {one}", flush=True)
        lost = _lost(stack)
    bounds.check(f"≥ {100 * SHARE:g} % of calls succeed", calls.count > 0 and share >= SHARE, f"{100 * share:.3f} %")
    bounds.check("the rest say when to come back", not silent, f"{len(silent)} do not")
    bounds.check("no song that was taken in is lost", not lost, lost[:5] or "none")
    bounds.memory(memory, {"host": arguments.host_mb})
    return bounds.tell()


def _kill_in_turn(stack: Loaded, until: float, every: float, over: threading.Event) -> int:
    """One part after another, so often; how many there were."""
    ended = 0
    while (left := until - time.monotonic()) > 0:
        if over.wait(min(every, left)) or time.monotonic() >= until:
            break
        part = PARTS[ended % len(PARTS)]
        if stack.kill(part):
            print(f"    {part} was killed", flush=True)
        ended += 1
    return ended


_sent: dict[str, set[str]] = {}


def _work(url: str, calls: Calls, number: int, is_over: Callable[[], bool], silent: list[str]) -> None:
    """Somebody who uploads short songs, looks at them, and lists."""
    rng, sent = random.Random(number), _sent.setdefault(url, set())
    mine: list[str] = []
    began = time.monotonic()
    with Ripieno(url) as ripieno, tempfile.TemporaryDirectory() as folder:

        def upload() -> None:
            path = Path(folder) / f"{len(mine)}.flac"
            path.write_bytes(song(1000 * number + len(mine), SONG_SECONDS))
            mine.append(ripieno.upload(path))
            sent.add(mine[-1])

        deeds: dict[str, Callable[[], object]] = {
            "upload": upload,
            "get": lambda: ripieno.get(rng.choice(mine)),
            "list": lambda: next(ripieno.search(limit=20), None),
            "jobs": lambda: next(ripieno.jobs(limit=20), None),
            "usage": ripieno.usage,
            "health": ripieno.health,
            "catalogue": ripieno.catalogue,
        }
        while not is_over():
            name = rng.choice(list(deeds))
            if (name == "get" and not mine) or (
                name == "upload" and len(mine) > A_MINUTE * (time.monotonic() - began) / 60
            ):
                name = "list"
            try:
                with calls.timed(name):
                    deeds[name]()
            except RipienoError as fault:
                calls.fault(name, f"{fault.status} {fault.code}")
                if fault.retry_after is None:
                    silent.append(f"{name}: {fault.status} {fault.code}: {fault}")
            time.sleep(rng.uniform(*REST))  # what people do between two calls


def _lost(stack: Loaded) -> list[str]:
    """Songs whose upload was answered, and which nobody knows or has failed."""
    lost = []
    with Ripieno(stack.url) as ripieno:
        for one in sorted(_sent.get(stack.url, ())):
            try:
                found = ripieno.wait(one, timeout=600)
            except RipienoError as fault:
                lost.append(f"{one}: {fault}")
                continue
            if found.status != AudioFileStatus.ANALYZED:
                lost.append(f"{one}: {found.status}: {found.error}")
    return lost
