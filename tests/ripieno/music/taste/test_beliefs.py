"""What one verdict changes of what is believed."""

from __future__ import annotations

import math

import numpy as np
import pytest

from ripieno.music.taste import beliefs
from ripieno.music.taste.beliefs import PRIOR_DEVIATION, Beta, Normal


def test_what_is_wanted_moves_a_belief_there_and_makes_it_surer():
    once = Normal().wanted(-0.6, 1.0)
    twice = once.wanted(-0.6, 1.0)
    assert -0.6 < twice.mean < once.mean < -0.2
    assert twice.deviation < once.deviation < PRIOR_DEVIATION
    assert Normal().wanted(-0.6, 0.5).mean > once.mean, "half as much was said"


def test_what_is_liked_says_less_than_what_is_wanted():
    assert Normal().wanted(0.4, 1.0).mean > Normal().heard(0.4, 1.0).mean > Normal().heard(0.4, 0.3).mean > 0
    assert Normal().heard(0.4, 0.0) == Normal()


def test_what_is_not_liked_moves_it_away_and_never_makes_it_surer_there():
    known = Normal(0.1, 0.02)
    assert known.heard(0.3, -1.0).mean < 0.1 < known.heard(-0.1, -1.0).mean
    there = known.heard(0.1, -1.0)
    assert there.mean == pytest.approx(0.1) and there.variance > known.variance
    for _ in range(100):
        there = there.heard(0.1, -1.0)
    assert abs(there.mean) <= 1 and there.deviation <= PRIOR_DEVIATION


@pytest.mark.parametrize("weight", [0.2, 0.7, 1.0])
@pytest.mark.parametrize("value", [-0.5, 0.0, 0.15, 0.6])
def test_a_dislike_has_the_moments_of_its_posterior(value, weight):
    before = Normal(0.05, 0.015)
    x = np.linspace(-3, 3, 60_001)
    near, c = beliefs._NEAR**2, beliefs._SUREST * weight
    posterior = np.exp(-((x - before.mean) ** 2) / (2 * before.variance)) * (
        1 - c * np.exp(-((x - value) ** 2) / (2 * near))
    )
    posterior /= posterior.sum()
    mean = float((x * posterior).sum())
    deviation = math.sqrt(float(((x - mean) ** 2 * posterior).sum()))
    after = before.heard(value, -weight)
    assert after.mean == pytest.approx(mean, abs=1e-4)
    assert after.deviation == pytest.approx(min(deviation, PRIOR_DEVIATION), abs=1e-4)


def test_choices_add_up():
    assert Beta(2, 1).plus(Beta(0, 3)) == Beta(2, 4) and Beta(2, 4).mean == pytest.approx(1 / 3)
