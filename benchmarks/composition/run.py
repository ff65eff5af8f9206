"""`python -m benchmarks.composition`: twenty briefs composed and heard again; prints a table, and writes what it found.

A storage of its own (Azurite), two pieces at a time, each in a process of its own. Seconds are of the work alone: the
workflow of a stack adds its queues and its polling, and makes two layers at a time. `--docs docs` writes the page and
its pictures.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import multiprocessing
import os
import tempfile
import warnings
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np

_FOUND = "<!-- what was found: written by python -m benchmarks.composition --docs docs -->"
BRIEFS = Path(__file__).with_name("briefs.json")
_COLUMNS = (
    ("tempo error %", "tempo error %", "{:.2f}"), ("key right", "key", "{:.0f}"), ("borders F", "borders F", "{:.2f}"),
    ("energy", "energy", "{:.2f}"), ("loudness error LU", "LU off", "{:.2f}"), ("true peak dBTP", "dBTP", "{:.1f}"),
    ("in tune", "in tune", "{:.2f}"), ("words ms", "words ms", "{:.0f}"), ("words in bar", "in bar", "{:.2f}"),
    ("least chords", "chords", "{:.2f}"), ("style led", "style", "{:.0f}"), ("mood held", "mood", "{:.0f}"),
    ("tries", "tries", "{:.0f}"), ("cpu", "cpu s", "{:.0f}"),
)  # fmt: skip
PICTURED = (1, 4)
_GOALS: tuple[tuple[str, str, Callable[[list[float]], bool]], ...] = (
    ("tempo error %", "tempo within .5 % in all", lambda found: max(found) <= 0.5),
    ("key right", "key in 95 %", lambda found: float(np.mean(found)) >= 0.95),
    ("borders F", "section borders F at .5 s, mean .9", lambda found: float(np.mean(found)) >= 0.9),
    ("energy", "energy correlation of each, .8", lambda found: min(found) >= 0.8),
    ("loudness error LU", "loudness within .5 LU in all", lambda found: max(found) <= 0.5),
    ("true peak dBTP", "true peak at most -1 dBTP in all", lambda found: max(found) <= -1.0),
    ("in tune", "sung within 30 cents on 90 % of voiced frames, mean", lambda found: float(np.mean(found)) >= 0.9),
    ("words ms", "words within 30 ms of their place, each median", lambda found: max(found) <= 30),
    ("least chords", "chord agreement of every harmonic layer, .9", lambda found: min(found) >= 0.9),
)  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", type=int, action="append", help="the number of a brief, from 1")
    parser.add_argument("--at-once", type=int, default=2)
    parser.add_argument("--out", type=Path, default=Path(".ripieno/benchmarks/composition"))
    parser.add_argument("--docs", type=Path, help="write composition-accuracy.md and the pictures into this folder")
    chosen = parser.parse_args()
    briefs = json.loads(BRIEFS.read_text())
    numbers = chosen.only or range(1, len(briefs) + 1)
    wanted = [(number, briefs[number - 1]) for number in numbers]
    rows = measured(wanted, chosen.out, at_once=chosen.at_once, pictures=chosen.docs)
    (chosen.out / "found.json").write_text(json.dumps(rows, indent=1))
    said = "\n\n".join((goals(rows), table(rows), stages(rows)))
    print(said)
    if chosen.docs:
        page = chosen.docs / "composition-accuracy.md"
        about = page.read_text().partition(_FOUND)[0] if page.exists() else "# How true compositions are\n\n"
        page.write_text(f"{about}{_FOUND}\n\n{said}\n")


def measured(
    briefs: list[tuple[int, dict[str, Any]]], out: Path, *, at_once: int = 2, pictures: Path | None = None
) -> list[dict[str, Any]]:
    """One row a brief; of some also pictures, where a folder for them is given."""
    from tests.stacks import azurite_of_its_own

    out.mkdir(parents=True, exist_ok=True)
    spawn = multiprocessing.get_context("spawn")
    with tempfile.TemporaryDirectory() as home, azurite_of_its_own(Path(home)) as connection:
        with ProcessPoolExecutor(at_once, mp_context=spawn) as pool:
            jobs = [
                pool.submit(one, number, brief, out / f"{number}", connection, pictures) for number, brief in briefs
            ]
            return [job.result() for job in jobs]


def one(
    number: int, brief: dict[str, Any], folder: Path, connection: str, pictures: Path | None = None
) -> dict[str, Any]:
    """Compose a brief and hear it; its files stay in the folder."""
    warnings.simplefilter("ignore")
    os.environ["AzureWebJobsStorage"] = connection
    from benchmarks.composition import hearing, making, plots
    from ripieno.contracts.composition import CompositionOrder

    order = CompositionOrder.model_validate({"brief": brief["brief"], "random_seed": number, **brief.get("order", {})})
    piece = making.make(order, hashlib.sha256(brief["brief"].encode()).hexdigest()[:16], folder)
    row = {"number": number, **hearing.heard(piece, brief["holds"])}
    (folder / "context.json").write_text(piece.context.model_dump_json(indent=1))
    spent = row["seconds a stage"].values()
    row["wall"], row["cpu"] = (round(sum(pair[n] for pair in spent), 1) for n in (0, 1))
    row["least chords"] = min(row["chords"].values(), default=None)
    if pictures is not None and number in PICTURED:
        plots.form(piece, pictures / f"composition-{number}-form.svg")
        plots.piano_roll(piece, pictures / f"composition-{number}-roll.svg")
    return row


def goals(rows: list[dict[str, Any]]) -> str:
    """Each goal, what was found, and whether it is reached."""
    lines = ["| goal | mean | worst | reached |", "|---|---|---|---|"]
    for field, words, is_reached in _GOALS:
        known = [float(row[field]) for row in rows if row.get(field) is not None]
        if not known:
            continue
        worst = (
            max(known) if field in ("tempo error %", "loudness error LU", "true peak dBTP", "words ms") else min(known)
        )
        lines.append(f"| {words} | {np.mean(known):.2f} | {worst:.2f} | {'yes' if is_reached(known) else 'no'} |")
    return "\n".join(lines)


def table(rows: list[dict[str, Any]]) -> str:
    """A line a brief, then the mean of each column."""
    lines = ["| | brief | " + " | ".join(name for _, name, _ in _COLUMNS) + " | not as asked |"]
    lines.append("|---" * (len(_COLUMNS) + 3) + "|")
    for row in rows:
        cells = [_cell(row.get(field), shape) for field, _, shape in _COLUMNS]
        about = f"{row['style']}, {row['tempo']:g} bpm, {row['key']}, {row['seconds']:.0f} s"
        lines.append(f"| {row['number']} | {about} | " + " | ".join(cells) + f" | {', '.join(row['as asked'])} |")
    means = []
    for field, _, shape in _COLUMNS:
        known = [float(row[field]) for row in rows if row.get(field) is not None]
        means.append(shape.format(np.mean(known)) if known else "")
    return "\n".join([*lines, "| | mean | " + " | ".join(means) + " | |"])


def stages(rows: list[dict[str, Any]]) -> str:
    """Seconds of processor a minute of music, by stage."""
    spent: dict[str, float] = {}
    for row in rows:
        for stage, (_, cpu) in row["seconds a stage"].items():
            spent[stage] = spent.get(stage, 0.0) + cpu
    minutes = sum(row["seconds"] for row in rows) / 60
    lines = ["| stage | cpu s a minute of music |", "|---|---|"]
    return "\n".join(lines + [f"| {stage} | {cpu / minutes:.2f} |" for stage, cpu in spent.items()])


def _cell(value: Any, shape: str) -> str:
    return "–" if value is None else shape.format(float(value))
