"""What a plan says of places and of the way to play is in the notes: silent bars are empty, roots are roots."""

from __future__ import annotations

import pytest

from ripieno.contracts.generation import PlacedPlaying, StemPlan
from ripieno.contracts.understanding import Place
from ripieno.music import places
from ripieno.music.arranging import playing
from ripieno.music.arranging.arrange import STEMS, arrange
from ripieno.music.arranging.drums import KIT
from ripieno.music.conditioning import Conditioning, free_standing
from ripieno.music.genres.blending import blend
from ripieno.music.score import Note

PROGRESSION = ["C", "Am7", "F", "G7/B"]
FORM = (("intro", 4), ("verse", 8), ("chorus", 8), ("verse", 8), ("chorus", 8))


@pytest.fixture(scope="module")
def music() -> Conditioning:
    return free_standing(bpm=120, chord_progression=PROGRESSION, duration_seconds=72.0, form=FORM)


def notes(music: Conditioning, stem: str, style: str = "rock", **plan) -> list[Note]:
    """What is played of a plan, exactly on the grid; a beat is half a second."""
    one = StemPlan(stem_type=stem, style=style, random_seed=5, **plan)
    part = arrange(
        stem,
        music,
        blend(style),
        seed=5,
        playing=playing.of(one),
        by_place=playing.by_place(one, music),
        silent=places.silent(one, music),
        humanise=False,
    )
    return part.notes


def bar(note: Note) -> int:
    """Counted from 1."""
    return int(note.start / 2.0 + 1e-6) + 1


def in_bars(found: list[Note], first: int, last: int) -> list[Note]:
    return [note for note in found if first <= bar(note) <= last]


@pytest.mark.parametrize("stem", STEMS)
@pytest.mark.parametrize(
    ("where", "bars"),
    [
        (Place(section="intro"), (1, 4)),
        (Place(bars=(9, 16)), (9, 16)),
        (Place(section="chorus last"), (29, 36)),
        (Place(half=2), (19, 36)),
        (Place(half=1), (1, 18)),
        (Place(section="chorus 2", half=2), (33, 36)),
        (Place(section="verse 2", side="from"), (21, 36)),
        (Place(half=2, side="before"), (1, 18)),
        (Place(section="verse 2", bars=(1, 2)), (21, 22)),
        (Place(bars=(-4, -1)), (33, 36)),
        (Place(section="chorus", side="before"), (1, 12)),
        (Place(bars=(17, 20), side="after"), (21, 36)),
    ],
)
def test_nothing_sounds_where_it_is_silent(music, stem, where, bars):
    without = notes(music, stem, silent=[where])
    assert (without and in_bars(notes(music, stem), *bars)) or stem == "vocals"
    assert not in_bars(without, *bars)
    start, end = 2.0 * (bars[0] - 1), 2.0 * bars[1]
    assert all(note.end <= start + 1e-6 or note.start >= end - 1e-6 for note in without), "nothing rings into it"


def test_every_section_of_a_name_is_meant_by_the_name_alone(music):
    without = notes(music, "drums", silent=[Place(section="chorus")])
    assert not in_bars(without, 13, 20) and not in_bars(without, 29, 36) and in_bars(without, 21, 28)


def test_elsewhere_nothing_sounds_of_what_is_only_for_some_places(music):
    found = notes(music, "bass", sounding=[Place(section="chorus 1"), Place(bars=(1, 2))])
    assert {bar(note) for note in found} == {1, 2, *range(13, 21)}


def test_busier_in_the_chorus_is_busier_there_and_as_it_was_elsewhere(music):
    plain = notes(music, "bass")
    there = notes(music, "bass", at_places=[PlacedPlaying(places=[Place(section="chorus")], density=0.8)])
    assert len(in_bars(there, 13, 20)) > len(in_bars(plain, 13, 20))
    assert in_bars(there, 1, 12) == in_bars(plain, 1, 12) and in_bars(there, 21, 28) == in_bars(plain, 21, 28)


def test_where_places_overlap_all_of_them_count(music):
    louder = PlacedPlaying(places=[Place(section="chorus")], dynamics=0.5)
    higher = PlacedPlaying(places=[Place(section="chorus last")], pitch_register=1.0)
    plain, found = notes(music, "bass"), notes(music, "bass", at_places=[louder, higher])

    def mean(notes: list[Note], of: str) -> float:
        return sum(getattr(note, of) for note in notes) / len(notes)

    for bars, lifted in (((13, 20), False), ((29, 36), True)):
        assert mean(in_bars(found, *bars), "velocity") > mean(in_bars(plain, *bars), "velocity") + 5
        assert (mean(in_bars(found, *bars), "pitch") > mean(in_bars(plain, *bars), "pitch") + 6) == lifted


@pytest.mark.parametrize("stem", ["bass", "piano", "guitar", "synth"])
@pytest.mark.parametrize("style", ["rock", "jazz", "reggae"])
def test_root_notes_on_the_one_are_a_root_on_every_first_beat(music, stem, style):
    found = notes(music, stem, style, notes="roots", onsets="downbeats")
    assert found
    for note in found:
        assert note.start % 2.0 == pytest.approx(0.0, abs=1e-6)
        chord = music.chord_at(note.start * 2)
        assert chord is not None and note.pitch % 12 == chord.root
    assert len({note.start for note in found}) == len(found), "one tone at a time"


@pytest.mark.parametrize(("onsets", "on"), [("beats", True), ("offbeats", False)])
def test_onsets_lie_on_the_beats_or_between_them(music, onsets, on):
    found = notes(music, "guitar", onsets=onsets)
    assert found and all((abs(note.start * 2 - round(note.start * 2)) < 0.05) == on for note in found)


def test_swing_and_straight_move_what_lies_between_the_beats(music):
    def between(found: list[Note]) -> set[float]:
        halves = {round(note.start * 2 % 1, 2) for note in found}
        return halves - {0.0, 1.0}

    assert 0.5 in between(notes(music, "drums")) and 0.67 in between(notes(music, "drums", swing=1.0))
    assert 0.64 in between(notes(music, "drums", "jazz")) and 0.64 not in between(
        notes(music, "drums", "jazz", swing=-1.0)
    )


def test_in_half_time_the_backbeat_falls_on_three(music):
    half = PlacedPlaying(places=[Place(section="verse")], pulse="half")

    def snares(found: list[Note], first: int) -> set[float]:
        return {round(note.start * 2 % 4, 2) for note in in_bars(found, first, first) if note.pitch == KIT["snare"]}

    assert snares(notes(music, "drums"), 5) == {1.0, 3.0}
    found = notes(music, "drums", at_places=[half])
    assert snares(found, 5) == {2.0} and snares(found, 13) >= {1.0, 3.0}


def test_laid_back_is_behind_the_beat_and_pushed_before_it(music):
    plain, late, early = (notes(music, "bass", timing=timing) for timing in (0.0, 1.0, -1.0))
    assert late[4].start - plain[4].start == pytest.approx(0.03) and plain[4].start - early[4].start > 0.02


def test_a_place_that_the_music_has_not_is_named(music):
    named = [Place(section="bridge"), Place(bars=(99, 120)), Place(section="chorus 2"), Place(bars=(30, 9999))]
    assert places.missing(named, music) == ["bridge", "bars 99 to 120"]


def test_the_notes_of_a_plan_without_places_are_those_that_they_were(music):
    part = arrange("bass", music, blend("rock"), seed=5, humanise=False)
    assert notes(music, "bass") == part.notes
