"""A stack that everything happens to, and the people at work on it."""

from __future__ import annotations

import os
import random
import threading
import time
from collections import Counter
from datetime import datetime
from pathlib import Path

from ripieno.client import Ripieno, RipienoError
from ripieno.client.retrying import Retries
from ripieno.contracts.enums import AudioFileStatus, GenerationStatus
from ripieno.local import azurite
from ripieno.local.processes import Child
from ripieno.local.stack import Ports, Stack
from ripieno.services import blobs
from tests import host_process
from tests.chaos import faults, people
from tests.chaos.faulty import Faulty
from tests.chaos.invariants import Snapshot, violations
from tests.stacks import free_ports

PEOPLE = 3
MOST_OPEN = 10  # runs noted; people look on while there are more, since two cores analyse slower than people upload
LONGEST_PAUSE = 1.0
END_SECONDS = 600.0
SETTINGS = {
    "RIPIENO_SWEEP_SECONDS": "2",
    "RIPIENO_REST_SECONDS": "3",
    "RIPIENO_VISITORS": "generator",
    "RIPIENO_VISITOR_SECRET": "c" * 40,
    "RIPIENO_VISITS_AN_HOUR": "100000",
    "RIPIENO_VISITOR_HOURS": "0.02",
}
"""Of a stack that everything happens to: what waits for the worst waits shortly, and visitors leave soon."""


class FaultyStack(Stack):
    """A stack whose host and endpoints reach storage, and whose host reaches the endpoints, through proxies."""

    def __init__(self, home: Path, seed: int = 0):
        super().__init__(home, Ports(*free_ports(6)))
        ports = self.ports
        self.storage = [Faulty(port, seed) for port in (ports.blob, ports.queue, ports.table)]
        self.endpoints = [Faulty(port, seed) for port in (ports.analysis, ports.generation)]

    def environment(self) -> dict[str, str]:
        blob, queue, table = self.storage
        analysis, generation = self.endpoints
        through = azurite.connection_string(
            self.storage_key, blob_port=blob.port, queue_port=queue.port, table_port=table.port
        )
        return super().environment() | {
            "AzureWebJobsStorage": through,
            "RIPIENO_ANALYSIS_ENDPOINTS": f"http://127.0.0.1:{analysis.port}",
            "RIPIENO_GENERATION_ENDPOINTS": f"http://127.0.0.1:{generation.port}",
        }

    def stop(self) -> None:
        super().stop()
        for one in (*self.storage, *self.endpoints):
            one.close()


class Chaos:
    """A stack that is disturbed while people are at work on it. This process reaches storage as it is
    (`AzureWebJobsStorage` names it)."""

    def __init__(self, stack: FaultyStack, seed: int, *, only_pieces: bool = False, only: str = ""):
        self.stack, self.seed, self.only_pieces, self.only = stack, seed, only_pieces, only
        self.people, self.most_open = PEOPLE, MOST_OPEN
        self.rng = random.Random(seed)
        self.rounds = 0
        self.songs: list[str] = []
        self.works: list[str] = []
        self.pieces: list[str] = []
        self.sets: list[str] = []
        self.voices: list[str] = []
        self.drops: list[str] = []
        self.removals: list[str] = []
        self.unwanted: set[str] = set()
        self.clips: list[bytes] = []
        self.wrong: list[str] = []
        self.ends: Counter[str] = Counter()
        self.caused: Counter[str] = Counter()
        self.done: Counter[str] = Counter()
        self.stopped = threading.Event()
        self.log = stack.home / "chaos.log"
        self._twins: list[host_process.Host] = []

    def close(self) -> None:
        for twin in self._twins:
            twin.end()
        self._twins = []

    def tell(self, what: str) -> None:
        with self.log.open("a") as log:
            log.write(f"{datetime.now().isoformat(timespec='milliseconds')} {threading.current_thread().name} {what}\n")

    def round(self, count: int) -> list[str]:
        """People work, `count` faults happen, everything comes to its end; returns what is wrong then."""
        self.rounds += 1
        for known in (self.songs, self.works, self.pieces, self.sets, self.voices, self.drops, self.removals):
            known.clear()
        self.unwanted, self.clips, self.wrong = set(), [], []
        self.stopped.clear()
        planned = [name for name in faults.drawn(self.rng, count * 50) if name.startswith(self.only)][:count]
        self.tell(f"round {self.rounds}: {', '.join(planned)}")
        at_work = [people.Person(self, number) for number in range(self.people)]
        for person in at_work:
            person.start()
        for number, name in enumerate(planned):
            rng = random.Random(f"{self.seed} {self.rounds} fault {number}")
            time.sleep(rng.uniform(0.0, LONGEST_PAUSE))  # the moment is what is being tried
            self.tell(f"FAULT {name}")
            faults.FAULTS[name](self, rng)
            self.caused[name] += 1
        self.stopped.set()
        for person in at_work:
            person.join(240)
            if person.is_alive():
                self.wrong.append(f"{person.name} never came back")
        for name in ("storage", "host", *faults.ENDPOINTS):
            self.child(name).wait_healthy(faults.HEALTHY_SECONDS)
        return self._settled()

    # -- what faults need ---------------------------------------------------------------------------------------------

    def child(self, name: str) -> Child:
        return next(child for child in self.stack._children if child.name == name)

    def blobs(self, container: str) -> list[str]:
        return list(blobs.list_names(container))

    def twins(self) -> list[host_process.Host]:
        """Two further processes with the app's code, on the same storage."""
        if not self._twins:
            env = os.environ | {"PYTHONPATH": str(host_process.ROOT)} | SETTINGS
            self._twins = [host_process.Host(env) for _ in range(2)]
        return self._twins

    def new_clip(self, rng: random.Random) -> bytes:
        data = people.clip(rng)
        self.clips.append(data)
        return data

    def upload_once(self, path: Path) -> None:
        with Ripieno(self.stack.url, timeout=30) as ripieno:
            try:
                self.songs.append(ripieno.upload(path))
            except RipienoError as fault:
                self.tell(f"upload beside two hosts: {fault}")

    # -- what must hold -----------------------------------------------------------------------------------------------

    def _settled(self) -> list[str]:
        """What is still wrong once everything has had its time."""
        deadline = time.monotonic() + END_SECONDS
        while (wrong := list(violations(Snapshot.take(), settled=True))) and time.monotonic() < deadline:
            time.sleep(1.0)
        return [*self.wrong, *wrong, *self._ends()]

    def _ends(self) -> list[str]:
        """Every request that was answered has one end, which its owner can see."""
        wrong: list[str] = []
        with Ripieno(self.stack.url, retries=Retries(tries=20)) as ripieno:
            for removal in dict.fromkeys(self.removals):
                if (state := ripieno.removal(removal).status) != "completed":
                    wrong.append(f"{removal} is {state}")
            for song_id in sorted(set(self.songs) - self.unwanted):
                try:
                    song = ripieno.get(song_id)
                except RipienoError as fault:
                    wrong.append(f"song {song_id} was lost: {fault}")
                    continue
                self._end(f"song {song.status}", song_id, song.error)
                if song.status not in (AudioFileStatus.ANALYZED, AudioFileStatus.FAILED):
                    wrong.append(f"song {song_id} is {song.status}")
            for work_id in sorted(set(self.works) - self.unwanted):
                try:
                    work = ripieno.generation(work_id)
                except RipienoError as fault:
                    # A work goes with its song, whose removal may have been asked for by anybody.
                    if not self.unwanted:
                        wrong.append(f"work {work_id} was lost: {fault}")
                    continue
                self._end(f"work {work.status}", work_id, work.error)
            for piece in sorted(set(self.pieces) - self.unwanted):
                try:
                    made = ripieno.composition(piece)
                except RipienoError as fault:
                    wrong.append(f"composition {piece} was lost: {fault}")
                    continue
                for one in made.versions:
                    self._end(f"version {one.status}", f"{piece} {one.number}", one.error)
            for dj_set in sorted(set(self.sets) - self.unwanted):
                try:
                    played = ripieno.dj_set(dj_set)
                except RipienoError as fault:
                    wrong.append(f"set {dj_set} was lost: {fault}")
                    continue
                self._end(f"set {played.status}", dj_set, None)
                if played.status in (GenerationStatus.PENDING, GenerationStatus.PLANNING, GenerationStatus.GENERATING):
                    wrong.append(f"set {dj_set} is {played.status}")
        return wrong

    def _end(self, kind: str, what: str, error: str | None) -> None:
        self.ends[kind] += 1
        if error:
            self.tell(f"END {what} {kind}: {error}")
