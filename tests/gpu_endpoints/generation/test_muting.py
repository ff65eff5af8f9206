"""What a learned engine made is silent where it is to be: the engine itself knows nothing of places."""

from __future__ import annotations

import numpy as np

from gpu_endpoints.audio.levels import SAMPLE_RATE
from gpu_endpoints.generation.engine import Wish
from gpu_endpoints.generation.finishing import muted
from gpu_endpoints.generation.stems_job import _silences
from ripieno.contracts.generation import StemPlan
from ripieno.contracts.understanding import Place
from ripieno.music.conditioning import free_standing


def test_stretches_are_silent_and_the_rest_is_as_it_was():
    audio = np.ones((4 * SAMPLE_RATE, 2), np.float32)
    out = muted(audio, SAMPLE_RATE, [(-9.0, 1.0), (2.0, 3.0)])
    levels = [np.abs(out[round((second + 0.5) * SAMPLE_RATE)]).max() for second in range(4)]
    assert levels == [0.0, 1.0, 0.0, 1.0] and np.abs(np.diff(out[:, 0])).max() < 0.02
    assert muted(audio, SAMPLE_RATE, []).tolist() == audio.tolist()


def test_silent_places_and_what_lies_outside_of_the_sounding_ones_are_stretches_of_the_audio():
    music = free_standing(bpm=120, chord_progression=["C"], duration_seconds=32.0)  # bars of two seconds
    plan = StemPlan(stem_type="bass", silent=[Place(bars=(3, 4))], sounding=[Place(bars=(1, 8))])
    assert sorted(_silences(Wish(plan, music))) == [(4.0, 8.0), (16.0, 32.0)]
