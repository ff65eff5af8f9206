"""`python -m benchmarks.analysis.fit_confidence`: fit confidence.json on development songs.

For each task an isotonic regression of what was right on the raw score, kept as a few knots, with the ends drawn in a
little, since nothing is certain.
"""

from __future__ import annotations

import argparse
import json
import warnings
from collections import defaultdict
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from itertools import pairwise
from pathlib import Path

import numpy as np
from sklearn.isotonic import IsotonicRegression

from benchmarks.analysis import composer, corpus, scores, soundfonts
from gpu_endpoints.analysis import listening
from gpu_endpoints.analysis.mir import confidence
from gpu_endpoints.analysis.mir.features import extract
from gpu_endpoints.generation.soundfont import SAMPLE_RATE, render

FIRST = 240  # the chord models have not seen the songs from here on
KNOTS = 9
CERTAIN = 0.99


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--songs", type=int, default=120)
    parser.add_argument("--fonts", type=Path, default=Path(".ripieno/benchmarks/soundfonts"))
    chosen = parser.parse_args()
    fonts = soundfonts.of_split("development", chosen.fonts)
    pairs: dict[str, list[tuple[float, float]]] = defaultdict(list)
    with ProcessPoolExecutor() as pool:
        for found in pool.map(partial(heard, fonts=fonts), range(FIRST, FIRST + chosen.songs)):
            for task, some in found.items():
                pairs[task] += some
    confidence.MAPS.write_text(json.dumps({task: fit(np.array(some)) for task, some in pairs.items()}, indent=1))


def heard(seed: int, fonts: list[Path]) -> scores.Reliability:
    """(raw score, share right) of one song's annotations."""
    warnings.simplefilter("ignore")
    confidence.calibrated = lambda task, raw: float(np.clip(raw, 0, 1))
    traits = composer.draw_traits(seed)
    score = composer.compose(traits)
    mix, _ = render(score, fonts[traits.soundfont % len(fonts)], tuning=traits.tuning)
    mono = corpus.damage(mix, traits).mean(axis=1)
    features = extract([mono], len(mono) / SAMPLE_RATE, lambda done: None)
    return scores.reliability(truth_of(score, traits), listening.describe(features))


def truth_of(score, traits) -> dict:
    spans = {name: [(s.start, s.end, s.label) for s in getattr(score, name)] for name in ("chords", "sections", "keys")}
    return spans | {
        "beats": np.array([time for time, _ in score.beats]),
        "bpm": traits.bpm,
        "key": max(score.keys, key=lambda span: span.end - span.start).label,
        "tuning": traits.tuning,
    }


def fit(pairs: np.ndarray) -> dict[str, list[float]]:
    """Knots of raw score and share right, both rising."""
    curve = IsotonicRegression(y_min=1 - CERTAIN, y_max=CERTAIN, out_of_bounds="clip").fit(pairs[:, 0], pairs[:, 1])
    edges = np.unique(np.quantile(pairs[:, 0], np.linspace(0, 1, KNOTS)))
    raw, right = [0.0], [0.0]  # below what was ever seen, trust falls to nothing
    for low, high in pairwise(edges):
        inside = pairs[(pairs[:, 0] >= low) & (pairs[:, 0] <= high), 0]
        raw.append(float(inside.mean()))
        right.append(float(np.mean(curve.predict(inside))))
    return {"raw": np.round(raw, 4).tolist(), "right": np.round(right, 3).tolist()}


if __name__ == "__main__":
    main()
