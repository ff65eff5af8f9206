"""Players hear each other: the bass goes with the kick, comping leaves room while somebody sings."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ripieno.contracts.composition import Mood
from ripieno.contracts.enums import StemType
from ripieno.music.arranging.arrange import arrange
from ripieno.music.composing import ensemble, sounding
from ripieno.music.conditioning import Conditioning, free_standing
from ripieno.music.genres import all_genres
from ripieno.music.genres.blending import blend

MUSIC = free_standing(bpm=120, chord_progression=["C", "Am", "F", "G"], duration_seconds=32)


def onsets(stem: str, music: Conditioning, style: str = "funk") -> list[float]:
    part = arrange(stem, music, blend(style), seed=4, humanise=False)
    return sorted({round(music.timeline.beat_at(note.start), 3) for note in part.notes})


def kicks(music: Conditioning, style: str) -> tuple[float, ...]:
    part = arrange("drums", music, blend(style), seed=4, humanise=False)
    return tuple(sorted({round(music.timeline.beat_at(note.start), 3) for note in part.notes if note.pitch == 36}))


def share_on(places: list[float], kick: tuple[float, ...]) -> float:
    return sum(any(abs(one - other) < 0.03 for other in kick) for one in places) / len(places)


@pytest.mark.parametrize("style", ["funk", "pop", "drum and bass", "hip hop"])
def test_more_of_the_bass_falls_together_with_the_kick_it_hears(style):
    kick = tuple(number + 0.75 for number in range(0, 64, 2))  # a drummer unlike the style's
    alone, together = onsets("bass", MUSIC, style), onsets("bass", replace(MUSIC, kick=kick), style)
    assert share_on(together, kick) >= share_on(alone, kick)
    assert len(together) == len(alone), "no tone is lost or new"


def test_tones_on_the_kick_are_louder_than_those_between():
    kick = kicks(MUSIC, "funk")
    given = replace(MUSIC, kick=kick)
    part = arrange("bass", given, blend("funk"), seed=4, humanise=False)
    at = given.timeline.beat_at
    on = [note.velocity for note in part.notes if any(abs(at(note.start) - one) < 0.03 for one in kick)]
    alone = {
        round(at(note.start), 2): note.velocity
        for note in arrange("bass", MUSIC, blend("funk"), seed=4, humanise=False).notes
    }
    louder = [
        note.velocity >= alone[round(at(note.start), 2)]
        for note in part.notes
        if round(at(note.start), 2) in alone and any(abs(at(note.start) - one) < 0.03 for one in kick)
    ]
    assert on and all(louder)


@pytest.mark.parametrize("stem", ["piano", "guitar"])
def test_comping_is_sparser_where_somebody_sings_and_as_before_where_nobody_does(stem):
    sung = replace(MUSIC, voice=((0.0, 32.0),))
    alone, together = onsets(stem, MUSIC, "pop"), onsets(stem, sung, "pop")
    early = [sum(one < 31.9 for one in found) for found in (alone, together)]
    late = [[one for one in found if one > 32.1] for found in (alone, together)]
    assert early[1] < early[0] and late[0] == late[1]


def test_each_player_is_made_from_what_it_hears_and_nothing_else():
    from ripieno.contracts.composition import Layer

    music = replace(MUSIC, kick=(0.0, 2.0), voice=((0.0, 4.0),))
    heeded = {stem: set(ensemble.heeded(Layer(name=stem, stem_type=stem), music)) for stem in StemType}
    assert heeded[StemType.BASS] == {"kick"} and heeded[StemType.PIANO] == {"voice"}
    assert heeded[StemType.DRUMS] == heeded[StemType.VOCALS] == set()
    assert ensemble.heeded(Layer(name="bass", stem_type=StemType.BASS), MUSIC) == {}


@pytest.mark.parametrize("style", all_genres())
def test_how_loud_a_piece_is_follows_style_mood_and_song(style):
    calm, wild = (sounding.loudness(style, Mood(arousal=arousal)) for arousal in (-1.0, 1.0))
    own = sounding.loudness(style, Mood())
    assert calm <= own <= wild and wild - calm <= 2.0
    assert sounding.loudness(style, Mood(), -9.3) == -9.3 and sounding.loudness(style, Mood(), -40.0) == -24.0


def test_presets_of_mastering_follow_style_and_mood():
    assert sounding.preset("techno", Mood(arousal=0.7)) == "loud"
    assert sounding.preset("pop", Mood(valence=0.5, arousal=0.4)) == "streaming"
    assert sounding.preset("pop", Mood(valence=0.5, arousal=-0.7)) == "gentle"
    assert sounding.preset("rock", Mood(valence=-0.6, arousal=-0.2)) == "warm"
