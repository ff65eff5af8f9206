"""`python -m benchmarks.analysis`: every engine over a corpus; a table, the raw results, and the plots of the docs."""

from __future__ import annotations

import argparse
import json
import multiprocessing
import time
import warnings
from collections import defaultdict
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
import soundfile

from benchmarks.analysis import corpus, plots, scores, soundfonts
from benchmarks.analysis.engines import ENGINES
from benchmarks.memory import peak_megabytes

HELD_OUT = 10_000  # seeds from here on choose nothing: they are for reporting
TASKS = (
    "beats F", "downbeats F", "tempo Acc1", "tempo Acc2", "key", "local key", "chords majmin", "chords sevenths",
    "chords with bass", "sections HR0.5F", "sections HR3F", "tuning cents",
)  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, help="(audio, .jams) pairs of your own, instead of the made corpus")
    parser.add_argument("--songs", type=int, default=24)
    parser.add_argument("--split", choices=("development", "held-out"), default="held-out")
    parser.add_argument("--engine", action="append", choices=list(ENGINES), help="all by default")
    parser.add_argument("--out", type=Path, default=Path(".ripieno/benchmarks/analysis"))
    parser.add_argument("--plots", type=Path, help="draw accuracy.svg and confidence.svg into this folder")
    chosen = parser.parse_args()

    folder = chosen.folder
    if folder is None:
        folder = chosen.out / chosen.split
        start = HELD_OUT if chosen.split == "held-out" else 0
        fonts = soundfonts.of_split(chosen.split, chosen.out.parent / "soundfonts")
        corpus.make(folder, range(start, start + chosen.songs), fonts)
    pairs = [(path, path.with_suffix(".jams")) for path in sorted(folder.iterdir()) if _is_annotated(path)]
    results = []
    for engine in chosen.engine or ENGINES:
        results += _measure(engine, pairs[: chosen.songs if chosen.folder is None else None])
    chosen.out.mkdir(parents=True, exist_ok=True)
    (chosen.out / f"{folder.name}.json").write_text(json.dumps(results, indent=1))
    if chosen.plots:
        if len({result["engine"] for result in results}) > 1:
            plots.accuracy(results, chosen.plots / "accuracy.svg")
        plots.confidence(results, chosen.plots / "confidence.svg")
    print(table(results))


def _is_annotated(path: Path) -> bool:
    return path.suffix in (".flac", ".wav", ".mp3", ".ogg") and path.with_suffix(".jams").exists()


def _measure(engine: str, pairs: list[tuple[Path, Path]]) -> list[dict]:
    """Each engine in a process of its own, so that its memory is its own; the first song warms it up unmeasured."""
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as process:
        process.submit(_song, engine, *pairs[0]).result()
        results = []
        for pair in pairs:
            results.append(process.submit(_song, engine, *pair).result())
            print(f"{engine} {results[-1]['song']}", flush=True)
    return results


def _song(engine: str, audio: Path, annotation: Path) -> dict:
    warnings.simplefilter("ignore")
    truth = scores.truth_of(annotation)
    began = time.perf_counter()
    found = ENGINES[engine](audio)
    seconds = time.perf_counter() - began
    return {
        "engine": engine,
        "song": audio.stem,
        "tags": truth["tags"],
        "scores": scores.score(truth, found),
        "reliability": scores.reliability(truth, found["analysis"]) if "analysis" in found else {},
        "found": {name: found.get(name) for name in ("bpm", "key", "tuning")},
        "truth": {name: truth[name] for name in ("bpm", "key", "tuning")},
        "seconds_per_minute": seconds / (soundfile.info(audio).duration / 60),
        "peak_megabytes": peak_megabytes(),
    }


def table(results: list[dict]) -> str:
    """Mean scores by task and engine, and what they cost, as Markdown."""
    engines = list(dict.fromkeys(result["engine"] for result in results))
    lines = ["| | " + " | ".join(engines) + " |", "|---" * (len(engines) + 1) + "|"]
    for task in TASKS:
        lines.append(f"| {task} | " + " | ".join(_mean(results, engine, task) for engine in engines) + " |")
    for name, title in (("seconds_per_minute", "seconds a minute"), ("peak_megabytes", "peak MB")):
        figures = [[r[name] for r in results if r["engine"] == engine] for engine in engines]
        shown = [f"{np.mean(f):.2f}" if name == "seconds_per_minute" else f"{max(f):.0f}" for f in figures]
        lines.append(f"| {title} | " + " | ".join(shown) + " |")
    return "\n".join(lines) + "\n\n" + _by_tag([r for r in results if r["engine"] == engines[0]])


def _mean(results: list[dict], engine: str, task: str) -> str:
    values = [r["scores"][task] for r in results if r["engine"] == engine and task in r["scores"]]
    return f"{np.mean(values):.3f}" if values else "–"


def _by_tag(results: list[dict]) -> str:
    """The first engine by kind of song."""
    groups: dict[str, list[dict]] = defaultdict(list)
    for result in results:
        for tag in result["tags"]:
            groups[tag].append(result)
    if not groups:
        return ""
    shown = [task for task in TASKS if task != "tempo Acc2"]
    lines = ["| kind (songs) | " + " | ".join(shown) + " |", "|---" * (len(shown) + 1) + "|"]
    for tag, members in sorted(groups.items()):
        cells = [_mean(members, members[0]["engine"], task) for task in shown]
        lines.append(f"| {tag} ({len(members)}) | " + " | ".join(cells) + " |")
    return "\n".join(lines)
