"""`python -m benchmarks.composition.fit_moods`: what of a recording's cues says how glad and how excited it is, and how
sure that and its nearest style are (`gpu_endpoints/audio/profiles.json`, beside the profiles of `fit_profiles`).

Each style calm and excited, glad and sad, in short pieces without a voice; measured piece by piece: stopped after
`--seconds`, it goes on where it was. Prints how far off the moods are of pieces that are left out, and those of the
twenty briefs that nothing was fitted on (`--briefs` makes as many of them).
"""

from __future__ import annotations

import argparse
import json
import random
import tempfile
import time
import warnings
from pathlib import Path
from typing import Any

import numpy as np
from scipy.optimize import lsq_linear

from gpu_endpoints.audio import profiles
from gpu_endpoints.audio.levels import SAMPLE_RATE, loudness
from gpu_endpoints.audio.measuring import CUES, OF_CUES, Measure

FORM = [("verse", 4), ("chorus", 4)]
MOODS = ((0.6, 0.6), (-0.6, -0.5), (0.6, -0.6), (-0.6, 0.6), (0.0, 0.0))
PULLS = {
    "valence": {"tempo": 1, "low strokes": 1, "middle strokes": 1, "high strokes": 1, "brightness": 1, "minor": -1},
    "arousal": {
        "tempo": 1, "low strokes": 1, "middle strokes": 1, "high strokes": 1, "dynamics": -1, "peaks": -1,
        "brightness": 1, "loudness": 1,
    },
}  # fmt: skip
"""Which cues may pull a mood, and whither: what listeners have been found to hear (Gabrielsson and Lindström 2010)."""
LEAST = 0.015  # a spread of a cue pulls by so much at least, however seldom these pieces differ in it
_RIDGE = {"valence": 20.0, "arousal": 20.0}
_SECONDS = 30.0  # of a brief's piece: its mood is that of the whole
_WARMTHS = np.geomspace(0.05, 5.0, 60)
_TARGET = Path("gpu_endpoints/audio/profiles.json")
_BRIEFS = Path(__file__).with_name("briefs.json")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=3600.0, help="stop after so many, to go on later")
    parser.add_argument("--briefs", type=int, default=20)
    parser.add_argument("--measured", type=Path, default=Path(".ripieno/benchmarks/moods.jsonl"))
    chosen = parser.parse_args()
    warnings.simplefilter("ignore")
    chosen.measured.parent.mkdir(parents=True, exist_ok=True)
    missing = measure(chosen.measured, chosen.seconds, chosen.briefs)
    if missing:
        print(f"{missing} pieces are still to be measured: the same again goes on")
    rows = read(chosen.measured)
    fitted_on, briefs = [one for one in rows if not one["brief"]], [one for one in rows if one["brief"]]
    known = json.loads(_TARGET.read_text())
    whole = known | fitted(known, fitted_on)
    off, apart = left_out(known, fitted_on)
    whole |= {
        "warmth": round(float(max(_WARMTHS, key=lambda one: likelihood(apart, one))), 3),
        "typical": round(float(np.quantile([own for own, _ in apart], 0.9)), 3),
        "within": [round(float(share), 3) for share in (off <= profiles.NEAR).mean(axis=0)],
    }
    nearest = np.mean([own == min(far.values()) for own, far in apart])
    print(f"{len(fitted_on)} pieces, {nearest:.0%} nearest to their own style, {len(briefs)} of the briefs")
    _say("left out", off)
    always = np.abs(_asked(fitted_on) - _asked(fitted_on).mean(axis=0))
    _say("always the mean", always)
    if briefs:
        heard = np.array([_heard(one, whole) for one in briefs])
        _say("the briefs", np.abs(heard - _asked(briefs)))
        _say("the briefs, always the mean", np.abs(_asked(briefs) - _asked(fitted_on).mean(axis=0)))
    if not missing:
        _TARGET.write_text(json.dumps(whole) + "\n")


def read(measured: Path) -> list[dict[str, Any]]:
    lines = measured.read_text().splitlines() if measured.exists() else []
    return sorted(map(json.loads, lines), key=lambda row: row["number"])


def measure(into: Path, seconds: float, briefs: int) -> int:
    """Make and measure pieces until all are there or the time is over; how many are missing then."""
    from benchmarks.composition import in_memory
    from ripieno.contracts.composition import CompositionOrder

    until = time.monotonic() + seconds
    asked = [{"brief": one["brief"], "duration_seconds": _SECONDS} for one in json.loads(_BRIEFS.read_text())[:briefs]]
    wanted = orders() + asked
    done = {row["number"] for row in read(into)}
    left = [number for number in range(len(wanted)) if number not in done]
    random.Random(1).shuffle(left)  # whatever part of them is there is of all styles and moods
    count = 0
    for number in left:
        if time.monotonic() > until:
            break
        order = CompositionOrder.model_validate(wanted[number])
        with tempfile.TemporaryDirectory() as folder:
            context, music, audio = in_memory.made(order, 1000 + number, Path(folder))
        heard = Measure()
        heard.add(audio)
        features = heard.features(music, loudness(audio, SAMPLE_RATE))
        row = {
            "number": number, "brief": order.brief, "style": max(context.styles, key=lambda one: one.weight).name,
            "valence": context.mood.valence, "arousal": context.mood.arousal,
            "features": [round(float(value), 5) for value in features],
        }  # fmt: skip
        with into.open("a") as file:
            file.write(json.dumps(row) + "\n")
        count += 1
    return len(left) - count


def orders() -> list[dict[str, Any]]:
    from ripieno.music.genres import all_genres

    return [
        {
            "styles": [{"name": style}], "mood": {"valence": valence, "arousal": arousal},
            "form": [{"label": label, "bars": bars} for label, bars in FORM], "random_seed": 1000 + number,
        }
        for style in sorted(all_genres())
        for number, (valence, arousal) in enumerate(MOODS)
    ]  # fmt: skip


def fitted(known: dict[str, Any], rows: list[dict[str, Any]]) -> dict[str, Any]:
    """A ridge regression of the moods on the cues, in which each pulls as `PULLS` says; and what is usual of the
    loudness."""
    values = np.array([row["features"] for row in rows])
    louds = values[:, -1]
    mean = [*known["mean"][: OF_CUES.stop - 1], round(float(louds.mean()), 4)]
    spread = [*known["spread"][: OF_CUES.stop - 1], round(float(louds.std()) + 1e-6, 4)]
    cues = np.clip(((values - mean) / spread)[:, OF_CUES], -profiles.MOST_CUE, profiles.MOST_CUE)
    moods = _asked(rows)
    middle = moods.mean(axis=0)
    weights: dict[str, list[float]] = {}
    means = []
    for place, (name, pulls) in enumerate(PULLS.items()):
        columns = [CUES.index(cue) for cue in pulls]
        own = cues[:, columns]
        centred = own - own.mean(axis=0)
        ridge = np.sqrt(_RIDGE[name]) * np.eye(len(columns))
        low = [LEAST if sign > 0 else -np.inf for sign in pulls.values()]
        high = [np.inf if sign > 0 else -LEAST for sign in pulls.values()]
        wanted = np.append(moods[:, place] - middle[place], np.zeros(len(columns)))
        found = np.zeros(len(CUES))
        found[columns] = lsq_linear(np.vstack([centred, ridge]), wanted, (low, high)).x
        weights[name] = [round(float(one), 4) for one in found]
        means.append(round(float(middle[place] - cues.mean(axis=0) @ found), 4))
    return {"mean": mean, "spread": spread, **weights, "mood_mean": means}


def left_out(
    known: dict[str, Any], rows: list[dict[str, Any]]
) -> tuple[np.ndarray, list[tuple[float, dict[str, float]]]]:
    """How far off the valence and arousal of each piece are when its style is left out, (pieces, 2); how far it is from
    its own style, and from each."""
    off, apart = [], []
    for row in rows:
        without = known | fitted(known, [one for one in rows if one["style"] != row["style"]])
        off.append(np.abs(np.array(_heard(row, without)) - [row["valence"], row["arousal"]]))
        scaled = (np.array(row["features"]) - without["mean"]) / without["spread"]
        far = {name: profiles.distance(scaled, np.array(own)) for name, own in known["styles"].items()}
        apart.append((far[row["style"]], far))
    return np.array(off), apart


def likelihood(apart: list[tuple[float, dict[str, float]]], warmth: float) -> float:
    """The mean log of the share that the own style is given."""
    total = 0.0
    for own, far in apart:
        others = np.array(list(far.values()))
        total -= (own - others.min()) / warmth + np.log(np.exp(-(others - others.min()) / warmth).sum())
    return total / len(apart)


def _heard(row: dict[str, Any], known: dict[str, Any]) -> tuple[float, float]:
    scaled = (np.array(row["features"]) - known["mean"]) / known["spread"]
    return profiles.moods_of(scaled, known["mood_mean"], (known["valence"], known["arousal"]))


def _asked(rows: list[dict[str, Any]]) -> np.ndarray:
    return np.array([[row["valence"], row["arousal"]] for row in rows])


def _say(what: str, off: np.ndarray) -> None:
    said = [
        f"{name} off by {own.mean():.2f}, nine in ten within {np.quantile(own, 0.9):.2f},"
        f" {(own <= profiles.NEAR).mean():.0%} within {profiles.NEAR}"
        for name, own in zip(PULLS, off.T, strict=True)
    ]
    print(f"{what}: {'; '.join(said)}")


if __name__ == "__main__":
    main()
