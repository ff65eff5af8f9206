"""Blends of styles: what is written, what is refused, what is played."""

from __future__ import annotations

import hashlib

import pytest

from ripieno.music.arranging.arrange import STEMS, arrange
from ripieno.music.conditioning import Conditioning, free_standing
from ripieno.music.genres import all_genres, genre
from ripieno.music.genres.blending import BLEND_BARS, PHRASE_BARS, Blend, blend
from tests.ripieno.music.test_arranging import drifting_song, music

# What each genre alone played before there were blends: sixteen bars of 4/4, of 6/8, and a song that slows down.
AS_BEFORE = {
    "ambient": "11bddcf9b4f5",
    "ballad": "d24f89143833",
    "bossa": "7cba2d2745e4",
    "drum and bass": "07c0a23942df",
    "funk": "bb306ca02aa5",
    "hip hop": "184a0bf11b69",
    "house": "0a62c8b68940",
    "jazz": "43c08e435e82",
    "metal": "6aa7fbbbe8e8",
    "pop": "4aad9f75c4a8",
    "reggae": "71b4b287b965",
    "rock": "7962328e8594",
    "techno": "9bd8ae4f5a3d",
    "waltz": "4e40a32bb6e9",
}


@pytest.mark.parametrize(
    ("text", "weights"),
    [
        ("house", {"house": 1.0}),
        ("House 70%, Bossa 30%", {"house": 0.7, "bossa": 0.3}),
        ("30% bossa + 70% house", {"house": 0.7, "bossa": 0.3}),
        ("jazz / drum & bass", {"jazz": 0.5, "drum and bass": 0.5}),
        ("jazz=3, funk=1", {"jazz": 0.75, "funk": 0.25}),
        ("hip-hop .2, rock .2, pop .4", {"pop": 0.5, "hip hop": 0.25, "rock": 0.25}),
        ("rock, rock", {"rock": 1.0}),
    ],
)
def test_styles_as_people_write_them(text, weights):
    found = blend(text)
    assert dict(found.weights) == pytest.approx(weights)
    assert found.leading.name == next(iter(weights))
    assert dict(blend(str(found)).weights) == pytest.approx(weights, abs=1e-3), "what it writes it reads"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("polka", "there is no style 'polka': choose from ambient"),
        ("house 70%, polka 30%", "polka"),
        ("house 70%, bossa", "its share, or none"),
        ("house 0%, bossa 100%", "a share above 0"),
        ("rock, pop, jazz, funk, house", "at most 4"),
        ("", "there is no style ''"),
        ("house,", "there is no style ''"),
        ("70%", "there is no style '70%'"),
        ("宮 70%, house 30%", "there is no style '宮'"),
    ],
)
def test_what_is_no_style_is_refused_with_a_reason(text, why):
    with pytest.raises(ValueError, match=why):
        blend(text)


def _played(stem: str, given: Conditioning, style: Blend) -> tuple:
    part = arrange(stem, given, style, seed=5)
    notes = [(round(note.start, 6), round(note.end, 6), note.pitch, note.velocity) for note in part.notes]
    return part.program, notes


@pytest.mark.parametrize("name", all_genres())
def test_one_style_plays_what_it_always_did(name):
    songs = (music(name, "4/4"), music(name, "6/8", seconds=20.0), drifting_song())
    played = [_played(stem, given, blend(name)) for given in songs for stem in STEMS]
    assert hashlib.sha256(repr(played).encode()).hexdigest()[:12] == AS_BEFORE[name]


def test_a_blend_has_the_groove_of_all_of_it():
    half, most = blend("jazz, techno"), blend("jazz 90%, techno 10%")
    straight, swung = genre("techno").feel.swing, genre("jazz").feel.swing
    assert half.feel.swing == pytest.approx((straight + swung) / 2)
    assert half.feel.swing < most.feel.swing < swung
    assert {one.feel.swing for one in half.genres} == {half.feel.swing}


def long_music(bars: int = 256) -> Conditioning:
    return free_standing(
        bpm=120, chord_progression=["C", "Am7", "F", "G7"], duration_seconds=2.0 * bars, form=(("verse", bars),)
    )


def test_every_phrase_is_played_as_one_of_its_genres_would_as_often_as_their_shares():
    style, given = blend("house 70%, bossa 30%"), long_music()
    chosen = [style.of_phrase("drums", "verse", phrase, 3) for phrase in range(256 // BLEND_BARS)]
    assert chosen.count(0) / len(chosen) == pytest.approx(0.7, abs=0.03)

    whole = arrange("drums", given, style, seed=3, humanise=False).notes
    alone = [arrange("drums", given, Blend(((one, 1.0),)), seed=3, humanise=False).notes for one in style.genres]
    for bar in range(0, 256, PHRASE_BARS):
        which = chosen[bar // BLEND_BARS]
        start = 2.0 * bar
        end = start + 2.0 * (PHRASE_BARS - 1)  # the turn in the last bar is rolled anew
        heard = {(round(n.start, 3), n.pitch) for n in whole if start <= n.start < end - 1e-6}
        assert heard == {(round(n.start, 3), n.pitch) for n in alone[which] if start <= n.start < end - 1e-6}


def test_bars_left_over_at_a_sections_end_go_with_the_phrase_before():
    style, given = blend("house 50%, bossa 50%"), long_music(12)
    alone = [arrange("drums", given, Blend(((one, 1.0),)), seed=3, humanise=False).notes for one in style.genres]
    which = style.of_phrase("drums", "verse", 0, 3)
    whole = arrange("drums", given, style, seed=3, humanise=False).notes
    inside = [[(n.start, n.pitch) for n in notes if 16.0 <= n.start < 22.0] for notes in (whole, alone[which])]
    assert inside[0] == inside[1] != []


def test_what_is_held_ends_where_another_genre_begins():
    style, given = blend("ambient, techno"), long_music(64)
    chosen = [style.of_phrase("synth", "verse", phrase, 3) for phrase in range(16)]
    ends = [2.0 * BLEND_BARS * n for n in range(1, 16) if chosen[n] != chosen[n - 1]]
    notes = arrange("synth", given, style, seed=3, humanise=False).notes
    assert ends and not [(n, end) for end in ends for n in notes if n.start < end - 0.1 and n.end > end + 1e-6]


@pytest.mark.parametrize("text", ["jazz, house", "bossa 60%, metal 40%", "waltz, rock", "pop, funk, jazz, techno"])
@pytest.mark.parametrize("meter", ["4/4", "3/4", "6/8"])
def test_a_blend_fits_in_every_stem_and_is_the_same_for_the_same_seed(text, meter):
    style = blend(text)
    given = music(style.leading.name, meter)
    for stem in STEMS:
        part = arrange(stem, given, style, seed=3)
        assert part.notes == arrange(stem, given, style, seed=3).notes
        assert part.notes, stem
        assert all(0 <= note.start < note.end <= given.end_seconds + 1e-9 for note in part.notes)
        if stem != "drums":
            assert part.program == style.leading.parts[stem].program
    blended = arrange("drums", long_music(64), style, seed=3, humanise=False).notes
    for name, _ in style.weights:
        assert blended != arrange("drums", long_music(64), blend(name), seed=3, humanise=False).notes


def test_a_section_that_returns_is_played_in_the_same_styles():
    form = (("verse", 8), ("chorus", 8), ("verse", 8), ("chorus", 8))
    given = free_standing(bpm=120, chord_progression=["C", "F"], duration_seconds=64, form=form)
    notes = arrange("piano", given, blend("jazz, house"), seed=11, humanise=False).notes
    first, again = ({(round(n.start - at, 3)) for n in notes if at <= n.start < at + 16 - 0.01} for at in (0.0, 32.0))
    assert first == again
