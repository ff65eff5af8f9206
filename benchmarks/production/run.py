"""`python -m benchmarks.production`: time and peak memory of mixing and mastering long stems.

An hour of eight stems by default, two of them at another sample rate, written as FLAC. Storage is a folder here: what
is measured is the work on the samples, and Azure's client streams.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import shutil
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from unittest import mock

import numpy as np
import soundfile

from benchmarks.memory import peak_megabytes
from gpu_endpoints.production import mastering, mixing
from gpu_endpoints.serving.work import JobContext
from ripieno.contracts.enums import StemType
from ripieno.services import blobs

RATE = 44100


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--stems", type=int, default=8)
    parser.add_argument("--style", help="mix as this style is, each stem in a role; else they are summed")
    parser.add_argument("--master", action="store_true", help="master the mix too")
    parser.add_argument("--folder", type=Path, help="where there is room: about 4 GB for an hour")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=chosen.folder) as folder:
        print(json.dumps(measured(Path(folder), chosen.minutes, chosen.stems, chosen.style, master=chosen.master)))


def measured(folder: Path, minutes: float, stems: int, style: str | None, *, master: bool) -> dict:
    store = folder / "store"
    store.mkdir()
    rates = [48000 if number % 4 == 3 else RATE for number in range(stems)]
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as process:
        for number, rate in enumerate(rates):
            process.submit(record, store / f"{number}.flac", minutes, rate, number).result()
    with (
        mock.patch.dict("os.environ", {"AzureWebJobsStorage": "UseDevelopmentStorage=true"}),
        mock.patch.object(blobs, "download_to", lambda _, name, path: Path(shutil.copyfile(store / name, path))),
        mock.patch.object(blobs, "upload", lambda _, name, file: shutil.copyfileobj(file, (store / name).open("wb"))),
        mock.patch.object(blobs, "upload_json", lambda _, name, found: (store / name).write_text(json.dumps(found))),
    ):
        report = {"minutes": minutes, "stems": stems}
        roles = list(StemType)
        sources = [
            {"container": "stems", "blob_name": f"{number}.flac", "role": roles[number % len(roles)]}
            for number in range(stems)
        ]
        mixed, seconds = _timed(mixing.run, {"output": "mix", "sources": sources, "style": style}, folder / "mix")
        report |= {"mix_seconds": seconds, "mix_times_real_time": round(60 * minutes / seconds, 1)}
        if master:
            order = {"output": "master", "blob_name": mixed["blob_name"]}
            _, seconds = _timed(mastering.run, order, folder / "master")
            report |= {"master_seconds": seconds, "master_times_real_time": round(60 * minutes / seconds, 1)}
    return report | {"peak_megabytes": peak_megabytes()}


def record(path: Path, minutes: float, rate: int, seed: int) -> None:
    """In a process of its own, so that its memory is not counted."""
    block = np.random.default_rng(seed).normal(0, 0.05, (10 * rate, 2)).astype(np.float32)
    missing = round(60 * minutes * rate)
    with soundfile.SoundFile(path, "w", rate, 2, "PCM_16") as file:
        while missing:
            file.write(block[:missing])
            missing -= min(missing, len(block))


def _timed(job, job_input: dict, folder: Path) -> tuple[dict, float]:
    folder.mkdir()
    began = time.perf_counter()
    made = job(job_input, JobContext("benchmark", folder, lambda *_: None, lambda: False))
    seconds = round(time.perf_counter() - began, 1)
    shutil.rmtree(folder)
    return made, seconds
