"""How a piece is to sound by its mood."""

from __future__ import annotations

import pytest

from ripieno.contracts.composition import Mood
from ripieno.music.composing import moods, sounding
from ripieno.music.genres import all_genres


@pytest.mark.parametrize("style", sorted(all_genres()))
def test_calm_is_sparser_softer_and_darker_than_the_style_and_its_own_mood_is_as_written(style):
    own = moods.of_style(style)[1]
    assert set(sounding.playing(style, Mood(arousal=own)).values()) == {0.0}
    calm, excited = (sounding.playing(style, Mood(arousal=one)) for one in (-1.0, 1.0))
    for shade in ("density", "dynamics", "brightness"):
        assert calm[shade] <= 0.0 <= excited[shade] and calm[shade] < excited[shade]
