"""How words are sung in a style and a mood."""

from __future__ import annotations

import numpy as np
import pytest

from gpu_endpoints.generation.singing import delivery, pitch
from gpu_endpoints.generation.singing.lyrics import Sung
from ripieno.music.genres import all_genres

LONG = [Sung(0.0, 2.0, 60, None), Sung(2.0, 4.0, 64, None), Sung(5.0, 6.0, 62, None)]


def width(style: str) -> float:
    """Cents from crest to trough in the second half of a held note."""
    hertz = pitch.curve(LONG, 800, 0.005, delivery=delivery.of(style))
    return float(np.ptp(1200 * np.log2(hertz[200:380])))


def test_every_genre_is_sung_in_a_way_of_its_own():
    ways = {name: delivery.of(name) for name in all_genres()}
    assert len({way.model_dump_json() for way in ways.values()}) == len(ways)
    assert width("waltz") > 2 * width("pop") > 4 * width("techno")
    assert ways["bossa"].breath > ways["pop"].breath > ways["metal"].breath
    assert ways["jazz"].late_ms > ways["house"].late_ms


def test_a_blend_is_sung_between_its_genres():
    half = delivery.of("jazz 50%, techno 50%")
    assert delivery.of("techno").vibrato_cents < half.vibrato_cents < delivery.of("jazz").vibrato_cents


def test_mood_is_heard_and_never_leaves_what_a_voice_can_do():
    calm, excited = (delivery.of("pop", arousal=one) for one in (-0.9, 0.9))
    assert (
        calm.breath > excited.breath and calm.vibrato_cents < excited.vibrato_cents and calm.late_ms > excited.late_ms
    )
    sad, glad = (delivery.of("pop", valence=one) for one in (-0.9, 0.9))
    assert sad.vibrato_cents > glad.vibrato_cents and sad.glide > glad.glide
    for name in all_genres():
        for valence in (-1, 1):
            for arousal in (-1, 1):
                delivery.of(name, valence=valence, arousal=arousal)  # raises where a figure is out of range


def test_the_mood_that_a_style_has_by_itself_changes_nothing():
    from ripieno.music.composing import moods

    valence, arousal = moods.of_style("ballad")
    plain, told = delivery.of("ballad"), delivery.of("ballad", valence=valence, arousal=arousal)
    assert told.model_dump() == pytest.approx(plain.model_dump())


def test_phrases_rise_and_fall_without_getting_louder_on_the_whole():
    levels = delivery.arc(LONG, 1300, 0.005, delivery.of("ballad"))
    assert levels[400] > levels[20] + 2 and levels[400] > levels[780] + 2
    assert abs(levels[:800].mean()) < 0.3


def test_short_notes_stay_sung_and_held_ones_are_held_to_what_goes_on():
    short = [Sung(0.0, 0.05, 60, None), Sung(1.0, 2.0, 62, None)]
    timed = delivery.timed(short, delivery.of("funk"))
    assert timed[0].end - timed[0].start == pytest.approx(0.05)
    assert timed[1].end - timed[1].start == pytest.approx(0.85)
    assert all(one.start >= 0 for one in timed)


def test_a_voices_own_vibrato_takes_the_place_of_the_styles():
    own = delivery.with_vibrato(delivery.of("pop"), 6.4, 60.0, 1.0)
    assert (own.vibrato_hz, own.vibrato_cents) == (6.4, 60.0)
    assert delivery.with_vibrato(delivery.of("pop"), None, None, 1.0) == delivery.of("pop")
    half = delivery.with_vibrato(delivery.of("pop"), 6.4, 60.0, 0.5)
    assert 22 < half.vibrato_cents < 60
