"""API traffic over a library of ten thousand songs, for as long as wanted."""

from __future__ import annotations

import argparse
import random
import threading
import time
from collections.abc import Callable
from itertools import islice

from benchmarks.api.run import QUERIES, fill
from ripieno.client import Ripieno, RipienoError
from tests.load.measuring import Bounds, Calls, Memory, percentile
from tests.load.stacks import loaded


def sustained(arguments: argparse.Namespace) -> bool:
    calls, bounds = Calls(), Bounds()
    with loaded(arguments.home) as stack:
        began = time.monotonic()
        fill(arguments.rows, "local")
        print(f"{arguments.rows} songs in the library after {time.monotonic() - began:.0f} s", flush=True)
        until = time.monotonic() + 60 * arguments.minutes
        with Memory(stack.pid, ("host", "storage")) as memory:
            clients = [
                threading.Thread(target=ask, args=(stack.url, calls, number, lambda: time.monotonic() > until))
                for number in range(arguments.clients)
            ]
            for one in clients:
                one.start()
            for one in clients:
                one.join()
    print(calls.table())
    every = [seconds for taken in calls.seconds.values() for seconds in taken]
    print(f"{calls.count} calls of {arguments.clients} clients: {calls.count / (60 * arguments.minutes):.0f} a second")
    bounds.check("every call is answered", not calls.faults, f"{sum(calls.faults.values())} are not")
    worst = 1000 * percentile(every, 95)
    bounds.check(f"p95 ≤ {arguments.p95_ms} ms", worst <= arguments.p95_ms, f"{worst:.0f} ms")
    bounds.memory(memory, {"host": arguments.host_mb})
    return bounds.tell()


def ask(url: str, calls: Calls, number: int, is_over: Callable[[], bool]) -> None:
    """Somebody who lists, looks closer, and asks what was used and what ran."""
    rng, known = random.Random(number), []
    with Ripieno(url) as ripieno:
        while not is_over():
            name = rng.choice([*QUERIES, "one song", "one song", "its analysis", "usage", "jobs"])
            try:
                with calls.timed(name):
                    if name in QUERIES:
                        found = islice(ripieno.search(**{"limit": 20, **QUERIES[name](rng)}), 20)
                        known = [song.audio_file_id for song in found] or known
                    elif name == "usage":
                        ripieno.usage()
                    elif name == "jobs":
                        next(iter(ripieno.jobs(limit=20)), None)
                    elif known and name == "one song":
                        ripieno.get(rng.choice(known))
                    elif known:
                        ripieno.analysis(rng.choice(known))
            except RipienoError as fault:
                calls.fault(name, f"{fault.status} {fault.code}")
