"""`python -m benchmarks.separation`: HTDemucs at its released size with random weights, in torch and in ONNX Runtime.

Segment after segment in turn, so that both meet the same noise; the ratio is of the medians. Speed does not depend on
the values of the weights.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from functools import lru_cache
from pathlib import Path

import numpy as np
import soundfile
import torch

from benchmarks.memory import peak_megabytes
from benchmarks.separation.untrained import RATE, stored
from gpu_endpoints.analysis.separation import overlap
from gpu_endpoints.analysis.separation.htdemucs import HtdemucsEngine
from gpu_endpoints.audio import decoding
from gpu_endpoints.directml.convert import convert
from gpu_endpoints.directml.engine import Description, OnnxEngine
from gpu_endpoints.directml.providers import choose


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--segments", type=int, default=8)
    parser.add_argument("--out", type=Path, default=Path(".ripieno/benchmarks/separation.json"))
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        found = compare(Path(folder), chosen.segments)
        with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as process:
            found["two_hours_peak_megabytes"] = process.submit(two_hours, Path(folder)).result()
    chosen.out.parent.mkdir(parents=True, exist_ok=True)
    chosen.out.write_text(json.dumps(found, indent=1))
    print(json.dumps(found, indent=1))


def compare(folder: Path, segments: int) -> dict:
    """Each engine in a process of its own, so that the idle threads of one do not disturb the other."""
    source = stored(folder / "htdemucs")
    about = convert(source, "htdemucs", folder / "htdemucs-onnx")
    spawn = multiprocessing.get_context("spawn")
    seconds: dict[str, list[float]] = {"torch": [], "onnx": []}
    with ExitStack() as processes:
        pools = {name: processes.enter_context(ProcessPoolExecutor(1, mp_context=spawn)) for name in seconds}
        for turn in range(segments + 2):
            for name, pool in pools.items():
                took = pool.submit(_segment, name, folder).result()
                if turn > 1:  # the first turns warm up
                    seconds[name].append(took)
    medians = {name: statistics.median(times) for name, times in seconds.items()}
    return {
        "parity": about.parity["fp32"],
        "seconds_a_segment": {name: round(value, 2) for name, value in medians.items()},
        "times_real_time": {name: round(about.segment / RATE / value, 2) for name, value in medians.items()},
        "onnx_faster_by": round(medians["torch"] / medians["onnx"], 2),
    }


@lru_cache(maxsize=1)
def _engine(name: str, folder: Path) -> tuple[Callable[[np.ndarray], np.ndarray], np.ndarray]:
    if name == "torch":
        torch.set_num_threads(os.cpu_count() or 1)
        infer = HtdemucsEngine(folder / "htdemucs", "cpu").infer
    else:
        infer = OnnxEngine(folder / "htdemucs-onnx", choose("cpu", "fp32")).infer
    segment = Description.load(folder / "htdemucs-onnx").segment
    return infer, np.random.default_rng(0).normal(0, 1, (1, 2, segment)).astype(np.float32)


def _segment(name: str, folder: Path) -> float:
    infer, mix = _engine(name, folder)
    began = time.perf_counter()
    infer(mix)
    return time.perf_counter() - began


def two_hours(folder: Path) -> int:
    """Peak memory in MB while two hours stream through the released size's overlap-add: one real segment, then
    a stand-in for the model, since memory does not depend on what it computes."""
    infer, mix = _engine("torch", folder)
    infer(mix)
    path = folder / "long.flac"
    minute = np.random.default_rng(0).normal(0, 0.1, (60 * RATE, 2)).astype(np.float32)
    with soundfile.SoundFile(path, "w", RATE, 2, "PCM_16") as file:
        for _ in range(120):
            file.write(minute)
    audio = decoding.open_audio(path, max_seconds=3 * 3600)
    stems = ("drums", "bass", "other", "vocals")
    frames = 0
    for block in overlap.separate(
        audio,
        lambda chunks: np.repeat(chunks[:, None] / 4, 4, axis=1),
        stems=stems,
        rate=RATE,
        segment=int(7.8 * RATE),
        on_progress=lambda done: None,
    ):
        frames += len(block["drums"])
    assert frames == audio.frames
    return peak_megabytes()
