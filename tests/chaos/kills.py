"""Kill -9 of the host, the endpoints and their workers while people upload, drop, generate, compose, refine, review, mix,
take back, cancel and remove; after every round everything has one end, and the invariants hold.

    python -m tests.chaos.kills --kills 500 --seed 7        # what `make chaos` runs

What people do and who is killed follows from the seed; at which step of the platform a kill hits is the machine's to
say. The log in the stack's folder tells what was done, by whom, and what was answered.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import os
import random
import signal
import sys
import tempfile
import threading
import time
from collections import Counter
from datetime import datetime
from pathlib import Path

import numpy as np
import psutil
import soundfile
from azure.storage.blob import BlobServiceClient

from ripieno.client import Ripieno, RipienoError
from ripieno.contracts import names
from ripieno.contracts.composition import CompositionOrder
from ripieno.contracts.enums import AudioFileStatus, GenerationStatus
from ripieno.contracts.generation import GenerationOrder, GenerationParameters, MixOrder
from ripieno.local.processes import Child
from ripieno.local.stack import Stack
from ripieno.records import runs
from ripieno.services.settings import settings
from tests.chaos.invariants import Snapshot, violations

RATE = 22050
CLIP_SECONDS = 3.0
MOST_OPEN = 10  # runs noted; people look on while there are more, since two cores analyse slower than people upload
PEOPLE = 3
KILLS_A_ROUND = 20
LONGEST_PAUSE = 1.5
HEALTHY_SECONDS = 120.0
END_SECONDS = 240.0
ENDPOINTS = ("analysis", "generation")
VICTIMS = ("host", "analysis", "generation", "worker")
PIECE = [{"label": "verse", "bars": 2}, {"label": "chorus", "bars": 2}]
CHANGES = (
    "slower",
    "make the chorus bigger",
    "in A minor",
    "drums a bit louder",
    "no bass in the verse",
    "much faster",
)
SHORT_WAITS = {"RIPIENO_SWEEP_SECONDS": "2", "RIPIENO_REST_SECONDS": "3"}
"""Settings of a stack that is to be killed: what waits for the worst waits shortly."""


class Person(threading.Thread):
    """Somebody at work until told to stop; what cannot be done while something is dead is tried another time."""

    def __init__(self, chaos: Chaos, number: int):
        super().__init__(daemon=True)
        self._chaos, self._rng = chaos, random.Random(f"{chaos.seed} {chaos.rounds} {number}")

    def run(self) -> None:
        chaos, rng = self._chaos, self._rng
        makes = (self.upload, self.upload, self.again, self.drop, self.generate, self.generate, self.compose)
        minds = (self.review, self.review, self.mix, self.cancel, self.remove)
        if chaos.only_pieces:
            makes, minds = (self.compose,), ()
        makes += (self.compose, self.refine, self.refine)
        minds += (self.take_back, self.branch_off, self.go_on, self.cancel_piece, self.remove_piece)
        with Ripieno(chaos.stack.url, timeout=30) as self._ripieno:
            while not chaos.stopped.is_set():
                is_full = sum(1 for _ in runs.everything()) > MOST_OPEN
                deed = rng.choice(minds if is_full else makes + minds)
                try:
                    deed()
                    chaos.tell(deed.__name__)
                except (RipienoError, TimeoutError) as fault:
                    chaos.tell(f"{deed.__name__}: {type(fault).__name__}: {fault}")
                except Exception as fault:
                    chaos.wrong.append(f"nobody expected of {deed.__name__}: {type(fault).__name__}: {fault}")
                    raise
                chaos.stopped.wait(rng.uniform(0.05, 0.6))

    def clip(self) -> bytes:
        """A few seconds of chords and clicks that nobody has uploaded yet."""
        time_axis = np.arange(round(CLIP_SECONDS * RATE)) / RATE
        root = self._rng.uniform(100, 300)
        tone = sum(np.sin(2 * np.pi * root * ratio * time_axis) for ratio in (1, 1.25, 1.5)) * 0.1
        click = (np.modf(time_axis * 2)[0] < 0.02) * 0.5
        data = io.BytesIO()
        soundfile.write(data, tone + click + self._rng.random() * 1e-3, RATE, format="WAV")
        self._chaos.clips.append(data.getvalue())
        return data.getvalue()

    def _send(self, data: bytes) -> None:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "clip.wav"
            path.write_bytes(data)
            self._chaos.songs.append(self._ripieno.upload(path))

    def upload(self) -> None:
        self._send(self.clip())

    def again(self) -> None:
        """The same bytes once more, which may have been removed or be on their way out."""
        if self._chaos.clips:
            self._send(self._rng.choice(self._chaos.clips))

    def drop(self) -> None:
        data = self.clip()
        with BlobServiceClient.from_connection_string(self._chaos.stack.connection_string) as service:
            service.get_container_client(names.RAW_AUDIO).upload_blob(f"{self._rng.random()}.wav", data)
        digest = hashlib.sha256(data).hexdigest()
        self._chaos.songs.append(names.audio_file_id(settings().default_owner, digest))

    def generate(self) -> None:
        analysed = [song.audio_file_id for song in self._ripieno.search(status="analyzed", limit=50)]
        song = self._rng.choice(analysed) if analysed and self._rng.random() < 0.4 else None
        free = GenerationParameters(random_seed=1, target_bpm=120, duration_seconds=3, chord_progression=["C", "F"])
        given = GenerationParameters(random_seed=1, bars=(1, 1)) if song else free
        order = GenerationOrder(audio_file_id=song, target_stems=["bass", "drums"], parameters=given)
        self._chaos.works.append(self._ripieno.generate(order))

    def review(self) -> None:
        if not self._chaos.works:
            return
        work, element = self._rng.choice(self._chaos.works), self._rng.choice(("bass", "drums"))
        if self._rng.random() < 0.5:
            self._ripieno.approve(work, element)
        else:
            self._ripieno.reject(work, element, self._rng.choice(("", "busier", "an octave lower")))

    def mix(self) -> None:
        if self._chaos.works:
            order = MixOrder(gains={"bass": self._rng.choice((-3.0, 0.0))})
            self._ripieno.mix(self._rng.choice(self._chaos.works), order, timeout=1)

    def cancel(self) -> None:
        if self._chaos.works and self._rng.random() < 0.3:
            self._ripieno.cancel_generation(self._rng.choice(self._chaos.works))

    def compose(self) -> None:
        """A piece of four bars; some of it is to be looked at on the way."""
        players = self._rng.choice((["bass", "drums"], ["piano", "vocals"]))
        stop_at = self._rng.choice((None, None, None, "harmony", "lyrics", "layers", "mix"))
        order = {"brief": "a calm pop song about rain", "form": PIECE, "tempo": 180.0, "layers": players,
                 "stop_at": stop_at, "random_seed": self._rng.randrange(3)}  # fmt: skip
        self._chaos.pieces.append(self._ripieno.compose(CompositionOrder.model_validate(order)))

    def refine(self) -> None:
        if self._chaos.pieces:
            self._ripieno.refine(self._rng.choice(self._chaos.pieces), self._rng.choice(CHANGES))

    def take_back(self) -> None:
        if self._chaos.pieces:
            self._ripieno.roll_back(self._rng.choice(self._chaos.pieces))

    def branch_off(self) -> None:
        if self._chaos.pieces:
            self._ripieno.branch(self._rng.choice(self._chaos.pieces))

    def go_on(self) -> None:
        if self._chaos.pieces:
            self._ripieno.approve_composition(self._rng.choice(self._chaos.pieces))

    def cancel_piece(self) -> None:
        if self._chaos.pieces and self._rng.random() < 0.4:
            self._ripieno.cancel_composition(self._rng.choice(self._chaos.pieces))

    def remove_piece(self) -> None:
        if self._chaos.pieces and self._rng.random() < 0.4:
            piece = self._rng.choice(self._chaos.pieces)
            self._chaos.unwanted.add(piece)
            self._chaos.removals.append(self._ripieno.delete_composition(piece).instance_id)

    def remove(self) -> None:
        """What was asked for may happen though its answer never came."""
        chaos = self._chaos
        if chaos.songs and self._rng.random() < 0.5:
            song = self._rng.choice(chaos.songs)
            chaos.unwanted.add(song)
            chaos.removals.append(self._ripieno.delete(song).instance_id)
        elif chaos.works and self._rng.random() < 0.5:
            work = self._rng.choice(chaos.works)
            chaos.unwanted.add(work)
            chaos.removals.append(self._ripieno.delete_generation(work).instance_id)


class Chaos:
    """A stack whose parts are killed while people are at work on it."""

    def __init__(self, stack: Stack, seed: int, *, only_pieces: bool = False):
        self.stack, self.seed, self.only_pieces = stack, seed, only_pieces
        self.rng = random.Random(seed)
        self.rounds = 0
        self.songs: list[str] = []
        self.works: list[str] = []
        self.pieces: list[str] = []
        self.removals: list[str] = []
        self.unwanted: set[str] = set()
        self.clips: list[bytes] = []
        self.wrong: list[str] = []
        self.ends: Counter[str] = Counter()
        self.stopped = threading.Event()
        self.log = stack.home / "chaos.log"

    def tell(self, what: str) -> None:
        with self.log.open("a") as log:
            log.write(f"{datetime.now().isoformat(timespec='milliseconds')} {threading.current_thread().name} {what}\n")

    def round(self, kills: int) -> list[str]:
        """People work, `kills` processes are killed, everything comes to its end; returns what is wrong then."""
        self.rounds += 1
        self.songs, self.works, self.pieces, self.removals = [], [], [], []
        self.unwanted, self.clips, self.wrong = set(), [], []
        self.stopped.clear()
        self.tell(f"round {self.rounds}")
        people = [Person(self, number) for number in range(PEOPLE)]
        for person in people:
            person.start()
        for _ in range(kills):
            time.sleep(self.rng.uniform(0.0, LONGEST_PAUSE))  # the moment is what is being tried
            self.kill(self.rng.choice(VICTIMS))
        self.stopped.set()
        for person in people:
            person.join(120)
            if person.is_alive():
                self.wrong.append(f"{person.name} never came back")
        for name in ("host", *ENDPOINTS):
            self._child(name).wait_healthy(HEALTHY_SECONDS)
        return self._settled()

    def kill(self, victim: str) -> None:
        """SIGKILL one process, and start it again unless that is its parent's to do."""
        if victim == "worker":
            self._kill_worker()
            return
        self.tell(f"KILL {victim}")
        child = self._child(victim)
        assert child.process is not None
        os.kill(child.process.pid, signal.SIGKILL)
        child.process.wait()
        child.start()
        if self.rng.random() < 0.7:
            child.wait_healthy(HEALTHY_SECONDS)

    def _kill_worker(self) -> None:
        """One that is there: an endpoint which has just been started has none yet."""
        deadline = time.monotonic() + HEALTHY_SECONDS
        while time.monotonic() < deadline:
            parent = self._child(self.rng.choice(ENDPOINTS))
            try:
                family = psutil.Process(parent.pid).children(recursive=True)
                workers = [one for one in family if one.cmdline()[:1] == ["ripieno: worker"]]
                if workers:
                    chosen = self.rng.choice(workers)
                    self.tell(f"KILL worker {chosen.pid} of {parent.name}")
                    chosen.kill()
                    return
            except psutil.NoSuchProcess:
                pass
            time.sleep(0.1)
        raise TimeoutError("no endpoint has a worker")

    def _settled(self) -> list[str]:
        """What is still wrong once everything has had its time."""
        deadline = time.monotonic() + END_SECONDS
        while (wrong := list(violations(Snapshot.take(), settled=True))) and time.monotonic() < deadline:
            time.sleep(1.0)
        return [*self.wrong, *wrong, *self._ends()]

    def _ends(self) -> list[str]:
        """Every request that was answered has one end, which its owner can see."""
        wrong: list[str] = []
        with Ripieno(self.stack.url) as ripieno:
            for removal in dict.fromkeys(self.removals):
                if (state := ripieno.removal(removal).status) != "completed":
                    wrong.append(f"{removal} is {state}")
            kept_songs = sorted(set(self.songs) - self.unwanted)
            kept_works = sorted(set(self.works) - self.unwanted)
            for song_id in kept_songs:
                try:
                    song = ripieno.get(song_id)
                except RipienoError as fault:
                    wrong.append(f"song {song_id} was lost: {fault}")
                    continue
                self.ends[f"song {song.status}"] += 1
                if song.status not in (AudioFileStatus.ANALYZED, AudioFileStatus.FAILED):
                    wrong.append(f"song {song_id} is {song.status}")
                if song.status == AudioFileStatus.FAILED:
                    self.tell(f"song {song_id} failed: {song.error}")
            for work_id in kept_works:
                try:
                    work = ripieno.generation(work_id)
                except RipienoError as fault:
                    # A work goes with its song, whose removal may have been asked for by anybody.
                    if not self.unwanted:
                        wrong.append(f"work {work_id} was lost: {fault}")
                    continue
                self.ends[f"work {work.status}"] += 1
                if work.status == GenerationStatus.FAILED:
                    self.tell(f"work {work_id} failed: {work.error}")
            for piece in sorted(set(self.pieces) - self.unwanted):
                try:
                    made = ripieno.composition(piece)
                except RipienoError as fault:
                    wrong.append(f"composition {piece} was lost: {fault}")
                    continue
                for one in made.versions:
                    self.ends[f"version {one.status}"] += 1
                    if one.status == "failed":
                        self.tell(f"composition {piece} version {one.number} failed: {one.error}")
        return wrong

    def _child(self, name: str) -> Child:
        return next(child for child in self.stack._children if child.name == name)


def main() -> int:
    from tests.stacks import new_stack

    parser = argparse.ArgumentParser(prog="python -m tests.chaos.kills", description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=500)
    parser.add_argument("--only-pieces", action="store_true", help="people do nothing but compose")
    parser.add_argument("--seed", type=int, default=random.randrange(10**6))
    chosen = parser.parse_args()
    os.environ.update(SHORT_WAITS)
    home = Path(tempfile.mkdtemp(prefix="ripieno-chaos-"))
    stack = new_stack(home)
    stack.start(print)
    os.environ["AzureWebJobsStorage"] = stack.connection_string
    chaos = Chaos(stack, chosen.seed, only_pieces=chosen.only_pieces)
    print(f"seed {chosen.seed}, in {home}", flush=True)
    wrong: list[str] = []
    try:
        for done in range(0, chosen.kills, KILLS_A_ROUND):
            kills = min(KILLS_A_ROUND, chosen.kills - done)
            wrong = chaos.round(kills)
            made = (
                f"{len(chaos.songs)} uploads, {len(chaos.works)} works, {len(chaos.pieces)} compositions,"
                f" {len(chaos.removals)} removals"
            )
            print(f"{done + kills} kills, {made}: {len(wrong)} violations", *wrong, sep="\n", flush=True)
            if wrong:
                break
    finally:
        stack.stop()
    print("ends:", dict(chaos.ends))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
