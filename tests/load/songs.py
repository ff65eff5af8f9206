"""Many songs at once, of two users; and very many short ones through the whole pipeline."""

from __future__ import annotations

import argparse
import io
import random
import secrets
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from pathlib import Path

import numpy as np
import soundfile

from ripieno.client import Ripieno
from ripieno.contracts import names
from ripieno.contracts.enums import AudioFileStatus
from ripieno.services import blobs
from ripieno.work.invariants import Snapshot, violations
from tests.load.measuring import Bounds, Calls, Memory
from tests.load.stacks import loaded

RATE = 44100
AT_ONCE = 8
ANN, BEN = secrets.token_urlsafe(33), secrets.token_urlsafe(33)
LOOK_SECONDS = 1.0
SETTLE_SECONDS = 120.0
FIRST = 10
_ENDED = (AudioFileStatus.ANALYZED, AudioFileStatus.FAILED)


@lru_cache(2)
def _music(seconds: float) -> np.ndarray:
    """(samples, 2): chords and clicks, a progression of four that goes round."""
    time_axis = np.arange(round(seconds * RATE)) / RATE
    roots = np.array([130.8, 174.6, 196.0, 110.0])[(time_axis // 2).astype(int) % 4]
    phase = 2 * np.pi * np.cumsum(roots) / RATE
    tone = sum(np.sin(phase * ratio) for ratio in (1, 1.25, 1.5)) * 0.1
    click = (np.modf(time_axis * 2)[0] < 0.02) * 0.4
    return np.stack([tone + click, tone * 0.9 + click], axis=1).astype(np.float32)


def song(number: int, seconds: float) -> bytes:
    """A recording that no other number has, as FLAC."""
    music = _music(seconds).copy()
    music[: RATE // 10] += np.random.default_rng(number).normal(0, 0.05, (RATE // 10, 2)).astype(np.float32)
    data = io.BytesIO()
    soundfile.write(data, music, RATE, format="FLAC")
    return data.getvalue()


def together(arguments: argparse.Namespace) -> bool:
    """So many songs of one user at once, and one of another's, sent last."""
    calls, bounds = Calls(), Bounds()
    count, seconds = arguments.songs, 60 * arguments.minutes
    tokens = f"ann:Admin={ANN},ben:Analyst={BEN}"
    with loaded(RIPIENO_AUTH="token", RIPIENO_TOKENS=tokens) as stack, tempfile.TemporaryDirectory() as folder:

        def file(number: int) -> Path:
            path = Path(folder) / f"{number}.flac"
            path.write_bytes(song(number, seconds))
            return path

        with Ripieno(stack.url, token=ANN) as ann, Ripieno(stack.url, token=BEN) as ben, ThreadPoolExecutor(2) as two:
            files = list(two.map(file, range(count + 1)))
            with Memory(stack.pid, ("host", "analysis", "generation")) as memory:
                began = time.monotonic()

                def send(path: Path) -> str:
                    with calls.timed("upload"):
                        return ann.upload(path)

                with ThreadPoolExecutor(AT_ONCE) as many:
                    hers = list(many.map(send, files[:count]))
                before = sum(1 for one in ann.search(status="analyzed", limit=200))
                with calls.timed("upload"):
                    his = ben.upload(files[count])
                sent = time.monotonic() - began
                deadline = began + arguments.patience * 60
                while (left := _left(ann, calls)) and time.monotonic() < deadline:
                    time.sleep(LOOK_SECONDS)
                one = ben.wait(his, timeout=60)
                took = time.monotonic() - began
            ended = [ann.get(each) for each in hers]
    done = [each for each in ended if each.status == AudioFileStatus.ANALYZED]
    earlier = sum(1 for each in done if (each.analyzed_at or "") < (one.analyzed_at or ""))
    print(calls.table())
    print(f"{count + 1} songs of {seconds:.0f} s in {took:.0f} s; sent after {sent:.0f} s, when {before} were ready")
    bounds.check(f"all of {count} analysed", len(done) == count and not left, Counter(str(e.status) for e in ended))
    bounds.check("the other user's is analysed", one.status == AudioFileStatus.ANALYZED, one.error or "it is")
    bounds.check(f"the other user's, sent last, is among the first {FIRST}", earlier < FIRST, f"number {earlier + 1}")
    bounds.memory(memory, {"host": arguments.host_mb, "analysis": arguments.endpoint_mb})
    return bounds.tell()


def _left(ripieno: Ripieno, calls: Calls) -> int:
    """How many have not ended; asked as somebody who looks at a page does."""
    left = 0
    for status in ("uploaded", "analyzing"):
        with calls.timed("list"):
            left += sum(1 for _ in ripieno.search(status=status, limit=200))
    return left


def pipeline(arguments: argparse.Namespace) -> bool:
    """Short songs, half of them uploaded and half dropped into the inbox."""
    calls, bounds, rng = Calls(), Bounds(), random.Random(1)
    with loaded() as stack, Memory(stack.pid, ("host", "analysis", "storage")) as memory:
        began = time.monotonic()
        with Ripieno(stack.url) as ripieno, tempfile.TemporaryDirectory() as folder:

            def bring(number: int) -> str | None:
                data = song(number, arguments.seconds)
                if number % 2:
                    with calls.timed("drop"):
                        blobs.upload(names.RAW_AUDIO, f"{number}.flac", data)
                    return None
                path = Path(folder) / f"{number}.flac"
                path.write_bytes(data)
                with calls.timed("upload"):
                    return ripieno.upload(path)

            with ThreadPoolExecutor(AT_ONCE) as many:
                sent = [one for one in many.map(bring, range(arguments.songs)) if one]
            deadline = began + arguments.patience * 60
            found: Counter[str] = Counter()
            while time.monotonic() < deadline:
                with calls.timed("list"):
                    found = Counter(str(one.status) for one in ripieno.search(limit=200))
                if found["analyzed"] + found["failed"] >= arguments.songs:
                    break
                with calls.timed("get"):
                    ripieno.get(rng.choice(sent))
                time.sleep(LOOK_SECONDS)
            took = time.monotonic() - began
            wrong = until_none(lambda: list(violations(Snapshot.take(), settled=True)))
    print(calls.table())
    print(
        f"{arguments.songs} songs of {arguments.seconds:g} s in {took:.0f} s: {3600 * arguments.songs / took:.0f} an hour"
    )
    bounds.check(f"all of {arguments.songs} analysed", found == {"analyzed": arguments.songs}, dict(found))
    bounds.check("nothing is lost, doubled or left over", not wrong, wrong[:5] or "nothing")
    bounds.memory(memory, {"host": arguments.host_mb, "analysis": arguments.endpoint_mb})
    return bounds.tell()


def until_none(look: Callable[[], list[str]]) -> list[str]:
    """What is still found once there was time for the last steps."""
    deadline = time.monotonic() + SETTLE_SECONDS
    pause = threading.Event()
    while (found := look()) and time.monotonic() < deadline:
        pause.wait(LOOK_SECONDS)
    return found
