"""How a piece is to sound by its mood and its destination."""

from __future__ import annotations

from typing import get_args

import pytest

from gpu_endpoints.production import mastering
from ripieno.contracts.composition import Destination, Mood
from ripieno.music.composing import moods, sounding
from ripieno.music.genres import all_genres


@pytest.mark.parametrize("style", sorted(all_genres()))
def test_calm_is_sparser_softer_and_darker_than_the_style_and_its_own_mood_is_as_written(style):
    own = moods.of_style(style)[1]
    assert set(sounding.playing(style, Mood(arousal=own)).values()) == {0.0}
    calm, excited = (sounding.playing(style, Mood(arousal=one)) for one in (-1.0, 1.0))
    for shade in ("density", "dynamics", "brightness"):
        assert calm[shade] <= 0.0 <= excited[shade] and calm[shade] < excited[shade]


@pytest.mark.parametrize("destination", get_args(Destination))
def test_what_a_destination_wants_is_what_its_preset_of_mastering_does(destination):
    presets = mastering.presets()
    wanted = sounding.preset("jazz", Mood(arousal=-1.0), destination)
    assert wanted in presets
    if destination != "streaming":  # where each style is as it is released
        assert wanted == destination
        assert sounding.loudness("jazz", Mood(arousal=-1.0), -12.0, destination) == presets[wanted].loudness_lufs
    else:
        assert sounding.loudness("jazz", Mood(), -12.0, destination) == -12.0
