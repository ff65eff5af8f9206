"""`python -m benchmarks.composition.fit_profiles`: the profiles of styles, and the arousal, that finished pieces and
songs are held beside (`gpu_endpoints/audio/profiles.json`), measured on pieces that none of the twenty briefs is.

Each style in its own tempi and meters, with and without a voice, calm and excited, glad and sad; prints how many of the
pieces are nearest to their own style when they are left out, and how far off their arousal is. `fit_moods`
comes after it.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import tempfile
import warnings
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np

FORM = [("intro", 2), ("verse", 4), ("chorus", 6), ("outro", 2)]
MOODS = ((0.0, 0.0), (0.6, 0.6), (-0.6, -0.5), (0.6, -0.6), (-0.6, 0.6))
_RIDGE = 30.0  # by which the arousal of pieces that were left out is heard best
_TARGET = Path("gpu_endpoints/audio/profiles.json")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--at-once", type=int, default=2)
    parser.add_argument("--measured", type=Path, default=Path(".ripieno/benchmarks/profiles.json"))
    chosen = parser.parse_args()
    if not chosen.measured.exists():
        chosen.measured.parent.mkdir(parents=True, exist_ok=True)
        chosen.measured.write_text(json.dumps(measured(chosen.at_once)))
    rows = json.loads(chosen.measured.read_text())
    right, off = left_out(rows)
    print(f"nearest to their own style when left out: {right:.0%} of {len(rows)}")
    print(f"arousal off by {off.mean():.2f} in the mean, nine in ten within {np.quantile(off, 0.9):.2f}")
    _TARGET.write_text(json.dumps(json.loads(_TARGET.read_text()) | fitted(rows)) + "\n")


def measured(at_once: int) -> list[dict[str, Any]]:
    from ripieno.music.genres import all_genres
    from tests.stacks import azurite_of_its_own

    orders = []
    for place, style in enumerate(sorted(all_genres())):
        for number, (valence, arousal) in enumerate(MOODS):
            is_sung = (place + number) % 2 == 1  # no mood goes with a voice more often than another
            orders.append({
                "styles": [{"name": style}], "mood": {"valence": valence, "arousal": arousal},
                "form": [{"label": label, "bars": bars} for label, bars in FORM], "random_seed": 1000 + number,
                "instrumental": not is_sung, "theme": "the sea" if is_sung else "",
            })  # fmt: skip
    with tempfile.TemporaryDirectory() as home, azurite_of_its_own(Path(home)) as connection:
        with ProcessPoolExecutor(at_once, mp_context=multiprocessing.get_context("spawn")) as pool:
            jobs = [pool.submit(one, number, order, home, connection) for number, order in enumerate(orders)]
            return [job.result() for job in jobs]


def one(number: int, order: dict[str, Any], home: str, connection: str) -> dict[str, Any]:
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
    heard = Measure()
    heard.add(audio)
    found = heard.features(contexts.conditioning_of(piece.context), levels.loudness(audio, rate))
    mood = piece.context.mood
    return {
        "style": order["styles"][0]["name"], "valence": mood.valence, "arousal": mood.arousal,
        "features": [round(float(value), 5) for value in found],
    }  # fmt: skip


def fitted(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Centroids in units of how far pieces of one style are spread, and a ridge regression of the arousal on all but
    the loudness."""
    values = np.array([row["features"] for row in rows])
    names = [row["style"] for row in rows]
    centres = {name: values[[one == name for one in names]].mean(axis=0) for name in dict.fromkeys(names)}
    mean = values.mean(axis=0)
    within = np.sqrt(np.mean([(value - centres[name]) ** 2 for value, name in zip(values, names, strict=True)], axis=0))
    spread = within + 0.25 * values.std(axis=0) + 1e-6
    scaled = ((values - mean) / spread)[:, :-1]
    arousal = np.array([row["arousal"] for row in rows])
    system = scaled.T @ scaled + _RIDGE * np.eye(scaled.shape[1])
    weights = np.linalg.solve(system, scaled.T @ (arousal - arousal.mean()))

    def rounded(some: np.ndarray) -> list[float]:
        return [round(float(value), 4) for value in some]

    return {
        "mean": rounded(mean), "spread": rounded(spread),
        "styles": {name: rounded((centre - mean) / spread) for name, centre in centres.items()},
        "arousal": [*rounded(weights), 0.0], "mood_mean": [0.0, round(float(arousal.mean()), 4)],
    }  # fmt: skip


def left_out(rows: list[dict[str, Any]]) -> tuple[float, np.ndarray]:
    """The share of pieces that are nearest to their own style when they are left out, and how far off the arousal of
    each is then."""
    from gpu_endpoints.audio import profiles

    right, off = [], []
    for number, row in enumerate(rows):
        known = fitted(rows[:number] + rows[number + 1 :])
        scaled = (np.array(row["features"]) - known["mean"]) / known["spread"]
        none = [0.0] * len(scaled)
        _, arousal = profiles.moods_of(scaled, known["mood_mean"], (none, known["arousal"]))
        off.append(abs(arousal - row["arousal"]))
        apart = {name: profiles.distance(scaled, np.array(own)) for name, own in known["styles"].items()}
        right.append(min(apart, key=apart.__getitem__) == row["style"])
    return float(np.mean(right)), np.array(off)


if __name__ == "__main__":
    main()
