"""Each task of the MIR on sounds whose truth is known, and the pass over the audio that they share."""

from __future__ import annotations

import numpy as np
import pytest

from gpu_endpoints.analysis.mir import (
    bar_pointer,
    beats,
    chords,
    features,
    key,
    madmom_models,
    networks,
    sections,
    spectral,
    tuning,
)
from gpu_endpoints.analysis.mir.tonality import LocalKey
from ripieno.contracts.analysis import Chord
from ripieno.music.pitch import FLAT_NAMES

RATE = 44100


def pulse_activations(
    bpm: float, beats_per_bar: int, seconds: float, noise: float = 0.0, seed: int = 0, weak: tuple[int, ...] = ()
) -> np.ndarray:
    """Beats, of which those at the positions `weak` (from 0) are a third as sure."""
    rng = np.random.default_rng(seed)
    activations = np.clip(rng.normal(0.02, 0.01 + noise, (round(seconds * 100), 2)), 0.001, 0.4)
    for number, time in enumerate(np.arange(0.5, seconds - 0.1, 60 / bpm)):
        sure = 0.55 / 3 if number % beats_per_bar in weak else 0.55
        activations[round(time * 100), int(number % beats_per_bar == 0)] = sure
    return activations.astype(np.float32)


def song_of(seconds: float, **given) -> features.Features:
    """Features of which only some matter."""
    frames, fine = round(seconds * 10), round(seconds * 100)
    plain = {
        "beat_activations": np.full((fine, 2), 0.01, np.float32), "rises": np.ones((fine, 4), np.float32),
        "profiles": np.zeros((frames, 48)), "mel": np.zeros((frames, features.MEL_BANDS)), "rms": np.full(frames, 0.1),
        "tuning_counts": np.zeros(tuning.BINS), "duration": seconds, "hearing": "learned",
    }  # fmt: skip
    return features.Features(**plain | given)


@pytest.mark.parametrize(
    ("bpm", "meter", "noise"), [(60, 4, 0), (97, 3, 0.05), (140, 4, 0.1), (205, 3, 0.02), (118.5, 4, 0.05)]
)
def test_the_bar_pointer_finds_what_madmoms_network_decoder_finds(bpm, meter, noise):
    from madmom.features.downbeats import DBNDownBeatTrackingProcessor

    activations = pulse_activations(bpm, meter, 30, noise, seed=round(bpm))
    reference = DBNDownBeatTrackingProcessor([meter], fps=100)
    path, log_probability = reference.hmms[0].viterbi(activations[slice(*bar_pointer._active_range(activations))])
    ours = bar_pointer.track(activations, meter)
    madmom = _madmom_beats(reference, activations, path)
    assert ours.log_probability == pytest.approx(log_probability, rel=1e-6)
    inside = ours.times[: len(madmom)] if len(ours.times) > len(madmom) else ours.times
    np.testing.assert_allclose(inside, madmom[: len(inside), 0], atol=1e-9)
    np.testing.assert_array_equal(ours.positions[: len(inside)], madmom[: len(inside), 1])


def _madmom_beats(processor, activations, path) -> np.ndarray:
    """The end of DBNDownBeatTrackingProcessor.process, which crashes on today's NumPy before it gets there."""
    first, last = bar_pointer._active_range(activations)
    active, space, model = (
        activations[first:last],
        processor.hmms[0].transition_model.state_space,
        processor.hmms[0].observation_model,
    )
    numbers = space.state_positions[path].astype(int) + 1
    in_range = model.pointers[path] >= 1
    edges = np.nonzero(np.diff(in_range.astype(int)))[0] + 1
    edges = np.r_[[0] * bool(in_range[0]), edges, [len(in_range)] * bool(in_range[-1])].astype(int)
    found = []
    for left, right in edges.reshape(-1, 2):
        peak = np.argmax(active[left:right]) // 2 + left
        found.append(((peak + first) / 100, numbers[peak]))
    return np.array(found)


def test_features_do_not_depend_on_how_the_audio_is_cut_into_blocks(demo):
    mono = demo[1].mean(axis=1)[: 75 * RATE]
    whole = features.extract([mono], 75, lambda done: None)
    pieces = features.extract((mono[at : at + 100_003] for at in range(0, len(mono), 100_003)), 75, lambda done: None)
    assert len(whole.beat_activations) == len(whole.rises) == 7500
    assert len(whole.profiles) == len(whole.mel) == len(whole.rms) == 750
    for name in ("beat_activations", "rises", "profiles", "mel", "rms", "tuning_counts"):
        np.testing.assert_array_equal(getattr(whole, name), getattr(pieces, name))


def test_fast_inference_gives_what_madmom_gives(demo):
    from madmom.audio.signal import Signal

    mono = demo[1].mean(axis=1)[12 * RATE : 22 * RATE + 77]
    signal = Signal(mono, sample_rate=RATE, num_channels=1)
    (beat, _), chroma = networks.beat_activations(mono), networks.pitch_profiles(mono)[:, :12]
    np.testing.assert_allclose(beat, madmom_models.downbeat_networks()(signal), atol=1e-4)
    np.testing.assert_allclose(chroma, madmom_models.deep_chroma()(signal), atol=1e-4)


def test_cutting_into_chunks_changes_the_networks_answers_little(demo):
    mono = demo[1].mean(axis=1)[: 75 * RATE]
    whole, rises = networks.beat_activations(mono)
    chunked = features.extract([mono], 75, lambda done: None)
    assert np.abs(whole - chunked.beat_activations).mean() < 1e-3
    at_once = song_of(75, beat_activations=whole, rises=rises, profiles=chunked.profiles)
    np.testing.assert_allclose(beats.find(chunked).times, beats.find(at_once).times, atol=0.002)


@pytest.mark.parametrize("frequency", [432.0, 437.3, 440.0, 444.4, 446.0])
def test_tuning_is_found_within_a_cent(frequency):
    """Decaying tones with four partials; SoundFont instruments are themselves up to three cents off."""
    rng, time = np.random.default_rng(0), np.arange(20 * RATE) / RATE
    sound = np.zeros_like(time)
    for number in range(40):
        fundamental = frequency * 2 ** ((rng.integers(45, 76) - 69) / 12)
        envelope = (time >= number / 2) * np.exp(-3 * np.clip(time - number / 2, 0, 9))
        sound += sum(envelope * np.sin(2 * np.pi * fundamental * n * time) / n for n in range(1, 5))
    histogram = tuning.TuningHistogram(RATE)
    histogram.add((sound / 40).astype(np.float32))
    found, confidence = tuning.estimate(histogram.counts)
    assert abs(1200 * np.log2(found / frequency)) <= 1.0
    assert confidence > 0.9


def test_nothing_pitched_has_no_tuning_and_no_key():
    assert tuning.estimate(np.zeros(tuning.BINS)) == (None, 0.0)
    silence = [Chord(start_time=0, end_time=5, chord="N", confidence=1)]
    assert key.find(song_of(5), silence, [0.0, 5.0]) == ([], 0.0)


def test_a_recording_without_a_pulse_has_no_beats():
    grid = beats.find(song_of(10))
    assert (len(grid.times), grid.bpm, grid.beat_confidence) == (0, None, 0.0)


def test_tempo_is_that_of_the_beats_and_steadiness_falls_with_drift():
    steady = np.arange(0, 60, 0.5) + np.random.default_rng(0).normal(0, 0.005, 120)
    assert beats.tempo(steady)[0] == pytest.approx(120, rel=2e-3)
    loose = np.cumsum(0.5 + np.random.default_rng(0).normal(0, 0.06, 120))
    assert beats.tempo(loose)[1] < beats.tempo(steady)[1]


def test_relative_keys_are_told_apart_by_where_the_music_rests():
    def song(names: str) -> list[Chord]:
        return [Chord(start_time=i, end_time=i + 1, chord=name, confidence=1) for i, name in enumerate(names.split())]

    def found(names: str) -> list[LocalKey]:
        return key.find(white, song(names), [0.0, 8.0])[0]

    white = song_of(8, profiles=np.tile(np.isin(np.arange(12), [0, 2, 4, 5, 7, 9, 11]).astype(float), (80, 4)))
    assert found("C:maj F:maj G:maj C:maj A:min F:maj G:maj C:maj") == [LocalKey(0.0, 8.0, 0, "major")]
    assert found("A:min D:min E:maj A:min F:maj D:min E:maj A:min") == [LocalKey(0.0, 8.0, 9, "minor")]


def test_a_change_of_key_is_found_at_the_chord_that_brings_it():
    names = "C:maj F:maj G:maj C:maj A:min F:maj G:maj C:maj"
    raised = "D:maj G:maj A:maj D:maj B:min G:maj A:maj D:maj"
    labels = (names + " " + names + " " + raised + " " + raised).split()
    played = [Chord(start_time=4 * i, end_time=4 * i + 4, chord=name, confidence=1) for i, name in enumerate(labels)]
    scale = np.isin(np.arange(12), [0, 2, 4, 5, 7, 9, 11]).astype(float)
    profiles = np.tile(np.vstack([np.tile(scale, (640, 1)), np.tile(np.roll(scale, 2), (640, 1))]), (1, 4))
    keys, _ = key.find(song_of(128, profiles=profiles), played, [0.0, 32.0, 64.0, 96.0, 128.0])
    assert keys == [LocalKey(0.0, 64.0, 0, "major"), LocalKey(64.0, 128.0, 2, "major")]


def synthetic_chord(tones: list[int], seconds: float) -> np.ndarray:
    """Decaying tones with six partials each, from C3 upwards."""
    time = np.arange(round(seconds * RATE)) / RATE
    pitches = [48 + tones[0] % 12, *(60 + tone % 12 for tone in tones)]
    sound = sum(
        np.exp(-2 * time) * np.sin(2 * np.pi * 440 * 2 ** ((pitch - 69) / 12) * partial * time) / partial**1.5
        for pitch in pitches
        for partial in range(1, 7)
    )
    return (0.1 * sound).astype(np.float32)


@pytest.mark.parametrize("root", [0, 5, 10])
def test_chords_are_told_apart_down_to_their_sevenths(root):
    quality = {"maj": [0, 4, 7], "min": [0, 3, 7], "7": [0, 4, 7, 10], "maj7": [0, 4, 7, 11], "min7": [0, 3, 7, 10]}
    song = np.concatenate([synthetic_chord([root + tone for tone in tones], 2.0) for tones in quality.values()])
    song = np.concatenate([song, np.zeros(2 * RATE, np.float32)])
    heard = song_of(12, profiles=networks.pitch_profiles(song), rms=features._rms(song))
    grid = np.arange(0, 12, 0.5)
    flat = [LocalKey(0, 12, 5, "major")]  # a key that spells with flats
    found = chords.decode(chords.gather(heard, grid, np.arange(len(grid)) % 4 + 1), flat)
    middle = [next(c.chord for c in found if c.start_time <= t < c.end_time) for t in np.arange(1, 12, 2.0)]
    names = [f"{FLAT_NAMES[root]}:{name}" for name in quality]
    assert sum(a == b for a, b in zip(middle, names, strict=False)) >= 4, middle
    assert [label.split(":")[0] for label in middle[:5]] == [FLAT_NAMES[root]] * 5
    assert middle[5] == "N"


def test_a_bar_of_five_is_counted_to_five():
    grid = beats.find(song_of(40, beat_activations=pulse_activations(130, 5, 40)))
    assert grid.time_signature == "5/4" and grid.bpm == pytest.approx(130, rel=0.01)


def test_sections_begin_on_downbeats_and_repeat_their_labels():
    bars, rng = 40, np.random.default_rng(3)
    sounds = {label: (rng.normal(0, 1, features.MEL_BANDS), rng.random(12)) for label in "abc"}
    form = "a" * 8 + "b" * 8 + "a" * 8 + "b" * 8 + "c" * 8
    mel = np.repeat([sounds[label][0] for label in form], 20, axis=0) + rng.normal(
        0, 0.2, (bars * 20, features.MEL_BANDS)
    )
    profiles = np.tile(np.repeat([sounds[label][1] for label in form], 20, axis=0), 4)
    level = np.repeat([0.3 if label == "b" else 0.1 for label in form], 20)
    song = song_of(bars * 2.0, profiles=profiles, mel=mel, rms=level)
    found = sections.find(song, np.arange(bars) * 2.0)
    assert [section.start_time for section in found] == [0, 16, 32, 48, 64]
    labels = [section.label for section in found]
    assert labels[1] == labels[3] == "chorus" and labels[0] == labels[2] == "verse"


def test_a_fill_leads_into_the_section_that_follows_and_silence_at_the_end_is_none():
    rng = np.random.default_rng(5)
    sounds = {label: (rng.normal(0, 1, features.MEL_BANDS), rng.random(12)) for label in "abf"}
    form = "a" * 9 + "f" + "b" * 8 + "a" * 9 + "f" + "b" * 8
    mel = np.repeat([sounds[label][0] for label in form], 20, axis=0)
    mel = np.vstack([mel + rng.normal(0, 0.2, mel.shape), np.full((20, features.MEL_BANDS), -8.0)])
    pitch = np.vstack([np.repeat([sounds[label][1] for label in form], 20, axis=0), np.zeros((20, 12))])
    level = np.append(np.repeat([0.3 if label == "b" else 0.1 for label in form], 20), np.full(20, 1e-5))
    song = song_of(74.0, profiles=np.tile(pitch, 4), mel=mel, rms=level)
    found = sections.find(song, np.arange(37) * 2.0)
    assert [section.start_time for section in found] == [0, 20, 36, 56]


def test_a_song_too_short_for_sections_is_one():
    assert [(s.start_time, s.end_time) for s in sections.find(song_of(2), np.array([0.5]))] == [(0, 2.0)]


def struck(times: np.ndarray, seconds: float, levels: np.ndarray) -> np.ndarray:
    """Rises of the spectrum at these times: levels (n, 2) of its lower and its upper half."""
    rises = np.ones((round(seconds * 100), 4), np.float32)
    for time, (low, high) in zip(times, levels, strict=True):
        rises[round(time * 100)] += (low, low, high, high)
    return rises


def changing_every(seconds: float, total: float) -> np.ndarray:
    """Profiles that are another pitch class for each such stretch."""
    number = (np.arange(round(total * 10)) / 10 // seconds).astype(int)
    return np.tile(np.eye(12)[(number * 5) % 12], (1, 4))


def test_a_pulse_of_three_eighths_to_the_bar_is_six_eight():
    """Eighths at 180, every third a beat, harmony that changes every sixth: two dotted quarters to the bar, 60 bpm."""
    eighths = np.arange(0.5, 59.9, 1 / 3)
    strong = np.arange(len(eighths)) % 3 == 0
    heard = song_of(
        60,
        beat_activations=pulse_activations(180, 3, 60, weak=(1, 2)),
        rises=struck(eighths, 60, np.stack([np.where(strong, 20, 1), np.full(len(eighths), 12)], axis=1)),
        profiles=np.roll(changing_every(2.0, 60), 5, axis=0),
    )
    grid = beats.find(heard)
    assert grid.time_signature == "6/8"
    assert grid.bpm == pytest.approx(60, rel=0.01)
    np.testing.assert_allclose(grid.downbeats % 2.0, 0.5, atol=0.03)


@pytest.mark.parametrize("low", [12, 2])
def test_three_beats_with_accents_on_each_stay_three_four(low):
    """Also where the bass is on the first alone, as in a waltz."""
    times = np.arange(0.5, 59.9, 1 / 3)
    levels = np.full((len(times), 2), 12)
    levels[np.arange(len(times)) % 3 > 0, 0] = low
    heard = song_of(
        60,
        beat_activations=pulse_activations(180, 3, 60),
        rises=struck(times, 60, levels),
        profiles=np.roll(changing_every(1.0, 60), 5, axis=0),
    )
    grid = beats.find(heard)
    assert grid.time_signature == "3/4" and grid.bpm == pytest.approx(180, rel=0.01)


@pytest.mark.parametrize(("bpm", "weak"), [(208, ()), (128, (1, 3))])
def test_a_pulse_that_is_too_fast_is_counted_at_half_where_harmony_changes_every_eight(bpm, weak):
    beat = 60 / bpm
    heard = song_of(
        60,
        beat_activations=pulse_activations(bpm, 4, 60, weak=weak),
        profiles=np.roll(changing_every(8 * beat, 60), 5, axis=0),
    )
    grid = beats.find(heard)
    assert grid.time_signature == "4/4" and grid.bpm == pytest.approx(bpm / 2, rel=0.01)
    np.testing.assert_allclose(np.diff(grid.downbeats), 8 * beat, atol=0.03)


def test_a_lively_pulse_keeps_its_tempo_where_harmony_changes_every_eight():
    beat = 60 / 128
    heard = song_of(
        60,
        beat_activations=pulse_activations(128, 4, 60),
        profiles=np.roll(changing_every(8 * beat, 60), 5, axis=0),
    )
    assert beats.find(heard).bpm == pytest.approx(128, rel=0.01)


@pytest.mark.parametrize(("first", "has_harmony"), [(0, False), (2, False), (3, True)])
def test_bars_are_counted_from_the_beat_where_sections_begin_unless_harmony_says_another(first, has_harmony):
    """At 120 bpm, where the pulse does not know the first beat: the sound changes every eight bars."""
    sounds = np.random.default_rng(2).normal(0, 1, (2, features.MEL_BANDS))
    given = {"mel": sounds[((np.arange(800) / 10 - 0.5 - 0.5 * first) // 16).astype(int) % 2]}
    if has_harmony:
        given["profiles"] = np.roll(changing_every(2.0, 80), 5, axis=0)
    grid = beats.find(song_of(80, beat_activations=pulse_activations(120, 4, 80), **given))
    begins = 0.5 if has_harmony else 0.5 + 0.5 * first
    np.testing.assert_allclose((grid.downbeats - begins + 1.0) % 2.0, 1.0, atol=0.03)


def test_bars_are_counted_as_the_harmony_changes_where_the_pulse_does_not_say():
    activations = pulse_activations(120, 4, 60)
    activations[:] = activations.max(axis=1, keepdims=True) / 2  # every beat might be a downbeat
    for beats_per_bar in (3, 4):
        profiles = np.roll(changing_every(beats_per_bar * 0.5, 60), 5, axis=0)
        grid = beats.find(song_of(60, beat_activations=activations, profiles=profiles))
        assert grid.beats_per_bar == beats_per_bar
        np.testing.assert_allclose(np.diff(grid.downbeats), beats_per_bar * 0.5, atol=0.03)


def test_an_inversion_is_named_by_its_bass():
    low, high = synthetic_chord([4], 4.0), synthetic_chord([0, 4, 7], 4.0)
    time = np.arange(4 * RATE) / RATE
    bass = sum(np.sin(2 * np.pi * 82.4 * n * time) / n for n in (1, 2)).astype(np.float32) * 0.2  # E2
    song = (0.3 * low + 0.5 * high + bass).astype(np.float32)
    heard = song_of(4, profiles=networks.pitch_profiles(song), rms=features._rms(song))
    grid = np.arange(0, 4, 0.5)
    found = chords.decode(chords.gather(heard, grid, np.arange(len(grid)) % 4 + 1), [])
    assert max(found, key=lambda chord: chord.end_time - chord.start_time).chord == "C:maj/3"


def test_hearing_without_learned_networks_finds_beats_and_chords_and_loads_none(demo, monkeypatch):
    def barred(*_):
        raise AssertionError("a learned network was loaded")

    for name in ("downbeat_networks", "deep_chroma"):
        monkeypatch.setattr(madmom_models, name, barred)
    score, mix, _ = demo
    mono = mix.mean(axis=1)
    heard = features.extract([mono], score.duration, lambda done: None, learned=False)
    assert heard.hearing == "spectral"
    grid = beats.find(heard)
    truth = np.array([time for time, _ in score.beats])
    hits = sum(np.abs(grid.times - time).min() < 0.07 for time in truth)
    assert hits / len(truth) > 0.9 and grid.bpm == pytest.approx(score.bpm, rel=0.01)
    assert spectral.pitch_profiles(mono[:RATE]).shape == (10, 48)


def test_with_stems_pitch_is_heard_without_drums_and_the_bass_alone(demo):
    _, mix, stems = demo
    part = slice(20 * RATE, 32 * RATE)
    mono, drums, bass = (audio.mean(axis=1)[part] for audio in (mix, stems["drums"], stems["bass"]))
    beside = features.StemBlocks(iter([drums]), iter(np.array_split(bass, 5)))
    heard = features.extract([mono], 12, lambda done: None, stems=beside)
    assert heard.hearing == "learned+stems"
    np.testing.assert_allclose(heard.profiles[:, :36], networks.pitch_profiles(mono - drums)[:, :36], atol=1e-5)
    np.testing.assert_allclose(heard.profiles[:, 36:], networks.pitch_profiles(bass)[:, 36:], atol=1e-5)
