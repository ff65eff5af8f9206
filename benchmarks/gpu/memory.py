"""`python -m benchmarks.gpu.memory`: a GPU's memory filled while a worker separates on it.

HTDemucs at its released size with random weights, in a worker process as an endpoint has it. With room for
everything, for a smaller batch, for nothing, and for everything again: what becomes of the job, and of the worker.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import soundfile
import torch

from benchmarks.separation.untrained import RATE, stored
from gpu_endpoints.analysis.separation.htdemucs import HtdemucsEngine
from gpu_endpoints.audio import decoding
from gpu_endpoints.serving.work import JobContext
from gpu_endpoints.serving.worker import WorkerProcess

GIB = 1 << 30
PHASES = (("all", None), ("4 GiB", 4 * GIB), ("2 GiB", 2 * GIB), ("64 MiB", GIB // 16), ("all again", None))
"""Room on the card."""
_engines: dict[str, HtdemucsEngine] = {}


def load_handlers() -> dict:
    return {"separate": _separate}


def _separate(job_input: dict, context: JobContext) -> dict:
    folder = job_input["model"]
    if folder not in _engines:
        _engines[folder] = HtdemucsEngine(Path(folder), job_input["device"])
    engine, sizes = _engines[folder], []
    infer = engine.infer
    engine.infer = lambda chunks: (sizes.append(len(chunks)), infer(chunks))[1]
    try:
        audio = decoding.open_audio(Path(job_input["song"]), max_seconds=3600)
        frames = sum(len(block["vocals"]) for block in engine.separate(audio, lambda done: None))
    finally:
        engine.infer = infer
    return {"frames": frames, "batches": sizes, "worker": os.getpid()}


def measure(folder: Path, device: str, fill) -> list[dict]:
    """A row for each phase. `fill(bytes)` leaves so many free on the card, all of them for None."""
    model, song = stored(folder / "htdemucs"), folder / "song.wav"
    noise = np.random.default_rng(1).normal(0, 0.1, (60 * RATE, 2)).astype(np.float32)
    soundfile.write(song, noise, RATE, "FLOAT")
    worker = WorkerProcess(load_handlers, threads=4)
    job = {"model": str(model), "song": str(song), "device": device}
    rows = []
    for phase, room in PHASES:
        worker.stop()  # what a worker once had it keeps
        fill(room)
        began = time.perf_counter()
        outcome, told = asyncio.run(
            worker.run(
                phase,
                "separate",
                job,
                on_progress=lambda done, stage: None,
                is_cancelled=lambda: False,
                timeout=240,
            )
        )
        rows.append(
            {"phase": phase, "outcome": outcome, "seconds": round(time.perf_counter() - began, 2), "told": told}
        )
    worker.stop()
    return rows


class _Card:
    """Takes memory of the card by plain allocations, in this process."""

    def __init__(self) -> None:
        self._taken: list[torch.Tensor] = []

    def fill(self, room: int | None) -> None:
        self._taken.clear()
        torch.cuda.empty_cache()
        while room is not None and (free := torch.cuda.mem_get_info()[0]) > room + (1 << 24):
            self._taken.append(torch.empty(max(1 << 23, (free - room) // 2), dtype=torch.uint8, device="cuda"))


def main() -> None:
    if not torch.cuda.is_available():
        sys.exit("there is no CUDA device here: run this on a machine with one")
    with tempfile.TemporaryDirectory() as folder:
        rows = measure(Path(folder), "cuda", _Card().fill)
    print(torch.cuda.get_device_name())
    for row in rows:
        print(json.dumps(row))


if __name__ == "__main__":
    main()
