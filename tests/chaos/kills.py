"""Kill -9 of the host, the endpoints or a worker while people upload, generate, review, mix, cancel and remove; then
everything has one end, and the invariants hold.

    python -m tests.chaos.kills --kills 500 --seed 7        # what `make chaos` runs
"""

from __future__ import annotations

import argparse
import io
import os
import random
import signal
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import psutil
import soundfile
from azure.storage.blob import BlobServiceClient

from ripieno.client import Ripieno, RipienoError
from ripieno.contracts import names
from ripieno.contracts.generation import GenerationOrder, GenerationParameters, MixOrder
from ripieno.local.stack import Stack
from tests.chaos.invariants import Snapshot, violations

RATE = 22050
CLIP_SECONDS = 4.0
END_SECONDS = 300.0
VICTIMS = ("host", "analysis", "generation", "worker")


@dataclass
class Chaos:
    """People at work on a stack whose parts are killed. `log` says what was done, for whoever has to understand."""

    stack: Stack
    seed: int
    log: list[str] = field(default_factory=list)
    songs: list[str] = field(default_factory=list)
    works: list[str] = field(default_factory=list)
    removals: list[str] = field(default_factory=list)
    clips: list[bytes] = field(default_factory=list)
    _stop: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self.rng = random.Random(self.seed)

    # -- people ---------------------------------------------------------------------------------------------------

    def people(self, number: int) -> None:
        """One person, until told to stop; what cannot be done while something is dead is tried another time."""
        rng = random.Random(self.seed * 1000 + number)
        with Ripieno(self.stack.url, timeout=30) as ripieno:
            while not self._stop.is_set():
                deed = rng.choice((self.upload, self.upload, self.again, self.drop, self.generate, self.review,
                                   self.mix, self.cancel, self.remove))  # fmt: skip
                try:
                    deed(ripieno, rng)
                    self.log.append(f"{time.strftime('%X')} {deed.__name__}")
                except (RipienoError, TimeoutError, IndexError) as fault:
                    self.log.append(f"{time.strftime('%X')} {deed.__name__}: {type(fault).__name__}: {fault}"[:300])
                self._stop.wait(rng.uniform(0.05, 0.6))

    def clip(self, rng: random.Random) -> bytes:
        """A few seconds of chords and clicks that nobody has uploaded yet."""
        time_axis = np.arange(round(CLIP_SECONDS * RATE)) / RATE
        root = rng.uniform(100, 300)
        tone = sum(np.sin(2 * np.pi * root * ratio * time_axis) for ratio in (1, 1.25, 1.5)) * 0.1
        click = (np.modf(time_axis * 2)[0] < 0.02) * 0.5
        data = io.BytesIO()
        soundfile.write(data, tone + click + rng.random() * 1e-3, RATE, format="WAV")
        self.clips.append(data.getvalue())
        return data.getvalue()

    def _sent(self, ripieno: Ripieno, data: bytes) -> None:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "clip.wav"
            path.write_bytes(data)
            self.songs.append(ripieno.upload(path))

    def upload(self, ripieno: Ripieno, rng: random.Random) -> None:
        self._sent(ripieno, self.clip(rng))

    def again(self, ripieno: Ripieno, rng: random.Random) -> None:
        """The same bytes once more, which may have been removed or be on their way out."""
        self._sent(ripieno, rng.choice(self.clips))

    def drop(self, ripieno: Ripieno, rng: random.Random) -> None:
        service = BlobServiceClient.from_connection_string(self.stack.connection_string)
        service.get_container_client(names.RAW_AUDIO).upload_blob(f"{rng.random()}.wav", self.clip(rng))

    def generate(self, ripieno: Ripieno, rng: random.Random) -> None:
        analysed = [song.audio_file_id for song in ripieno.search(status="analyzed", limit=50)]
        given = GenerationParameters(random_seed=1, bars=(1, 1))
        free = GenerationParameters(random_seed=1, target_bpm=120, duration_seconds=3, chord_progression=["C", "F"])
        song = rng.choice(analysed) if analysed and rng.random() < 0.5 else None
        order = GenerationOrder(audio_file_id=song, target_stems=["bass", "drums"], parameters=given if song else free)
        self.works.append(ripieno.generate(order))

    def review(self, ripieno: Ripieno, rng: random.Random) -> None:
        work = rng.choice(self.works)
        if rng.random() < 0.5:
            ripieno.approve(work, rng.choice(("bass", "drums")))
        else:
            ripieno.reject(work, rng.choice(("bass", "drums")), rng.choice(("", "busier", "an octave lower")))

    def mix(self, ripieno: Ripieno, rng: random.Random) -> None:
        ripieno.mix(rng.choice(self.works), MixOrder(gains={"bass": rng.choice((-3.0, 0.0))}), timeout=1)

    def cancel(self, ripieno: Ripieno, rng: random.Random) -> None:
        if rng.random() < 0.3:
            ripieno.cancel_generation(rng.choice(self.works))

    def remove(self, ripieno: Ripieno, rng: random.Random) -> None:
        if rng.random() < 0.5:
            self.removals.append(ripieno.delete(rng.choice(self.songs)).instance_id)
        else:
            self.removals.append(ripieno.delete_generation(rng.choice(self.works)).instance_id)

    # -- kills ----------------------------------------------------------------------------------------------------

    def kill(self, victim: str) -> None:
        """SIGKILL one process, and start it again if it is the supervisor's to start."""
        self.log.append(f"{time.strftime('%X')} KILL {victim}")
        if victim == "worker":
            parent = psutil.Process(self._child(self.rng.choice(("analysis", "generation"))).pid)
            workers = [one for one in parent.children() if "spawn_main" in str(one.cmdline())]
            if workers:
                self.rng.choice(workers).kill()
            return
        child = self._child(victim)
        os.kill(child.pid, signal.SIGKILL)
        child.process.wait()
        child.start()

    def run(self, kills: int, people: int = 3) -> None:
        """Kill so often while people are at work, each time at a random moment."""
        threads = [threading.Thread(target=self.people, args=(number,), daemon=True) for number in range(people)]
        for thread in threads:
            thread.start()
        for _ in range(kills):
            time.sleep(self.rng.uniform(0.0, 2.5))  # the moment is what is being tried
            victim = self.rng.choice(VICTIMS)
            self.kill(victim)
            if victim != "worker" and self.rng.random() < 0.7:
                self._child(victim).wait_healthy(90)
        self._stop.set()
        for thread in threads:
            thread.join(60)
        for name in ("host", "analysis", "generation"):
            self._child(name).wait_healthy(90)

    def settle(self) -> list[str]:
        """What is still wrong once everything has had its time."""
        deadline = time.monotonic() + END_SECONDS
        while (wrong := list(violations(Snapshot.take(), settled=True))) and time.monotonic() < deadline:
            time.sleep(2.0)
        with Ripieno(self.stack.url) as ripieno:
            for removal in dict.fromkeys(self.removals):
                state = ripieno.removal(removal).status
                if state != "completed":
                    wrong.append(f"{removal} is {state}")
        return wrong

    def _child(self, name: str):
        return next(child for child in self.stack._children if child.name == name)


def main() -> int:
    from tests.conftest import new_stack

    parser = argparse.ArgumentParser(prog="python -m tests.chaos.kills", description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=500)
    parser.add_argument("--seed", type=int, default=random.randrange(10**6))
    parser.add_argument("--log", type=Path, help="where to write what was done")
    chosen = parser.parse_args()
    os.environ.setdefault("RIPIENO_SWEEP_SECONDS", "2")
    os.environ.setdefault("RIPIENO_REST_SECONDS", "3")
    home = Path(tempfile.mkdtemp(prefix="ripieno-chaos-"))
    stack = new_stack(home)
    stack.start(print)
    os.environ["AzureWebJobsStorage"] = stack.connection_string
    chaos = Chaos(stack, chosen.seed)
    print(f"seed {chosen.seed}, in {home}", flush=True)
    try:
        chaos.run(chosen.kills)
        wrong = chaos.settle()
    finally:
        stack.stop()
    if chosen.log:
        chosen.log.write_text("\n".join(chaos.log))
    done = f"{chosen.kills} kills, {len(chaos.songs)} uploads, {len(chaos.works)} works, {len(chaos.removals)} removals"
    print(f"{done}: {len(wrong)} violations", *wrong, sep="\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
