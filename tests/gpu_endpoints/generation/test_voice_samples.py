"""Whether a recording can be taken for a voice, and what is measured of it."""

from __future__ import annotations

import io

import numpy as np
import pytest
import soundfile
import synthetic_voices as made

from gpu_endpoints.generation.voices import measuring, samples, speakers, tracking
from gpu_endpoints.generation.voices.frames import ANALYSIS_RATE, PERIOD, Frames
from gpu_endpoints.serving.work import JobContext, JobFailed
from ripieno.contracts import names
from ripieno.contracts.voices import VoiceSampleReport
from ripieno.services import blobs


@pytest.fixture
def check(storage, tmp_path):
    """The job, on a recording that is stored first."""

    def check(sound: np.ndarray | bytes, *, rate: int = ANALYSIS_RATE, known=()) -> VoiceSampleReport:
        data = sound if isinstance(sound, bytes) else wav(sound, rate)
        name = names.voice_sample_blob("v-checked", "s1", "wav")
        blobs.upload(names.VOICES, name, data)
        order = {"sample": {"container": "voices", "blob_name": name}, "known": list(known)}
        found = samples.run(order, JobContext("test", tmp_path, lambda *_: None, lambda: False))
        return VoiceSampleReport.model_validate(found)

    with made.quickly():
        yield check


def wav(sound: np.ndarray, rate: int = ANALYSIS_RATE) -> bytes:
    file = io.BytesIO()
    soundfile.write(file, sound, rate, format="WAV", subtype="FLOAT")
    return file.getvalue()


def why(report: VoiceSampleReport) -> set[str]:
    assert all(one.message.strip() and not one.message.endswith(".") for one in report.refused)
    return {str(one.code) for one in report.refused}


def test_a_clean_recording_of_one_speaker_is_taken(check):
    report = check(made.sample(made.LOW))
    assert report.is_taken and report.one_speaker and report.embedding
    assert report.noise_db > 40 and report.voiced_seconds > 5 and report.clipped == 0
    assert report.engine.engine == "voice-measures" and report.engine.approximate
    again = check(made.sample(made.LOW, 5)[-6 * ANALYSIS_RATE :], known=[report.embedding])
    assert again.is_taken and again.likeness > 0.3


def test_another_speaker_is_refused_and_says_so(check):
    known = check(made.sample(made.LOW)).embedding
    other = check(made.sample(made.HIGH), known=[known])
    assert why(other) == {"another_speaker"} and other.likeness < 0.2


def test_two_speakers_in_one_recording_are_heard(check):
    report = check(np.concatenate([made.sample(made.LOW), made.sample(made.HIGH)]))
    assert "several_speakers" in why(report) and report.one_speaker is False


def test_what_is_wrong_with_a_recording_is_told(check):
    sound = made.sample(made.LOW)
    assert why(check(sound[: 2 * ANALYSIS_RATE])) == {"too_short"}
    assert "too_quiet" in why(check(sound * 0.003))
    assert "clipped" in why(check(np.clip(8 * sound, -1, 1)))
    hiss = np.random.default_rng(1).normal(0, 0.02, len(sound)).astype(np.float32)
    assert "too_noisy" in why(check(sound + hiss))
    assert "no_voice" in why(check(5 * hiss))
    assert why(check(np.zeros(5 * ANALYSIS_RATE, np.float32))) == {"too_quiet"}
    assert why(check(b"no audio at all, only words")) == {"cannot_be_read"}


def test_a_sample_that_is_gone_is_no_refusal_but_a_failure(storage, tmp_path):
    order = {"sample": {"container": "voices", "blob_name": "nobody/samples/1.wav"}}
    with pytest.raises(JobFailed, match="revoked") as failed:
        samples.run(order, JobContext("test", tmp_path, lambda *_: None, lambda: False))
    assert failed.value.code == "audio_missing"


# -- what a voice is ------------------------------------------------------------------------------------------------


def test_profiles_of_two_speakers_differ_as_they_do():
    low, high = made.profile(made.LOW), made.profile(made.HIGH)
    assert low.median < 0.75 * high.median
    assert all(a < b for a, b in zip(low.formants[1:], high.formants[1:], strict=True))
    assert speakers.likeness(low.embedding, high.embedding) < 0.2
    assert low.samples == 1 and low.voiced_seconds > 5 and abs(np.mean(low.envelope)) < 0.01


def test_the_pitch_tracker_is_within_ten_cents_of_what_was_said():
    """By what is installed; and WORLD's alone is as good on a clean voice."""
    seconds = np.arange(3 * ANALYSIS_RATE) / ANALYSIS_RATE
    hertz = 220 * 2 ** (0.4 * np.sin(2 * np.pi * 0.3 * seconds))
    phase = 2 * np.pi * np.cumsum(hertz) / ANALYSIS_RATE
    voice = sum(np.sin(k * phase) / k for k in range(1, 12)) * 0.1
    for tracker in (tracking.best(), tracking.Harvest()):
        f0 = tracker.track(voice, ANALYSIS_RATE)
        wanted = hertz[np.minimum((np.arange(len(f0)) * PERIOD * ANALYSIS_RATE).astype(int), len(hertz) - 1)]
        voiced = f0 > 0
        assert voiced.mean() > 0.9, tracker.name
        assert np.median(np.abs(1200 * np.log2(f0[voiced] / wanted[voiced]))) < 10, tracker.name


def test_vibrato_is_measured_where_there_is_some_and_only_there():
    def sung(rate: float, cents: float) -> np.ndarray:
        time = np.arange(400) * PERIOD
        note = 220 * 2 ** (cents * np.sin(2 * np.pi * rate * time) / 1200)
        return np.concatenate([np.concatenate([note * 2 ** (n / 12), np.zeros(30)]) for n in (0, 2, 4, 5)])

    rate, cents = measuring.vibrato_of([sung(5.8, 45.0)])
    assert rate == pytest.approx(5.8, abs=0.15) and cents == pytest.approx(45, rel=0.15)
    assert measuring.vibrato_of([sung(5.8, 3.0)]) is None
    assert measuring.vibrato_of([sung(1.0, 60.0)]) is None


def test_the_job_listens_with_the_tracker_that_is_installed(storage, tmp_path):
    name = names.voice_sample_blob("v-checked", "s2", "wav")
    blobs.upload(names.VOICES, name, wav(made.sample(made.LOW, 1)))
    order = {"sample": {"container": "voices", "blob_name": name}}
    found = samples.run(order, JobContext("test", tmp_path, lambda *_: None, lambda: False))
    report = VoiceSampleReport.model_validate(found)
    assert report.is_taken and tracking.best().name in report.engine.version
    assert (report.engine.reason is None) == tracking.best().name.startswith("PESTO")


def test_of_silence_no_profile_is_made():
    silence = Frames(np.zeros(400), np.full((400, 513), -30.0), np.ones((400, 513)), ANALYSIS_RATE)
    with pytest.raises(JobFailed, match="record more"):
        measuring.measured([silence], samples=1)
