"""A finished piece heard beside what it was to be: what is missed is named, with the layer whose fault it is."""

from __future__ import annotations

import numpy as np
import pytest

from gpu_endpoints.audio import profiles
from gpu_endpoints.audio.levels import SAMPLE_RATE
from gpu_endpoints.production import checking, pieces
from ripieno.contracts.production import PieceAsked, PieceHeard
from ripieno.music.conditioning import free_standing
from ripieno.music.genres import all_genres

MUSIC = free_standing(bpm=120, chord_progression=["C", "G"], duration_seconds=32, form=(("verse", 8), ("chorus", 8)))
TIMES = np.arange(32 * SAMPLE_RATE) / SAMPLE_RATE


def bursts(at: list[float]) -> np.ndarray:
    """A voice that begins at just these seconds, mono."""
    rng = np.random.default_rng(2)
    found = np.zeros(len(TIMES), np.float32)
    for start in at:
        since = TIMES - start
        found += np.where((since >= 0) & (since < 0.3), np.minimum(1, since / 0.01) * rng.normal(0, 0.2, len(TIMES)), 0)
    return found


def test_words_are_heard_where_the_voice_rises():
    begin = [1.0, 2.5, 4.1, 7.0]
    shifted = [one + 0.04 for one in begin]
    assert pieces.words(bursts(begin), begin, MUSIC)[1] < 12
    in_bar, ms = pieces.words(bursts(shifted), begin, MUSIC)
    assert ms == pytest.approx(40, abs=12) and in_bar == 1.0
    assert pieces.words(np.zeros(len(TIMES), np.float32), begin, MUSIC)[1] == pytest.approx(120), "nobody sings"


def test_a_word_that_comes_in_the_bar_before_is_not_in_its_bar():
    begin = [2.0, 4.0, 6.0, 8.0]  # each on a downbeat
    assert pieces.words(bursts([one - 0.1 for one in begin]), begin, MUSIC)[0] == 0.0
    assert pieces.words(bursts(begin), begin, MUSIC)[0] == 1.0


def test_borders_are_where_the_sound_changes_most():
    low, high = (np.sin(2 * np.pi * hertz * TIMES) for hertz in (200.0, 2000.0))
    noise = np.random.default_rng(1).normal(0, 0.001, len(TIMES))

    def piece(border: float) -> np.ndarray:
        return np.asarray(0.2 * np.where(border > TIMES, low, high) + noise, np.float32)

    assert pieces.borders(piece(16.0), MUSIC) == 1.0 and pieces.borders(piece(24.0), MUSIC) == 0.0


def test_each_harmonic_layer_is_held_beside_the_chords():
    def chords(names: dict[int, tuple[float, ...]]) -> np.ndarray:
        bar = (TIMES // 2).astype(int) % 2
        return np.asarray(
            sum(
                0.1 * np.sin(2 * np.pi * hertz * TIMES) * (bar == place)
                for place, tones in names.items()
                for hertz in tones
            ),
            np.float32,
        )

    c, g = (261.63, 329.63, 392.0), (392.0, 493.88, 587.33)
    assert checking.on_chords(chords({0: c, 1: g}), MUSIC) > 0.95
    assert checking.on_chords(chords({0: (277.18, 349.23, 415.3), 1: g}), MUSIC) < 0.8
    assert checking.on_chords(np.zeros(len(TIMES), np.float32), MUSIC) is None


def test_what_is_missed_is_named():
    asked = PieceAsked(loudness_lufs=-14.0, valence=0.5, arousal=0.5)
    good = PieceHeard(
        chords={"piano": 0.97},
        borders=1.0,
        words_in_bar=1.0,
        sounds_like=["pop"],
        valence=0.4,
        arousal=0.2,
        loudness_error=0.2,
    )
    assert pieces.misses(good, asked, "pop") == []
    assert pieces.misses(good, asked, "house 70%, pop 30%") == [], "any genre of a blend may lead"
    bad = PieceHeard(
        chords={"piano": 0.97, "bass": 0.7},
        borders=0.2,
        words_in_bar=0.5,
        sounds_like=["metal", "pop"],
        valence=-0.5,
        arousal=0.2,
        loudness_error=-2.0,
    )
    found = pieces.misses(bad, asked, "pop")
    assert [(one.what, one.layer) for one in found] == [
        ("chords", "bass"),
        ("style", None),
        ("mood", None),
        ("borders", None),
        ("words", None),
        ("loudness", None),
    ]
    assert "more like metal than like pop" in found[1].message and "valence" in found[2].message


def test_every_style_has_a_profile_and_is_nearest_to_itself():
    known = profiles.profiles()
    assert set(known.styles) == set(all_genres())
    for name, own in known.styles.items():
        apart = {other: profiles.distance(np.array(own), np.array(theirs)) for other, theirs in known.styles.items()}
        assert min(apart, key=apart.__getitem__) == name
    assert all(len(own) == len(known.mean) == len(known.spread) for own in known.styles.values())


def test_silence_is_like_something_and_breaks_nothing():
    found = profiles.likeness(np.zeros((len(TIMES), 2), np.float32), MUSIC)
    assert len(found.styles) == len(all_genres()) and -1 <= found.valence <= 1 and -1 <= found.arousal <= 1
