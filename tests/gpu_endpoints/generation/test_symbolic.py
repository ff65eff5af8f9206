"""Symbolic stems as audio and MIDI: exact length, level, fades, tempo map, and heard again by our own ears."""

from __future__ import annotations

import io

import mido
import numpy as np
import pretty_midi
import pytest

from gpu_endpoints.analysis.mir import beats, features
from gpu_endpoints.audio.levels import SAMPLE_RATE, loudness
from gpu_endpoints.generation.engine import Generated, Wish
from gpu_endpoints.generation.finishing import finish
from gpu_endpoints.generation.symbolic import SymbolicEngine
from gpu_endpoints.production import checking
from gpu_endpoints.serving.work import JobFailed
from ripieno.contracts.enums import StemType
from ripieno.contracts.generation import StemPlan
from ripieno.music.chord import parse
from ripieno.music.conditioning import ChordSpan, Conditioning, SectionSpan, free_standing
from ripieno.music.timeline import Timeline


@pytest.fixture(scope="module")
def given() -> Conditioning:
    return free_standing(bpm=118, chord_progression=["Dm", "Bb", "F", "C/E"], duration_seconds=33.333, tuning=442.0)


def generate(stem: str, conditioning: Conditioning, style: str, *, seed: int, **shades) -> Generated:
    """One stem as a job finishes it."""
    wish = Wish(StemPlan(stem_type=stem, style=style, random_seed=seed, **shades), conditioning)
    (made,) = SymbolicEngine().generate([wish], lambda done: None)
    return Generated(finish(made.audio, wish.seconds, SAMPLE_RATE), made.midi, made.seed)


def starts(midi: bytes) -> list[float]:
    """Onsets in seconds."""
    found, now = [], 0.0
    for message in mido.MidiFile(file=io.BytesIO(midi)):  # mido turns the ticks back into seconds
        now += message.time
        if message.type == "note_on" and message.velocity:
            found.append(now)
    return found


def fits(audio, wish: Wish):
    return checking.score(audio, wish.conditioning, stem_type=StemType(wish.plan.stem_type), style=wish.plan.style)


def notes_of(midi: bytes) -> list:
    return pretty_midi.PrettyMIDI(io.BytesIO(midi)).instruments[0].notes


def centroid(audio: np.ndarray) -> float:
    """Hz."""
    power = np.abs(np.fft.rfft(audio.mean(axis=1))) ** 2
    return float((np.fft.rfftfreq(len(audio), 1 / SAMPLE_RATE) * power).sum() / power.sum())


@pytest.mark.parametrize("stem", ["drums", "bass", "piano", "vocals"])
def test_a_stem_is_exactly_as_long_as_asked_with_fades_and_a_peak_of_point_eight(given, stem):
    made = generate(stem, given, "pop", seed=7)
    assert made.audio.shape == (round(33.333 * SAMPLE_RATE), 2) and made.audio.dtype == np.float32
    assert np.abs(made.audio).max() == pytest.approx(0.8, abs=1e-4)
    assert made.audio[0].tolist() == [0, 0] and np.abs(made.audio[-1]).max() < 1e-3
    again = generate(stem, given, "pop", seed=7)
    assert again.audio.tobytes() == made.audio.tobytes() and again.midi == made.midi
    assert generate(stem, given, "pop", seed=8).midi != made.midi


def test_the_first_hit_is_as_hard_as_the_others():
    """A part begins on a downbeat: what fades in there is missed in a DAW."""
    beat = round(0.5 * SAMPLE_RATE)
    hits = np.zeros((8 * beat, 2), np.float32)
    for at in range(0, len(hits), beat):
        hits[at : at + 2000] = np.hanning(4000)[2000:, None]
    made = finish(hits, 4.0, SAMPLE_RATE)
    energies = [float((made[at : at + 2000] ** 2).sum()) for at in range(0, len(made) - beat, beat)]
    assert energies[0] > 0.9 * np.median(energies)
    assert made[0].tolist() == [0, 0]


def test_a_plan_is_heard_in_the_music(given):
    """Darker is darker, busier has more notes, staccato is shorter, softer has lower velocities."""
    plain = generate("synth", given, "house", seed=1)
    assert centroid(generate("synth", given, "house", seed=1, brightness=-0.5).audio) < 0.9 * centroid(plain.audio)
    assert centroid(generate("synth", given, "house", seed=1, brightness=0.5).audio) > 1.05 * centroid(plain.audio)
    counts = [len(starts(generate("bass", given, "pop", seed=1, density=d).midi)) for d in (-0.6, 0.0, 0.6)]
    assert counts[0] < 0.85 * counts[1] and counts[2] > 1.15 * counts[1]
    lengths = [
        np.median([n.end - n.start for n in notes_of(generate("piano", given, "pop", seed=1, articulation=a).midi)])
        for a in ("staccato", "normal", "legato")
    ]
    assert lengths[0] < 0.7 * lengths[1] < lengths[2]
    loud = [
        np.mean([n.velocity for n in notes_of(generate("bass", given, "pop", seed=1, dynamics=d).midi)])
        for d in (-1, 1)
    ]
    assert loud[0] < 0.8 * loud[1]
    low, high = (notes_of(generate("piano", given, "pop", seed=1, pitch_register=r).midi) for r in (-1, 1))
    assert np.mean([n.pitch for n in high]) - np.mean([n.pitch for n in low]) == pytest.approx(24, abs=4)


def test_an_instrument_of_ones_own_is_played(given):
    made = generate("synth", given, "pop", seed=1, instrument="strings")
    programs = [m.program for m in mido.MidiFile(file=io.BytesIO(made.midi)).tracks[1] if m.type == "program_change"]
    assert programs == [48]
    with pytest.raises(ValueError, match="choose from"):
        generate("synth", given, "pop", seed=1, instrument="kazoo orchestra")


def test_a_loudness_target_is_met_where_peaks_allow(given):
    made = generate("piano", given, "pop", seed=7)
    quiet = finish(made.audio, 33.333, SAMPLE_RATE, loudness_lufs=-26)
    assert loudness(quiet, SAMPLE_RATE) == pytest.approx(-26, abs=0.1)
    assert np.abs(finish(made.audio, 33.333, SAMPLE_RATE, loudness_lufs=-6)).max() <= 10 ** (-1 / 20) + 1e-6
    assert loudness(np.zeros((44100, 2), np.float32), SAMPLE_RATE) is None


def test_the_score_knows_what_fits_and_what_does_not(given):
    wish = Wish(StemPlan(stem_type="piano", style="pop", random_seed=1), given)
    (made,) = SymbolicEngine().generate([wish], lambda done: None)
    audio = finish(made.audio, wish.seconds, SAMPLE_RATE)
    good = fits(audio, wish)
    assert good.beat_alignment >= 0.9 and abs(good.offset_ms) <= 25 and good.chord_agreement >= 0.95
    assert good.overall >= 0.75 and good.remarks == []
    others = free_standing(bpm=118, chord_progression=["F#", "B", "C#m", "G#m"], duration_seconds=33.333, tuning=442.0)
    wrong = fits(audio, Wish(wish.plan, others))
    assert wrong.chord_agreement < 0.75 and wrong.key_agreement < good.key_agreement
    assert "harmony" in " ".join(wrong.remarks)
    assert fits(np.zeros_like(audio), wish).remarks == ["it is silent"]


def test_the_score_hears_drums_that_come_late(given):
    made = generate("drums", given, "rock", seed=1)
    wish = Wish(StemPlan(stem_type="drums", style="rock", random_seed=1), given)
    assert fits(made.audio, wish).beat_alignment == pytest.approx(1.0, abs=0.02)
    late = fits(np.roll(made.audio, round(0.11 * SAMPLE_RATE), axis=0), wish)
    assert late.beat_alignment < 0.5 and late.offset_ms == pytest.approx(110, abs=25)
    assert "does not keep to the beats" in late.remarks[0]


def test_silence_stays_silence_and_short_things_stay_short():
    assert not finish(np.zeros((10, 2), np.float32), 0.5, 1000).any()
    assert finish(np.ones((10, 2), np.float32), 0.01, 1000).shape == (10, 2)


def test_drums_are_heard_at_the_tempo_and_on_the_beats_they_were_written_for(given):
    made = generate("drums", given, "rock", seed=1)
    mono = made.audio.mean(axis=1)
    grid = beats.find(features.extract([mono], len(mono) / SAMPLE_RATE, lambda done: None))
    assert grid.bpm == pytest.approx(118, rel=0.003)
    truth = np.array([time for time in given.timeline.times if time < given.end_seconds])
    assert np.mean([np.abs(grid.times - time).min() < 0.05 for time in truth]) > 0.95


def test_the_midi_file_follows_a_song_that_drifts():
    times = np.cumsum(np.r_[2.0, np.linspace(0.5, 0.6, 32)])
    drifting = Conditioning(
        Timeline(tuple(times), tuple(n % 4 + 1 for n in range(33)), 4),
        (ChordSpan(0, 32, parse("A:min")),),
        9,
        "minor",
        (SectionSpan(0, 16, "verse"), SectionSpan(16, 32, "chorus")),
        (0.8,) * 8,
        16,
        32,
    )
    made = generate("bass", drifting, "rock", seed=1)
    file = mido.MidiFile(file=io.BytesIO(made.midi))
    assert file.type == 1 and len(file.tracks) == 2
    tempi = [message.tempo for message in file.tracks[0] if message.type == "set_tempo"]
    assert tempi[0] == pytest.approx(np.diff(times)[16] * 1e6, rel=0.02) and tempi == sorted(tempi)
    at_beats = pretty_midi.PrettyMIDI(io.BytesIO(made.midi)).get_beats()[:16]
    np.testing.assert_allclose(at_beats, times[16:32] - times[16], atol=0.0025)
    assert [m.text for m in file.tracks[0] if m.type == "marker"] == ["chorus"]
    assert file.length == pytest.approx(drifting.end_seconds - drifting.start_seconds, abs=0.15)
    beat_times = times[16:] - times[16]
    on_beat = [np.abs(beat_times - start).min() for start in starts(made.midi)]
    assert min(on_beat) < 0.02


def test_six_eight_is_written_as_six_eight():
    compound = free_standing(bpm=60, chord_progression=["G", "C"], duration_seconds=16, beats_per_bar=2, compound=True)
    file = mido.MidiFile(file=io.BytesIO(generate("drums", compound, "ballad", seed=1).midi))
    signature = next(message for message in file.tracks[0] if message.type == "time_signature")
    assert (signature.numerator, signature.denominator) == (6, 8)
    assert file.length == pytest.approx(16, abs=0.5)


def test_notes_that_are_gone_are_asked_for_again(storage, given):
    with pytest.raises(JobFailed, match="the notes given for the piano are gone: send them again"):
        generate("piano", given, "pop", seed=1, midi="0/given/nothing.mid")
