"""`python -m benchmarks.composition.fit_moods`: which cues say how glad a recording is, and how sure its mood and its
nearest style are (`gpu_endpoints/audio/profiles.json`, beside what `fit_profiles` writes).

Each style calm and excited, glad and sad, in short pieces without a voice; measured piece by piece: stopped after
`--seconds`, it goes on where it was. Prints how far off the moods are of pieces whose style is left out, and those of
the twenty briefs, on which nothing is fitted.
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
PULLS = {"tempo": 1, "low strokes": 1, "middle strokes": 1, "high strokes": 1, "brightness": 1, "minor": -1}
"""Which cues may pull valence, and whither: what listeners have been found to hear (Gabrielsson and Lindström 2010)."""
LEAST = 0.015  # a spread of a cue pulls by so much at least, however seldom these pieces differ in it
LOUDNESS_SPREAD = 2.5  # LU
BY_LOUDNESS = (
    0.03  # of arousal, a spread: these pieces are mastered to a loudness, and do not say how much it should be
)
_RIDGE = 20.0
_SECONDS = 30.0  # of a brief's piece: its mood is that of the whole
_NAMES = ("valence", "arousal")
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
    pieces, briefs = [one for one in rows if not one["brief"]], [one for one in rows if one["brief"]]
    known = json.loads(_TARGET.read_text())
    known |= fitted(known, pieces)
    off, apart = left_out(known, pieces)
    known |= {
        "typical": round(float(np.quantile([own for own, _ in apart], 0.9)), 3),
        "within": [round(float(share), 3) for share in (off <= profiles.NEAR).mean(axis=0)],
    }
    nearest = np.mean([own == min(far.values()) for own, far in apart])
    print(f"{len(pieces)} pieces, {nearest:.0%} nearest to their own style, {len(briefs)} of the briefs")
    _say("pieces", off)
    middle = asked(pieces).mean(axis=0)
    _say("pieces, if it were always said to be the mean", np.abs(asked(pieces) - middle))
    if briefs:
        _say("briefs", np.abs(np.array([heard(one, known) for one in briefs]) - asked(briefs)))
        _say("briefs, if it were always said to be the mean", np.abs(asked(briefs) - middle))
    _TARGET.write_text(json.dumps(known) + "\n")


def read(measured: Path) -> list[dict[str, Any]]:
    lines = measured.read_text().splitlines() if measured.exists() else []
    return sorted(map(json.loads, lines), key=lambda row: row["number"])


def measure(into: Path, seconds: float, briefs: int) -> int:
    """Make and measure pieces until all are there or the time is over; how many are missing then."""
    from benchmarks.composition import in_memory
    from ripieno.contracts.composition import CompositionOrder

    until = time.monotonic() + seconds
    of_briefs = [{"brief": one["brief"], "duration_seconds": _SECONDS} for one in json.loads(_BRIEFS.read_text())]
    wanted = orders() + of_briefs[:briefs]
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
        listened = Measure()
        listened.add(audio)
        features = listened.features(music, loudness(audio, SAMPLE_RATE))
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
    """Valence by a ridge regression on the cues in which each pulls as `PULLS` says, and the share of the loudness in
    arousal."""
    last = OF_CUES.stop - 1
    values, moods = np.array([row["features"] for row in rows]), asked(rows)
    mean = [*known["mean"][:last], round(float(values[:, last].mean()), 3)]
    spread = [*known["spread"][:last], LOUDNESS_SPREAD]
    columns = [OF_CUES.start + CUES.index(cue) for cue in PULLS]
    own = np.clip(((values - mean) / spread)[:, columns], -profiles.MOST_OFF, profiles.MOST_OFF)
    low = [LEAST if sign > 0 else -np.inf for sign in PULLS.values()]
    high = [np.inf if sign > 0 else -LEAST for sign in PULLS.values()]
    system = np.vstack([own - own.mean(axis=0), np.sqrt(_RIDGE) * np.eye(len(columns))])
    wanted = np.append(moods[:, 0] - moods[:, 0].mean(), np.zeros(len(columns)))
    weights = lsq_linear(system, wanted, (low, high)).x
    valence = np.zeros(OF_CUES.stop)
    valence[columns] = weights
    middle = round(float(moods[:, 0].mean() - own.mean(axis=0) @ weights), 4)
    return {
        "mean": mean, "spread": spread, "valence": [round(float(one), 4) for one in valence],
        "arousal": [*known["arousal"][:last], BY_LOUDNESS], "mood_mean": [middle, known["mood_mean"][1]],
    }  # fmt: skip


def left_out(
    known: dict[str, Any], rows: list[dict[str, Any]]
) -> tuple[np.ndarray, list[tuple[float, dict[str, float]]]]:
    """How far off the valence of each piece is when its style is left out, and its arousal, (pieces, 2); how far it is
    from its own style, and from each."""
    off, apart = [], []
    for row in rows:
        without = known | fitted(known, [one for one in rows if one["style"] != row["style"]])
        off.append(np.abs(np.array(heard(row, without)) - [row["valence"], row["arousal"]]))
        scaled = (np.array(row["features"]) - known["mean"]) / known["spread"]
        far = {name: profiles.distance(scaled, np.array(own)) for name, own in known["styles"].items()}
        apart.append((far[row["style"]], far))
    return np.array(off), apart


def heard(row: dict[str, Any], known: dict[str, Any]) -> tuple[float, float]:
    scaled = (np.array(row["features"]) - known["mean"]) / known["spread"]
    return profiles.moods_of(scaled, known["mood_mean"], (known["valence"], known["arousal"]))


def asked(rows: list[dict[str, Any]]) -> np.ndarray:
    return np.array([[row["valence"], row["arousal"]] for row in rows])


def _say(what: str, off: np.ndarray) -> None:
    said = [
        f"{name} off by {own.mean():.2f}, nine in ten within {np.quantile(own, 0.9):.2f},"
        f" {(own <= profiles.NEAR).mean():.0%} within {profiles.NEAR}"
        for name, own in zip(_NAMES, off.T, strict=True)
    ]
    print(f"{what}: {'; '.join(said)}")


if __name__ == "__main__":
    main()
