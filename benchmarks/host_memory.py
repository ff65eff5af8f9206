"""Memory of the host while whole songs are uploaded, and while a large file is dropped.

    python -m benchmarks.host_memory                           # sixty songs of 3 to 4 minutes, and 300 MB dropped
    python -m benchmarks.host_memory --songs 12 --only-taken-in

Megabytes of the host process alone (resident set): after a first song, the most while songs went through it, a few
seconds after the last one, and the most while the drop was taken in. Every song has bytes of its own. `--only-taken-in`
does not wait for analyses: the endpoints have no part in what the host keeps.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import random
import sys
import tempfile
import threading
import time
import uuid
from pathlib import Path

import numpy as np
import psutil
import soundfile

from ripieno.client import Ripieno
from ripieno.contracts import names
from ripieno.local.stack import Stack
from ripieno.services import blobs

RATE = 44100
SHORTEST, LONGEST = 180.0, 240.0
MEGABYTE = 2**20
SETTLE_SECONDS = 5.0
SAMPLE_SECONDS = 0.1
HOURS = 3600.0


class Watch:
    """The most resident memory of a process while it is watched."""

    def __init__(self, pid: int):
        self._process, self._over, self.peak = psutil.Process(pid), threading.Event(), 0
        self._thread = threading.Thread(target=self._sample, daemon=True)

    @property
    def now(self) -> int:
        return round(self._process.memory_info().rss / MEGABYTE)

    def __enter__(self) -> Watch:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _sample(self) -> None:
        while not self._over.wait(SAMPLE_SECONDS):
            self.peak = max(self.peak, self.now)


def song(seconds: float) -> bytes:
    """A recording of stereo music, 16 bits, that nobody has."""
    rng = np.random.default_rng()
    time_axis = np.arange(round(seconds * RATE)) / RATE
    tone = sum(np.sin(2 * np.pi * rng.uniform(100, 400) * ratio * time_axis) for ratio in (1, 1.25, 1.5)) * 0.1
    click = (np.modf(time_axis * 2)[0] < 0.02) * 0.5
    data = io.BytesIO()
    soundfile.write(data, np.stack([tone + click] * 2, axis=1), RATE, format="WAV")
    return data.getvalue()


def uploaded(stack: Stack, count: int, seconds: tuple[float, float], *, wait: bool) -> dict[str, int]:
    """The host's memory through `count` uploads one after another."""
    rng = random.Random(0)
    with Ripieno(stack.url, timeout=300) as ripieno, tempfile.TemporaryDirectory() as folder:

        def go(number: int) -> None:
            path = Path(folder) / f"{number}.wav"
            path.write_bytes(song(rng.uniform(*seconds)))
            song_id = ripieno.upload(path)
            path.unlink()
            if wait:
                ripieno.wait(song_id, timeout=HOURS)

        go(0)
        with Watch(stack.pid("host")) as watch:
            first = watch.now
            for number in range(1, count):
                go(number)
            time.sleep(SETTLE_SECONDS)
            return {"after one": first, "most": watch.peak, "after all": watch.now, "songs": count}


def dropped(stack: Stack, megabytes: int) -> dict[str, int]:
    """The host's memory while a file of this size is taken out of the inbox."""
    name = f"{uuid.uuid4().hex}.wav"
    with Watch(stack.pid("host")) as watch:
        before = watch.now
        blobs.upload(names.RAW_AUDIO, name, song(megabytes * MEGABYTE / (RATE * 4)))
        deadline = time.monotonic() + HOURS
        while name in blobs.list_names(names.RAW_AUDIO):
            if time.monotonic() > deadline:
                raise TimeoutError("the drop was not taken in")
            time.sleep(SAMPLE_SECONDS)
        return {"before": before, "most": watch.peak, "after": watch.now, "megabytes": megabytes}


def main() -> None:
    from tests.stacks import new_stack

    parser = argparse.ArgumentParser(prog="python -m benchmarks.host_memory", description=__doc__)
    parser.add_argument("--songs", type=int, default=60)
    parser.add_argument("--seconds", type=float, nargs=2, default=(SHORTEST, LONGEST))
    parser.add_argument("--drop", type=int, default=300, metavar="MEGABYTES")
    parser.add_argument("--only-taken-in", action="store_true")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as home:
        stack = new_stack(Path(home))
        stack.start(lambda text: print(text, file=sys.stderr))
        os.environ["AzureWebJobsStorage"] = stack.connection_string
        try:
            songs = uploaded(stack, chosen.songs, tuple(chosen.seconds), wait=not chosen.only_taken_in)
            print(json.dumps({"uploads": songs, "drop": dropped(stack, chosen.drop)}, indent=1))
        finally:
            stack.stop()


if __name__ == "__main__":
    main()
