"""Masters keep the dynamics of the mix: measured by pyloudnorm, which is not ours, on the demo song."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pyloudnorm
import pytest

from gpu_endpoints.audio.levels import SAMPLE_RATE, LevelMeter
from gpu_endpoints.production import mastering
from gpu_endpoints.production.limiter import limited
from gpu_endpoints.production.scratch import Scratch
from gpu_endpoints.serving.work import JobContext

METER = pyloudnorm.Meter(SAMPLE_RATE)


def range_of(audio: np.ndarray) -> float:
    return float(METER.loudness_range(audio.astype(np.float64)))


@pytest.fixture(scope="module")
def song(demo) -> np.ndarray:
    """A quiet intro, verse and chorus of the demo song."""
    return demo[1][: 42 * SAMPLE_RATE]


def mastered(audio: np.ndarray, preset: mastering.Preset, folder) -> tuple[np.ndarray, mastering.Mastered]:
    plain = Scratch(folder / "plain")
    for start in range(0, len(audio), 50_000):
        plain.write(audio[start : start + 50_000])
    made = mastering.master(plain, preset, JobContext("test", folder, lambda *_: None, lambda: False))
    return np.concatenate(list(made.signal.blocks())), made


@pytest.mark.parametrize("name", mastering.presets())
def test_a_preset_reaches_its_loudness_or_says_why_not_and_keeps_the_dynamics(song, name, tmp_path):
    preset = mastering.presets()[name]
    audio, made = mastered(song, preset, tmp_path)
    assert len(audio) == len(song)
    assert 20 * np.log10(np.abs(audio).max()) <= preset.ceiling_db + 0.001
    assert range_of(audio) >= preset.keeps * range_of(song) - 0.3, "no preset takes more than it may"
    off = abs(METER.integrated_loudness(audio.astype(np.float64)) - preset.loudness_lufs)
    assert off < 0.7 or (made.remarks and "loudness range" in made.remarks[0])
    assert off < 3.5


def test_a_club_master_of_a_song_with_wide_dynamics_is_not_crushed(demo, tmp_path):
    """The same song with its quiet parts 6 dB quieter: it was 1 LU wide after mastering."""
    mix = demo[1][: 42 * SAMPLE_RATE].copy()
    mix[: 26 * SAMPLE_RATE] *= 0.5
    before = range_of(mix)
    audio, made = mastered(mix, mastering.presets()["club"], tmp_path)
    assert before > 5 and range_of(audio) > 0.6 * before
    reached = METER.integrated_loudness(audio.astype(np.float64))
    assert -13 < reached < -8.5
    if reached < -9.6:
        assert "not at -9" in made.remarks[0] and "33%" in made.remarks[0]


def test_what_is_loud_and_even_already_is_no_reason_for_a_remark(tmp_path):
    noise = (0.1 * np.random.default_rng(1).normal(size=(15 * SAMPLE_RATE, 2))).astype(np.float32)
    audio, made = mastered(noise, mastering.presets()["streaming"], tmp_path)
    assert METER.integrated_loudness(audio.astype(np.float64)) == pytest.approx(-14, abs=0.4) and not made.remarks


def test_silence_stays_silence(tmp_path):
    audio, made = mastered(np.zeros((SAMPLE_RATE, 2), np.float32), mastering.presets()["club"], tmp_path)
    assert not audio.any() and made.remarks == ()


@pytest.mark.parametrize("sizes", [[100_000], [1] * 50 + [99_950], [219, 220, 221, 440, 98_900], [65_536, 34_464]])
def test_the_limiter_lets_nothing_over_and_is_the_same_in_any_blocks(sizes):
    rng = np.random.default_rng(2)
    audio = (rng.normal(size=(100_000, 2)) * np.repeat(rng.uniform(0.05, 0.8, 100), 1000)[:, None]).astype(np.float32)
    places = np.cumsum([0, *sizes])
    blocks = [audio[a:b] for a, b in pairwise(places)]
    whole = np.concatenate(list(limited([audio], 6.0, -1.0)))
    pieces = np.concatenate(list(limited(blocks, 6.0, -1.0)))
    assert len(pieces) == len(audio)
    assert np.abs(whole - pieces).max() < 1e-5
    assert np.abs(whole).max() <= 10 ** (-1 / 20) + 1e-6


def test_the_limiter_leaves_alone_what_is_below_its_ceiling():
    tone = 0.3 * np.sin(np.arange(50_000) * 0.05)[:, None].repeat(2, axis=1).astype(np.float32)
    assert np.array_equal(np.concatenate(list(limited([tone[:30_000], tone[30_000:]], 0.0, -1.0))), tone)
    click = tone.copy()
    click[25_000] = 3.0
    held = np.concatenate(list(limited([click], 0.0, -1.0)))
    assert np.array_equal(held[:24_700], tone[:24_700]), "it looks 5 ms ahead, no further"
    assert np.abs(held[40_000:] - tone[40_000:]).max() < 1e-6, "and has let go a quarter of a second after"
    for few in (0, 1, 100, 220, 221):
        assert sum(len(one) for one in limited([tone[:few]], 0.0, -1.0)) == few


@pytest.mark.parametrize("seconds", [12, 42])
def test_the_loudness_range_is_what_others_measure(demo, seconds):
    audio = demo[1][: seconds * SAMPLE_RATE]
    meter = LevelMeter(SAMPLE_RATE)
    for start in range(0, len(audio), 12_345):
        meter.add(audio[start : start + 12_345])
    assert meter.loudness_range() == pytest.approx(range_of(audio), abs=0.3)
    assert LevelMeter(SAMPLE_RATE).loudness_range() is None
