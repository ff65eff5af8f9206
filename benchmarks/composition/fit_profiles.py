"""`python -m benchmarks.composition.fit_profiles`: the profiles of styles and moods that finished pieces are held
beside (`gpu_endpoints/audio/profiles.json`), measured on pieces that none of the twenty briefs is.

Each style in its own tempi and meters, with and without a voice, calm and excited, glad and sad; prints how many of the
pieces are nearest to their own style when they are left out, and how far off their moods are.
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
_RIDGE = {"valence": 300.0, "arousal": 30.0}  # by which moods of pieces that were left out are heard best
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
    for name, own in zip(_RIDGE, off.T, strict=True):
        print(f"{name} off by {own.mean():.2f} in the mean, nine in ten within {np.quantile(own, 0.9):.2f}")
    _TARGET.write_text(json.dumps(fitted(rows)) + "\n")


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
    from gpu_endpoints.audio import profiles
    from ripieno.contracts.composition import CompositionOrder
    from ripieno.music.composing import contexts

    piece = making.make(
        CompositionOrder.model_validate(order), f"{number:016d}", Path(home) / f"{number}", is_checked=False
    )
    audio, _ = soundfile.read(piece.master, dtype="float32", always_2d=True)
    found = profiles.features(audio, contexts.conditioning_of(piece.context))
    mood = piece.context.mood
    return {
        "style": order["styles"][0]["name"], "valence": mood.valence, "arousal": mood.arousal,
        "features": [round(float(value), 5) for value in found],
    }  # fmt: skip


def fitted(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Centroids in units of how far pieces of one style are spread, and a ridge regression of the moods."""
    values = np.array([row["features"] for row in rows])
    names = [row["style"] for row in rows]
    centres = {name: values[[one == name for one in names]].mean(axis=0) for name in dict.fromkeys(names)}
    mean = values.mean(axis=0)
    within = np.sqrt(np.mean([(value - centres[name]) ** 2 for value, name in zip(values, names, strict=True)], axis=0))
    spread = within + 0.25 * values.std(axis=0) + 1e-6
    scaled = (values - mean) / spread
    moods = np.array([[row["valence"], row["arousal"]] for row in rows])
    mood_mean = moods.mean(axis=0)
    weights = {
        name: np.linalg.solve(scaled.T @ scaled + ridge * np.eye(scaled.shape[1]), scaled.T @ (moods - mood_mean)[:, n])
        for n, (name, ridge) in enumerate(_RIDGE.items())
    }

    def rounded(some: np.ndarray) -> list[float]:
        return [round(float(value), 4) for value in some]

    return {
        "about": "Written by benchmarks/composition/fit_profiles.py; see profiles.py.",
        "mean": rounded(mean), "spread": rounded(spread),
        "styles": {name: rounded((centre - mean) / spread) for name, centre in centres.items()},
        **{name: rounded(found) for name, found in weights.items()}, "mood_mean": rounded(mood_mean),
    }  # fmt: skip


def left_out(rows: list[dict[str, Any]]) -> tuple[float, np.ndarray]:
    """The share of pieces that are nearest to their own style when they are left out, and how far off their valence and
    arousal are then, (pieces, 2)."""
    from gpu_endpoints.audio import profiles

    right, off = [], []
    for number, row in enumerate(rows):
        known = fitted(rows[:number] + rows[number + 1 :])
        scaled = (np.array(row["features"]) - known["mean"]) / known["spread"]
        for name, mean in zip(_RIDGE, known["mood_mean"], strict=True):
            off.append(abs(float(np.clip(mean + scaled @ np.array(known[name]), -1, 1)) - row[name]))
        apart = {name: profiles.distance(scaled, np.array(own)) for name, own in known["styles"].items()}
        right.append(min(apart, key=apart.__getitem__) == row["style"])
    return float(np.mean(right)), np.array(off).reshape(-1, len(_RIDGE))


if __name__ == "__main__":
    main()
