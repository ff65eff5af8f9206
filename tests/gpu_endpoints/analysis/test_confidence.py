"""Confidences rise with the evidence, fall to nothing without any, and are never certainty."""

from __future__ import annotations

import json
from itertools import pairwise

import numpy as np
import pytest

from benchmarks.analysis import fit_confidence
from gpu_endpoints.analysis.mir import confidence


@pytest.mark.parametrize("task", ["bpm", "beats", "key", "chords", "sections", "tuning"])
def test_more_evidence_is_never_less_confidence(task):
    values = [confidence.calibrated(task, raw) for raw in np.linspace(0, 1, 101)]
    assert values[0] == 0.0 and max(values) < 1.0
    assert all(b >= a for a, b in pairwise(values))


def test_a_map_is_fitted_to_what_was_right(monkeypatch):
    rng = np.random.default_rng(0)
    raw = rng.random(20_000) ** 0.5
    pairs = np.stack([raw, rng.random(20_000) < raw**2], axis=1)  # right less often than the score says
    monkeypatch.setattr(confidence, "_maps", lambda: {"made": fit_confidence.fit(pairs)})
    for score in (0.4, 0.6, 0.8):
        assert confidence.calibrated("made", score) == pytest.approx(score**2, abs=0.05)
    assert json.loads(confidence.MAPS.read_text()).keys() == {"bpm", "beats", "key", "chords", "sections", "tuning"}
