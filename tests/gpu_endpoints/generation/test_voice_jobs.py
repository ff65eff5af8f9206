"""Voices as jobs, with real storage: profile, train, apply to a vocal that exists, sing; and a voice that is revoked."""

from __future__ import annotations

import io

import numpy as np
import pytest
import soundfile
import synthetic_voices as made

from gpu_endpoints.audio.levels import SAMPLE_RATE
from gpu_endpoints.generation import handlers
from gpu_endpoints.generation.voices import learned, store
from gpu_endpoints.generation.voices.frames import ANALYSIS_RATE
from gpu_endpoints.serving.work import JobContext, JobFailed
from ripieno.contracts import names
from ripieno.contracts.enums import JobKind
from ripieno.contracts.generation import GenerationResult
from ripieno.contracts.voices import VoicedFile, VoiceModel, VoiceProfile
from ripieno.services import blobs

VOCAL = "work-of-voices/vocals.wav"


@pytest.fixture
def run(storage, tmp_path):
    """`run(kind, input)`: a job, in this process."""

    def run(kind: JobKind, given: dict, *, on_progress=lambda fraction, stage: None) -> dict:
        return handlers.load()[kind](given, JobContext("test", tmp_path, on_progress, lambda: False))

    with made.quickly():
        yield run


def put(container: str, name: str, sound: np.ndarray, rate: int) -> dict:
    file = io.BytesIO()
    soundfile.write(file, sound, rate, format="WAV", subtype="PCM_24")
    blobs.upload(container, name, file.getvalue())
    return {"container": container, "blob_name": name}


@pytest.fixture
def sample(storage) -> dict:
    return put(names.VOICES, names.voice_sample_blob("v1", "s1", "wav"), made.sample(made.LOW), ANALYSIS_RATE)


@pytest.fixture
def voice(storage) -> dict:
    """Version 1 of a voice, whose profile is stored."""
    blob = names.voice_profile_blob("v1", 1)
    store.save_profile(made.profile(made.LOW).model_copy(update={"blob_name": blob}))
    return {"voice_id": "v1", "version": 1, "name": "Ada", "profile": blob}


def vocal() -> np.ndarray:
    """Stereo at 44.1 kHz: another speaker, with a silence of three seconds in the middle."""
    import soxr

    sound = soxr.resample(made.sample(made.HIGH), ANALYSIS_RATE, SAMPLE_RATE)
    cut = len(sound) // 2
    whole = np.concatenate([sound[:cut], np.zeros(3 * SAMPLE_RATE, np.float32), sound[cut:]])
    return np.repeat(whole[:, None], 2, axis=1)


def heard(blob: str) -> tuple[np.ndarray, int]:
    return soundfile.read(io.BytesIO(blobs.read(names.GENERATED, blob)), dtype="float32", always_2d=True)


def test_a_profile_is_measured_and_stored(run, sample):
    blob = names.voice_profile_blob("v1", 7)
    found = VoiceProfile.model_validate(run(JobKind.PROFILE_VOICE, {"samples": [sample], "output": blob}))
    assert found.blob_name == blob and VoiceProfile.model_validate(blobs.read_json(names.VOICES, blob)) == found
    assert found.median == pytest.approx(made.profile(made.LOW).median, rel=0.02)


@pytest.mark.filterwarnings("ignore")
def test_a_model_is_trained_from_samples_and_can_be_sung_with(run, sample, voice):
    order = {"samples": [sample], "profile": voice["profile"], "output": names.voice_model_output("v1", 1), "steps": 30}
    found = VoiceModel.model_validate(run(JobKind.TRAIN_VOICE, order))
    assert found.blob_name == "v1/versions/1/model.onnx" and found.parity < 1e-3
    assert found.loss_after < found.loss_before and found.held_out_seconds > 0.4
    assert learned.Network(blobs.read(names.VOICES, found.blob_name)).about.rate == ANALYSIS_RATE
    assert found.engine.weights == found.sha256[:16]


def test_a_vocal_that_exists_is_sung_in_another_voice(run, voice):
    sound = vocal()
    source = put(names.GENERATED, VOCAL, sound, SAMPLE_RATE)
    order = {"audio": source, "singer": {"voice": voice, "settings": {"range_shift": 0}}, "output": "work-of-voices/as-ada",
             "start_seconds": 12.5, "origin": {"recorded": True}}  # fmt: skip
    found = VoicedFile.model_validate(run(JobKind.APPLY_VOICE, order))
    audio, rate = heard(found.blob_name)
    assert rate == SAMPLE_RATE and len(audio) == len(sound) and found.range_shift == 0
    assert found.likeness_after > found.likeness_before + 0.2
    assert found.engine.engine == "voice-profile@v1" and found.start_seconds == 12.5
    middle = len(sound) // 2
    assert np.abs(audio[middle - SAMPLE_RATE : middle + SAMPLE_RATE]).max() < 1e-3, "silence stays silent"
    before, after = made.alike(*(made.analysed(one.mean(axis=1), SAMPLE_RATE) for one in (sound, audio)))
    both = before.voiced & after.voiced
    assert both.sum() > 0.9 * before.voiced.sum()
    assert np.median(np.abs(1200 * np.log2(after.f0[both] / before.f0[both]))) < 5, "the melody is kept"
    levels = [20 * np.log10(np.sqrt(np.square(one).mean())) for one in (sound, audio)]
    assert abs(levels[0] - levels[1]) < 3


def test_it_comes_into_the_voices_range_by_itself(run, voice):
    source = put(names.GENERATED, VOCAL, vocal()[: 5 * SAMPLE_RATE], SAMPLE_RATE)
    low = blobs.read_json(names.VOICES, voice["profile"])
    blobs.upload_json(names.VOICES, voice["profile"], low | {"lowest": 60.0, "median": 70.0, "highest": 85.0})
    order = {"audio": source, "singer": {"voice": voice}, "output": "work-of-voices/lower"}
    assert VoicedFile.model_validate(run(JobKind.APPLY_VOICE, order)).range_shift == -12


def test_without_a_voice_in_it_a_recording_says_so(run, voice):
    noise = np.random.default_rng(0).normal(0, 0.05, (3 * SAMPLE_RATE, 2)).astype(np.float32)
    source = put(names.GENERATED, VOCAL, noise, SAMPLE_RATE)
    with pytest.raises(JobFailed, match="give a vocal alone"):
        run(JobKind.APPLY_VOICE, {"audio": source, "singer": {"voice": voice}, "output": "work-of-voices/none"})


def sing_order(voice: dict, **changes) -> dict:
    return {
        "generation_request_id": "sung-in-a-voice",
        "parameters": {"target_bpm": 100, "duration_seconds": 4.8, "chord_progression": ["C", "Am"]},
        "notes": [{"start": 0.5, "end": 1.1, "pitch": 60, "syllable": "home"}, {"start": 1.2, "end": 2.4, "pitch": 62,
                   "syllable": "sea"}],
        "singer": {"voice": voice},
    } | changes  # fmt: skip


def test_a_sing_job_sings_in_a_voice(run, voice):
    (stem,) = GenerationResult.model_validate(run(JobKind.SING, sing_order(voice))).stems
    assert stem.engine.engine == "voice-profile@v1" and "words by voice" in stem.engine.version
    audio, _ = heard(stem.blob_name)
    assert np.abs(audio).max() > 0.05


def test_who_has_no_words_is_told_that_the_voice_does_not_sing(run, voice):
    order = sing_order(voice, target_stems=["vocals"]) | {"notes": []}
    (stem,) = GenerationResult.model_validate(run(JobKind.GENERATE, order)).stems
    assert any("Ada does not sing in it" in one for one in stem.score.remarks)


# -- a voice that is revoked ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [JobKind.SING, JobKind.APPLY_VOICE, JobKind.TRAIN_VOICE])
def test_a_voice_that_is_gone_sings_nothing(run, sample, voice, kind):
    blobs.delete(names.VOICES, voice["profile"])
    orders = {
        JobKind.SING: sing_order(voice),
        JobKind.APPLY_VOICE: {"audio": sample, "singer": {"voice": voice}, "output": "gone/vocals"},
        JobKind.TRAIN_VOICE: {"samples": [sample], "profile": voice["profile"], "output": "v1/versions/9/model"},
    }
    with pytest.raises(JobFailed, match="revoked") as failed:
        run(kind, orders[kind])
    assert failed.value.code == "voice_gone" and not failed.value.retryable


def test_a_voice_that_is_revoked_while_it_sings_leaves_nothing(run, voice):
    """The profile is deleted in the middle of the render: what was made with it is not stored."""

    def revoke(fraction: float, stage: str) -> None:
        if "singing it" in stage:
            blobs.delete_prefix(names.VOICES, names.voice_folder("v1"))

    source = put(names.GENERATED, VOCAL, vocal()[: 6 * SAMPLE_RATE], SAMPLE_RATE)
    order = {"audio": source, "singer": {"voice": voice}, "output": "work-of-voices/revoked"}
    with pytest.raises(JobFailed, match="revoked"):
        run(JobKind.APPLY_VOICE, order, on_progress=revoke)
    assert not blobs.list_names(names.GENERATED, "work-of-voices/revoked")
    store_again = made.profile(made.LOW).model_copy(update={"blob_name": voice["profile"]})
    store.save_profile(store_again)

    def revoke_later(fraction: float, stage: str) -> None:
        if fraction > 0.8:
            blobs.delete_prefix(names.VOICES, names.voice_folder("v1"))

    with pytest.raises(JobFailed, match="revoked"):
        run(JobKind.SING, sing_order(voice, generation_request_id="revoked-while-sung"), on_progress=revoke_later)
    assert not blobs.list_names(names.GENERATED, "revoked-while-sung/")
