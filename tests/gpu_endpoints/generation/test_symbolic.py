"""Symbolic stems as audio and MIDI: exact length, level, fades, tempo map, and heard again by our own ears."""

from __future__ import annotations

import io

import mido
import numpy as np
import pytest

from gpu_endpoints.analysis.mir import beats, features
from gpu_endpoints.generation import symbolic
from gpu_endpoints.generation.finishing import finish
from gpu_endpoints.generation.soundfont import SAMPLE_RATE
from segno.music.chord import parse
from segno.music.conditioning import ChordSpan, Conditioning, SectionSpan, free_standing
from segno.music.timeline import Timeline


@pytest.fixture(scope="module")
def given() -> Conditioning:
    return free_standing(bpm=118, chord_progression=["Dm", "Bb", "F", "C/E"], duration_seconds=33.333, tuning=442.0)


@pytest.mark.parametrize("stem", ["drums", "bass", "piano", "vocals"])
def test_a_stem_is_exactly_as_long_as_asked_with_fades_and_a_peak_of_point_eight(given, stem):
    made = symbolic.generate(stem, given, "pop", seed=7)
    assert made.audio.shape == (round(33.333 * SAMPLE_RATE), 2) and made.audio.dtype == np.float32
    assert np.abs(made.audio).max() == pytest.approx(0.8, abs=1e-4)
    assert made.audio[0].tolist() == [0, 0] and np.abs(made.audio[-1]).max() < 1e-3
    again = symbolic.generate(stem, given, "pop", seed=7)
    assert again.audio.tobytes() == made.audio.tobytes() and again.midi == made.midi
    assert symbolic.generate(stem, given, "pop", seed=8).midi != made.midi


def test_silence_stays_silence_and_short_things_stay_short():
    assert not finish(np.zeros((10, 2), np.float32), 0.5, 1000).any()
    assert finish(np.ones((10, 2), np.float32), 0.01, 1000).shape == (10, 2)


def test_drums_are_heard_at_the_tempo_and_on_the_beats_they_were_written_for(given):
    made = symbolic.generate("drums", given, "rock", seed=1)
    mono = made.audio.mean(axis=1)
    grid = beats.find(features.extract([mono], len(mono) / SAMPLE_RATE, lambda done: None))
    assert grid.bpm == pytest.approx(118, rel=0.003)
    truth = np.array([time for time in given.timeline.times if time < given.end_seconds])
    assert np.mean([np.abs(grid.times - time).min() < 0.05 for time in truth]) > 0.95


def test_the_midi_file_follows_a_song_that_drifts():
    times = np.cumsum(np.r_[2.0, np.linspace(0.5, 0.6, 32)])
    drifting = Conditioning(
        Timeline(tuple(times), tuple(n % 4 + 1 for n in range(33)), 4),
        (ChordSpan(0, 32, parse("A:min")),), 9, "minor", (SectionSpan(0, 16, "verse"), SectionSpan(16, 32, "chorus")),
        (0.8,) * 8, 16, 32,
    )  # fmt: skip
    made = symbolic.generate("bass", drifting, "rock", seed=1)
    file = mido.MidiFile(file=io.BytesIO(made.midi))
    assert file.type == 1 and len(file.tracks) == 2
    tempi = [message.tempo for message in file.tracks[0] if message.type == "set_tempo"]
    expected = np.diff(times)[16:] * 1e6
    np.testing.assert_allclose(tempi, expected, atol=1)
    assert [m.text for m in file.tracks[0] if m.type == "marker"] == ["chorus"]
    assert file.length == pytest.approx(drifting.end_seconds - drifting.start_seconds, abs=0.15)
    starts, now = [], 0.0
    for message in file:  # mido turns the ticks back into seconds
        now += message.time
        if message.type == "note_on" and message.velocity:
            starts.append(now)
    assert len(starts) == made.notes
    beat_times = times[16:] - times[16]
    on_beat = [np.abs(beat_times - start).min() for start in starts]
    assert min(on_beat) < 0.02


def test_six_eight_is_written_as_six_eight():
    compound = free_standing(bpm=60, chord_progression=["G", "C"], duration_seconds=16, beats_per_bar=2, compound=True)
    file = mido.MidiFile(file=io.BytesIO(symbolic.generate("drums", compound, "ballad", seed=1).midi))
    signature = next(message for message in file.tracks[0] if message.type == "time_signature")
    assert (signature.numerator, signature.denominator) == (6, 8)
    assert file.length == pytest.approx(16, abs=0.5)
