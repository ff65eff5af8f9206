"""Confidence that means something: of the annotations given 0.8, about 80 % are right.

Each task has a raw score of its own kind; `confidence.json` maps it to the share of annotations with such a score that
were right, by isotonic regression on the development songs of `benchmarks/analysis` (fit_confidence). Right means: the
tempo within 4 %; a beat within 70 ms; the key exactly; a chord's root and third over most of its time; a section's
beginning within 0.5 s; the tuning within 3 cents.
"""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path

import numpy as np

MAPS = Path(__file__).with_name("confidence.json")


def calibrated(task: str, raw: float) -> float:
    """The probability, 0..1, that an annotation of this task with this raw score is right."""
    knots = _maps()[task]
    return float(np.interp(raw, knots["raw"], knots["right"]))


@lru_cache(maxsize=1)
def _maps() -> dict[str, dict[str, list[float]]]:
    return json.loads(MAPS.read_text())
