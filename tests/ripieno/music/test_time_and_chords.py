"""Chord names, beats to seconds and back, and music for no song."""

from __future__ import annotations

import mir_eval
import numpy as np
import pytest

from ripieno.music.chord import harte, parse
from ripieno.music.conditioning import free_standing, likely_key
from ripieno.music.timeline import Timeline


@pytest.mark.parametrize(
    ("name", "classes", "bass"),
    [
        ("C", {0, 4, 7}, 0),
        ("Am", {9, 0, 4}, 9),
        ("F#m7b5", {6, 9, 0, 4}, 6),
        ("Bb/D", {10, 2, 5}, 2),
        ("Gsus4", {7, 0, 2}, 7),
        ("Ebmaj7", {3, 7, 10, 2}, 3),
        ("C:min7/b3", {0, 3, 7, 10}, 3),
        ("D:maj/3", {2, 6, 9}, 6),
        ("A:7", {9, 1, 4, 7}, 9),
        ("B°", {11, 2, 5}, 11),
        ("G:sus2", {7, 9, 2}, 7),
        ("E5", {4, 11}, 4),
    ],
)
def test_chord_names_of_both_kinds(name, classes, bass):
    chord = parse(name)
    assert set(chord.pitch_classes) == classes and chord.bass == bass


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("C", "C:maj"),
        ("Am7/G", "A:min7/b7"),
        ("F#m7b5", "F#:hdim7"),
        ("Bb/D", "Bb:maj/3"),
        ("D:maj/3", "D:maj/3"),
        ("G7sus4", "G:sus4(b7)"),
        ("E5", "E:5"),
        ("N.C.", "N"),
    ],
)
def test_every_name_has_a_label_in_hartes_syntax(name, label):
    assert harte(name) == label
    mir_eval.chord.validate_chord_label(label)


@pytest.mark.parametrize("name", ["H", "Cfoo", "", "C/X", "c", "C//E", "A:min/z"])
def test_what_is_no_chord_is_refused_with_what_to_write(name):
    with pytest.raises(ValueError, match=r"no chord name|no such bass"):
        parse(name)


def test_no_chord_is_none():
    assert parse("N") is None


def test_beats_and_seconds_are_each_others_inverse_beyond_both_ends():
    times = np.cumsum(np.r_[0.7, np.random.default_rng(0).uniform(0.4, 0.6, 40)])
    timeline = Timeline(tuple(times), tuple(n % 3 + 1 for n in range(41)), 3)
    for beat in (-2.5, 0, 0.25, 17.9, 40, 43.2):
        assert timeline.beat_at(timeline.at(beat)) == pytest.approx(beat)
    assert timeline.at(17) == times[17]
    assert [bar.first for bar in timeline.bars()][:3] == [0, 3, 6]


def test_a_song_that_begins_with_a_pickup_has_a_short_first_bar():
    timeline = Timeline((0.0, 0.5, 1.0, 1.5, 2.0, 2.5), (4, 1, 2, 3, 4, 1), 4)
    assert [(bar.first, bar.beats) for bar in timeline.bars()] == [(0, 1), (1, 4), (5, 1)]


def test_beats_that_do_not_rise_are_no_timeline():
    with pytest.raises(ValueError, match="one after the other"):
        Timeline((0.0, 1.0, 1.0), (1, 2, 3), 4)


def test_music_for_no_song_lasts_as_long_as_was_asked_and_knows_its_key():
    given = free_standing(bpm=97, chord_progression=["Am", "F", "C", "G"], duration_seconds=31.7)
    assert given.end_seconds == pytest.approx(31.7)
    assert (given.tonic, given.mode) == (9, "minor")
    assert given.chord_at(4.0) == parse("F")
    assert likely_key([parse(name) for name in ("D", "G", "A", "Bm")]) == (2, "major")


@pytest.mark.parametrize(
    "wrong", [{"bpm": 5}, {"duration_seconds": 0}, {"chord_progression": []}, {"chord_progression": ["N"]}]
)
def test_what_cannot_be_played_is_refused(wrong):
    with pytest.raises(ValueError, match=r"tempo|length|chord"):
        free_standing(**{"bpm": 120, "chord_progression": ["C"], "duration_seconds": 10} | wrong)
