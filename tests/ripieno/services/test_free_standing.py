"""Music for no song: what nobody gave is the style's own, what was given stays."""

from __future__ import annotations

import pytest

from ripieno.contracts.generation import GenerationOrder, GenerationParameters
from ripieno.music.arranging.arrange import STEMS, arrange
from ripieno.music.chord import parse
from ripieno.music.genres import all_genres
from ripieno.music.genres.blending import blend
from ripieno.services import conditioning
from ripieno.services.planner import rules


@pytest.mark.parametrize("style", all_genres())
def test_every_style_has_a_tempo_a_meter_chords_and_a_length_of_its_own(style):
    settled = conditioning.settle(GenerationParameters(), style)
    own = all_genres()[style]
    assert own.tempo[0] <= settled.target_bpm <= own.tempo[1]
    assert settled.time_signature == ("3/4" if style == "waltz" else "4/4")
    assert all(parse(name) for name in settled.chord_progression)
    bars = settled.duration_seconds * settled.target_bpm / 60 / own.beats_per_bar
    assert bars == pytest.approx(round(bars)) and round(bars) % 4 == 0
    assert 20 <= settled.duration_seconds <= 45
    whole = conditioning.fitted_to(None, None, GenerationParameters(), style)
    for stem in STEMS:
        assert arrange(stem, whole, blend(style), seed=1).notes or stem in ("drums", "vocals", "guitar")


def test_what_is_given_wins():
    given = GenerationParameters(
        target_bpm=97, time_signature="6/8", duration_seconds=11.5, chord_progression=["F#m", "E"]
    )
    settled = conditioning.settle(given, "house 70%, bossa 30%")
    assert settled.model_dump() == given.model_dump(include=set(type(settled).model_fields))
    one = conditioning.settle(GenerationParameters(target_bpm=60), "pop")
    assert one.target_bpm == 60 and one.duration_seconds == pytest.approx(32) and one.chord_progression


def test_the_style_follows_the_meter_where_none_is_named():
    (plan,) = rules.plan(
        GenerationOrder(target_stems=["bass"], parameters=GenerationParameters(time_signature="3/4")),
        time_signature=None,
        seed=1,
    )
    assert plan.style == "waltz"


def test_a_place_that_a_prompt_names_is_no_part_of_a_song_that_is_not_there():
    (plan,) = rules.plan(
        GenerationOrder(parameters=GenerationParameters(prompt="a bass line for the second bridge, bars 3 to 4")),
        time_signature=None,
        seed=1,
    )
    assert plan.section is None and plan.bars is None


def test_a_song_that_nobody_knows_is_not_left_out_silently(storage):
    with pytest.raises(conditioning.CannotCondition, match="analyse it first"):
        conditioning.prepare("nobody", GenerationParameters(target_bpm=120), "pop")
    enough = GenerationParameters(target_bpm=120, duration_seconds=4, chord_progression=["C"])
    assert conditioning.prepare("nobody", enough, "pop").timeline.bpm == pytest.approx(120)
