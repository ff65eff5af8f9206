"""`python -m benchmarks.sets`: how sets are planned, how fast they are rendered and how well, and pictures of journeys.

The library is made here, so that its truth is known (`songs.py`): 400 songs of twelve styles. Each night is planned by
its persona; one of them is rendered, as long as it was asked for, and the memory of that is told. Storage is a folder
here: what is measured is the work on the samples, and Azure's client streams.
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

from benchmarks.memory import peak_megabytes
from benchmarks.sets import plots
from benchmarks.sets.songs import library, recorded
from gpu_endpoints.production.sets import job
from gpu_endpoints.serving.work import JobContext
from ripieno.contracts.sets import SetOrder, SetPlan, SetRenderInput, SetSong
from ripieno.music.sets import explaining, planning
from ripieno.services import blobs

NIGHTS = (
    ("marlene", "from dusk to peak to home"),
    ("rico", "a warm-up, then a party, then home"),
    ("vesper", "dark, driving, peak, then calm"),
    ("jules", "dinner, groovy, euphoric, dreamy"),
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--library", type=int, default=400, help="songs to choose from")
    parser.add_argument("--count", type=int, default=20, help="songs of each planned night")
    parser.add_argument("--minutes", type=float, default=20.0, help="length of the set that is rendered; 0: none is")
    parser.add_argument("--persona", default="marlene", help="who plays what is rendered")
    parser.add_argument("--pictures", type=Path, help="a folder for the pictures")
    chosen = parser.parse_args()
    songs = library(chosen.library)
    report: dict = {"library": len(songs), "planned": []}
    nights: list[tuple[str, SetPlan]] = []
    for persona, brief in NIGHTS:
        began = time.perf_counter()
        plan = planning.plan(SetOrder(brief=brief, persona=persona, count=chosen.count, random_seed=1), songs)
        seconds = time.perf_counter() - began
        nights.append((brief, plan))
        report["planned"].append(_about(plan, brief, seconds))
    if chosen.pictures:
        plots.journeys(nights, chosen.pictures / "set-journeys.svg")
    if chosen.minutes:
        order = SetOrder(
            brief=NIGHTS[0][1], persona=chosen.persona, duration_seconds=60 * chosen.minutes, random_seed=1
        )
        with tempfile.TemporaryDirectory() as folder:
            report["rendered"] = measured(Path(folder), planning.plan(order, songs), songs)
    print(json.dumps(report, indent=1))


def _about(plan: SetPlan, brief: str, seconds: float) -> dict:
    off = [abs(one.energy_got - one.energy_asked) for one in plan.got]
    kinds = [one.kind for one in plan.transitions]
    stretches = [abs(x - 1) for one in plan.transitions for x in (one.stretch_from, one.stretch_to)]
    return {
        "persona": plan.persona,
        "brief": brief,
        "seconds": round(seconds, 2),
        "songs": len(plan.songs),
        "minutes": round(plan.duration_seconds / 60, 1),
        "energy_off": round(sum(off) / len(off), 3),
        "near_keys": round(sum(explaining.near_keys(plan)) / max(1, len(kinds)), 2),
        "kinds": {kind: kinds.count(kind) for kind in sorted(set(kinds))},
        "most_stretch": round(max(stretches, default=0.0), 3),
        "artists": len({one.artist for one in plan.songs}),
        "bridges": len(plan.bridges),
    }


def measured(folder: Path, plan: SetPlan, songs: list[SetSong]) -> dict:
    """A plan rendered from recordings that are made for it."""
    store = folder / "store"
    store.mkdir()
    known = {one.song: one for one in songs}
    heard = [known[one.song] for one in plan.songs]
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as process:
        for one in heard:
            process.submit(recorded, one, store).result()
    order = SetRenderInput(output="set", plan=plan, songs=heard)
    work = folder / "work"
    work.mkdir()
    with (
        mock.patch.dict("os.environ", {"AzureWebJobsStorage": "UseDevelopmentStorage=true"}),
        mock.patch.object(blobs, "download_to", lambda _, name, path: Path(shutil.copyfile(store / name, path))),
        mock.patch.object(blobs, "upload", lambda *_: None),
        mock.patch.object(blobs, "upload_json", lambda *_: None),
    ):
        began, used = time.perf_counter(), time.process_time()
        made = job.run(order.model_dump(mode="json"), JobContext("benchmark", work, lambda *_: None, lambda: False))
        seconds, used = time.perf_counter() - began, time.process_time() - used
    apart = [one["beats_ms"] for one in made["blends"] if one["beats_ms"] is not None]
    return {
        "persona": plan.persona,
        "songs": len(heard),
        "minutes": round(made["duration_seconds"] / 60, 1),
        "seconds": round(seconds, 1),
        "times_real_time": round(made["duration_seconds"] / seconds, 1),
        "times_real_time_of_processor": round(made["duration_seconds"] / used, 1),
        "beats_apart_ms": max(apart, default=None),
        "phrases_meet": sum(one["phrases_meet"] for one in made["blends"]),
        "blends": len(made["blends"]),
        "true_peak_db": made["true_peak_db"],
        "loudness_lufs": made["loudness_lufs"],
        "largest_step_lu": made["largest_step"],
        "kinds": sorted({one.kind for one in plan.transitions}),
        "peak_megabytes": peak_megabytes(),
    }
