"""A master that sounds as a reference does, and true peaks that a limiter holds."""

from __future__ import annotations

import numpy as np
import pytest
import soxr
from scipy import signal

from gpu_endpoints.audio.levels import SAMPLE_RATE
from gpu_endpoints.production import matching
from gpu_endpoints.production.limiter import limited


def noise(seconds: float = 8.0, level: float = 0.1) -> np.ndarray:
    return np.random.default_rng(5).normal(0, level, (round(seconds * SAMPLE_RATE), 2)).astype(np.float32)


def darker(audio: np.ndarray, hertz: float = 900.0) -> np.ndarray:
    return np.asarray(signal.sosfilt(signal.butter(1, hertz, fs=SAMPLE_RATE, output="sos"), audio, axis=0), np.float32)


def blocks(audio: np.ndarray, size: int = 44100):
    return (audio[start : start + size] for start in range(0, len(audio), size))


def balance(audio: np.ndarray) -> matching.Balance:
    found = matching.Balance()
    for block in blocks(audio):
        found.add(block)
    return found


def apart(one: matching.Balance, other: matching.Balance) -> float:
    """The spread of the bands' differences, in dB."""
    difference = one.bands_db - other.bands_db
    return float(np.abs(difference - np.median(difference)).mean())


def test_a_match_is_nearer_to_the_reference_and_no_band_moves_more_than_it_may():
    mix, reference = noise(), darker(noise(level=0.2))
    match = matching.Match(balance(mix), balance(reference))
    made = np.concatenate(list(match.through(blocks(mix))))
    assert made.shape == mix.shape and np.abs(match.gains_db).max() <= matching.MOST_DB
    assert apart(balance(made), balance(reference)) < 0.6 * apart(balance(mix), balance(reference))
    assert match.loudness_lufs(-14) == pytest.approx(balance(reference).loudness_lufs)


def test_a_match_with_itself_changes_nothing_and_the_cut_into_blocks_is_the_same():
    mix = noise(3.0)
    match = matching.Match(balance(mix), balance(mix))
    made = np.concatenate(list(match.through(blocks(mix))))
    assert np.abs(made - mix).max() < 0.01
    assert np.abs(made - np.concatenate(list(match.through(blocks(mix, 7001))))).max() < 1e-5


def test_a_silent_reference_leaves_the_mix_and_its_loudness():
    match = matching.Match(balance(noise(2.0)), balance(np.zeros((SAMPLE_RATE, 2), np.float32)))
    assert not match.gains_db.any() and match.loudness_lufs(-14) == -14 and "silent" in match.remark


def test_peaks_between_samples_are_held_too():
    """A tone at a quarter of the rate whose samples all miss its crests: 3 dB higher than any of them."""
    times = np.arange(2 * SAMPLE_RATE)
    audio = np.repeat(np.sin(np.pi / 2 * times + np.pi / 4)[:, None], 2, axis=1).astype(np.float32)
    audio *= np.linspace(0, 1, len(audio), dtype=np.float32)[:, None]
    made = np.concatenate(list(limited(blocks(audio, 10_000), 3.0, -1.0)))
    crest = np.abs(soxr.resample(made[:, 0], SAMPLE_RATE, 4 * SAMPLE_RATE, "VHQ")).max()
    assert made.shape == audio.shape
    assert 20 * np.log10(crest) <= -0.9
    assert 20 * np.log10(np.abs(made).max()) < -3.5, "by its samples it would seem to have room"
