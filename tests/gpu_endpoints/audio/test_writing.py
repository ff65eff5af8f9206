"""Audio files as they are written: their bytes, their place in the song, their loudness and their peaks."""

from __future__ import annotations

import json
import struct

import numpy as np
import pyloudnorm
import pytest
import soundfile

from gpu_endpoints.audio import decoding, levels, peaks, wav
from gpu_endpoints.audio.writing import AudioWriter, write
from gpu_endpoints.serving.work import JobFailed

RATE = 44100


def music(seconds: float, rate: int = RATE, channels: int = 2) -> np.ndarray:
    """Noise that swells and falls silent for a while, so that both gates have something to do."""
    frames = round(seconds * rate)
    shape = np.abs(np.sin(np.linspace(0, 7, frames))) ** 4
    shape[frames // 3 : frames // 2] = 0
    noise = np.random.default_rng(3).normal(0, 0.2, (frames, channels))
    return (noise * shape[:, None]).astype(np.float32)


@pytest.mark.parametrize(("rate", "seconds", "channels"), [(44100, 12.34, 2), (48000, 7.05, 2), (11025, 3.0, 1)])
def test_loudness_of_a_stream_is_that_of_the_whole(rate, seconds, channels):
    audio = music(seconds, rate, channels)
    meter = levels.LevelMeter(rate, channels)
    for start in range(0, len(audio), 9973):
        meter.add(audio[start : start + 9973])
    wanted = pyloudnorm.Meter(rate).integrated_loudness(audio.astype(np.float64))
    assert meter.loudness() == pytest.approx(wanted, abs=1e-6)
    assert levels.loudness(audio, rate) == pytest.approx(wanted, abs=1e-6)
    assert meter.loudness(0.5) == pytest.approx(levels.loudness(audio * np.float32(0.5), rate), abs=1e-6)
    assert meter.peak == np.abs(audio).max()


def test_what_is_silent_or_short_has_no_loudness():
    assert levels.loudness(np.zeros((RATE, 2), np.float32), RATE) is None
    assert levels.loudness(music(0.3), RATE) is None


@pytest.mark.parametrize("stem_format", ["wav", "flac"])
def test_what_is_written_is_read_again(tmp_path, stem_format):
    audio = np.clip(music(2.5), -1, 1)
    audio[7] = 1.5  # over full scale: clipped, never turned round
    first = write(audio, tmp_path / "a", stem_format)
    found, rate = soundfile.read(tmp_path / "a", dtype="float64", always_2d=True)
    assert (rate, soundfile.info(tmp_path / "a").subtype) == (RATE, "PCM_24")
    assert np.abs(found - np.clip(audio, -1, 1)).max() <= 2**-22
    assert (first.frames, first.peak, first.size) == (len(audio), 1.5, (tmp_path / "a").stat().st_size)
    assert write(audio, tmp_path / "b", stem_format).sha256 == first.sha256


def test_a_wav_file_says_where_it_belongs_in_the_song(tmp_path):
    write(music(0.5), tmp_path / "a.wav", "wav", start_seconds=12.5)
    data = (tmp_path / "a.wav").read_bytes()
    at = data.index(b"bext")
    (size,) = struct.unpack_from("<I", data, at + 4)
    assert size == 602 and struct.unpack_from("<Q", data, at + 8 + 338) == (round(12.5 * RATE),)
    assert struct.unpack_from("<I", data, 4) == (len(data) - 8,)
    assert soundfile.info(tmp_path / "a.wav").frames == RATE // 2
    write(music(0.5), tmp_path / "b.wav", "wav")
    assert b"bext" not in (tmp_path / "b.wav").read_bytes()


def test_a_mono_wav_of_an_odd_number_of_bytes_is_whole(tmp_path):
    audio = music(0.1, channels=1)[:101]
    write(audio, tmp_path / "a.wav", "wav")
    assert (tmp_path / "a.wav").stat().st_size % 2 == 0
    assert soundfile.info(tmp_path / "a.wav").frames == 101


def test_a_wav_that_outgrows_riff_is_rf64(tmp_path, monkeypatch):
    monkeypatch.setattr(wav, "RIFF_LIMIT", 100_000)
    audio = music(1.0)
    write(audio, tmp_path / "a.wav", "wav", start_seconds=3.0)
    assert (tmp_path / "a.wav").read_bytes()[:4] == b"RF64"
    about = soundfile.info(tmp_path / "a.wav")
    assert (about.format, about.frames) == ("RF64", len(audio))
    assert decoding.open_audio(tmp_path / "a.wav", max_seconds=10).frames == len(audio)


def test_nothing_that_is_not_a_number_is_written(tmp_path):
    with pytest.raises(JobFailed) as failed, AudioWriter(tmp_path / "a.wav", "wav") as writer:
        writer.write(np.full((10, 2), np.nan, np.float32))
    assert failed.value.code == "not_finite"


def test_peaks_are_what_an_audiowaveform_player_reads(tmp_path):
    audio = np.zeros((256 * 3 + 10, 2), np.float32)
    audio[5, 0], audio[300, 1], audio[-1] = 0.5, -1.0, 0.25
    drawn = write(audio, tmp_path / "a.wav", "wav").peaks
    assert {name: drawn[name] for name in ("version", "channels", "sample_rate", "samples_per_pixel", "bits")} == {
        "version": 2,
        "channels": 1,
        "sample_rate": RATE,
        "samples_per_pixel": 256,
        "bits": 8,
    }
    assert drawn["length"] == 4 and drawn["data"] == [0, 64, -128, 0, 0, 0, 0, 32]
    assert peaks.of_audio(decoding.open_audio(tmp_path / "a.wav", max_seconds=10)) == drawn


def test_peaks_of_an_hour_stay_below_two_megabytes():
    meter = peaks.PeakMeter(RATE)
    block = np.random.default_rng(0).uniform(-1, 1, (RATE, 1)).astype(np.float32)
    for _ in range(3600):
        meter.add(block)
    drawn = meter.document()
    assert drawn["length"] == -(-RATE * 3600 // drawn["samples_per_pixel"]) == len(drawn["data"]) // 2
    assert 256 <= drawn["samples_per_pixel"] <= 1024 and len(json.dumps(drawn, separators=(",", ":"))) < 2_000_000
    assert peaks.PeakMeter(RATE).document()["length"] == 0
