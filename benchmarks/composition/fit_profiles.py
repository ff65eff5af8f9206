"""`python -m benchmarks.composition.fit_profiles`: the profiles of styles and moods that finished pieces and songs are
held beside (`gpu_endpoints/audio/profiles.json`), measured on pieces that none of the twenty briefs is.

Each style in its own tempi and meters, with and without a voice, calm and excited, glad and sad; prints how many of the
pieces are nearest to their own style when they are left out, and how far off their moods are. What was measured is kept
piece by piece: stopped after `--seconds`, it goes on where it was.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import tempfile
import time
import warnings
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path
from typing import Any

import numpy as np
from scipy.optimize import lsq_linear

FORM = [("intro", 2), ("verse", 4), ("chorus", 6), ("outro", 2)]
MOODS = ((0.0, 0.0), (0.6, 0.6), (-0.6, -0.5), (0.6, -0.6), (-0.6, 0.6))
PULLS = {
    "valence": {"tempo": 1, "low strokes": 1, "middle strokes": 1, "high strokes": 1, "brightness": 1, "minor": -1},
    "arousal": {
        "tempo": 1, "low strokes": 1, "middle strokes": 1, "high strokes": 1, "dynamics": -1, "peaks": -1,
        "brightness": 1, "loudness": 1,
    },
}  # fmt: skip
"""Which cues may pull a mood, and whither: what listeners have been found to hear (Gabrielsson and Lindström 2010)."""
LEAST = 0.015  # a spread of a cue pulls by so much at least, however seldom these pieces differ in it
_RIDGE = {"valence": 30.0, "arousal": 30.0}  # by which moods of pieces that were left out are heard best
_WARMTHS = np.geomspace(0.05, 3.0, 40)
_TARGET = Path("gpu_endpoints/audio/profiles.json")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--at-once", type=int, default=2)
    parser.add_argument("--seconds", type=float, default=3600.0, help="stop after so many, to go on later")
    parser.add_argument("--measured", type=Path, default=Path(".ripieno/benchmarks/profiles.jsonl"))
    chosen = parser.parse_args()
    chosen.measured.parent.mkdir(parents=True, exist_ok=True)
    missing = measure(chosen.measured, chosen.at_once, chosen.seconds)
    if missing:
        print(f"{missing} pieces are still to be measured: the same again goes on")
        return
    rows = read(chosen.measured)
    apart, off, known = left_out(rows)
    print(f"nearest to their own style when left out: {np.mean([one[0] for one in apart]):.0%} of {len(rows)}")
    for name, own in zip(PULLS, off.T, strict=True):
        print(f"{name} off by {own.mean():.2f} in the mean, nine in ten within {np.quantile(own, 0.9):.2f}")
    _TARGET.write_text(json.dumps(known) + "\n")


def read(measured: Path) -> list[dict[str, Any]]:
    lines = measured.read_text().splitlines() if measured.exists() else []
    return sorted(map(json.loads, lines), key=lambda row: row["number"])


def measure(into: Path, at_once: int, seconds: float) -> int:
    """Make and measure pieces until all are there or the time is over; how many are missing then."""
    from tests.stacks import azurite_of_its_own

    until = time.monotonic() + seconds
    done = {row["number"] for row in read(into)}
    left = [(number, order) for number, order in enumerate(orders()) if number not in done]
    if not left:
        return 0
    with tempfile.TemporaryDirectory() as home, azurite_of_its_own(Path(home)) as connection:
        with ProcessPoolExecutor(at_once, mp_context=multiprocessing.get_context("spawn")) as pool:
            waiting = {pool.submit(one, number, order, home, connection, until) for number, order in left}
            for job in as_completed(waiting):
                row = job.result()
                if row is not None:
                    with into.open("a") as file:
                        file.write(json.dumps(row) + "\n")
    return len(left) + len(done) - len(read(into))


def orders() -> list[dict[str, Any]]:
    from ripieno.music.genres import all_genres

    found = []
    for place, style in enumerate(sorted(all_genres())):
        for number, (valence, arousal) in enumerate(MOODS):
            is_sung = (place + number) % 2 == 1  # no mood goes with a voice more often than another
            found.append({
                "styles": [{"name": style}], "mood": {"valence": valence, "arousal": arousal},
                "form": [{"label": label, "bars": bars} for label, bars in FORM], "random_seed": 1000 + number,
                "instrumental": not is_sung, "theme": "the sea" if is_sung else "",
            })  # fmt: skip
    return found


def one(number: int, order: dict[str, Any], home: str, connection: str, until: float) -> dict[str, Any] | None:
    if time.monotonic() > until:
        return None
    warnings.simplefilter("ignore")
    os.environ["AzureWebJobsStorage"] = connection
    import soundfile

    from benchmarks.composition import making
    from gpu_endpoints.audio import levels
    from gpu_endpoints.audio.measuring import Measure
    from ripieno.contracts.composition import CompositionOrder
    from ripieno.music.composing import contexts

    piece = making.make(
        CompositionOrder.model_validate(order), f"{number:016d}", Path(home) / f"{number}", is_checked=False
    )
    audio, rate = soundfile.read(piece.master, dtype="float32", always_2d=True)
    measure = Measure()
    measure.add(audio)
    found = measure.features(contexts.conditioning_of(piece.context), levels.loudness(audio, rate))
    mood = piece.context.mood
    return {
        "number": number, "style": order["styles"][0]["name"], "valence": mood.valence, "arousal": mood.arousal,
        "features": [round(float(value), 5) for value in found],
    }  # fmt: skip


def fitted(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Centroids in units of how far pieces of one style are spread, and a ridge regression of the moods in which each
    cue pulls as `PULLS` says or not at all."""
    from gpu_endpoints.audio.measuring import CUES, OF_CUES

    values = np.array([row["features"] for row in rows])
    names = [row["style"] for row in rows]
    centres = {name: values[[one == name for one in names]].mean(axis=0) for name in dict.fromkeys(names)}
    mean = values.mean(axis=0)
    within = np.sqrt(np.mean([(value - centres[name]) ** 2 for value, name in zip(values, names, strict=True)], axis=0))
    spread = within + 0.25 * values.std(axis=0) + 1e-6
    cues = np.clip(((values - mean) / spread)[:, OF_CUES], -3, 3)
    moods = np.array([[row["valence"], row["arousal"]] for row in rows])
    mood_mean = moods.mean(axis=0)
    weights = {}
    for place, (name, pulls) in enumerate(PULLS.items()):
        columns = [CUES.index(cue) for cue in pulls]
        ridge = np.sqrt(_RIDGE[name]) * np.eye(len(columns))
        low = [LEAST if sign > 0 else -np.inf for sign in pulls.values()]
        high = [np.inf if sign > 0 else -LEAST for sign in pulls.values()]
        wanted = np.append(moods[:, place] - mood_mean[place], np.zeros(len(columns)))
        found = np.zeros(len(CUES))
        found[columns] = lsq_linear(np.vstack([cues[:, columns], ridge]), wanted, (low, high)).x
        weights[name] = _rounded(found)
    return {
        "about": "Written by benchmarks/composition/fit_profiles.py; see profiles.py.",
        "mean": _rounded(mean), "spread": _rounded(spread),
        "styles": {name: _rounded((centre - mean) / spread) for name, centre in centres.items()},
        **weights, "mood_mean": _rounded(mood_mean),
    }  # fmt: skip


def left_out(rows: list[dict[str, Any]]) -> tuple[list[tuple[bool, float, dict[str, float]]], np.ndarray, dict]:
    """Of each piece when it is left out: whether it is nearest to its own style, how far that is, and how far each is;
    how far off its valence and arousal are, (pieces, 2); and what is known of all, with how sure that is."""
    from gpu_endpoints.audio import profiles

    apart, off = [], []
    for number, row in enumerate(rows):
        known = fitted(rows[:number] + rows[number + 1 :])
        scaled = (np.array(row["features"]) - known["mean"]) / known["spread"]
        heard = profiles.moods_of(scaled, known["mood_mean"], (known["valence"], known["arousal"]))
        off.append([abs(is_heard - row[name]) for name, is_heard in zip(PULLS, heard, strict=True)])
        far = {name: profiles.distance(scaled, np.array(own)) for name, own in known["styles"].items()}
        apart.append((min(far, key=far.__getitem__) == row["style"], far[row["style"]], far))
    errors = np.array(off)
    sure = {
        "warmth": round(float(max(_WARMTHS, key=lambda one: _likelihood(apart, one))), 3),
        "typical": round(float(np.quantile([one[1] for one in apart], 0.9)), 3),
        "within": [round(float(share), 3) for share in (errors <= profiles.NEAR).mean(axis=0)],
    }
    return apart, errors, fitted(rows) | sure


def _likelihood(apart: list[tuple[bool, float, dict[str, float]]], warmth: float) -> float:
    """The mean log of the share that the own style is given."""
    total = 0.0
    for _, own, far in apart:
        others = np.array(list(far.values()))
        total -= own / warmth + np.log(np.exp(-(others - others.min()) / warmth).sum()) - others.min() / warmth
    return total / len(apart)


def _rounded(some: np.ndarray) -> list[float]:
    return [round(float(value), 4) for value in some]


if __name__ == "__main__":
    main()
