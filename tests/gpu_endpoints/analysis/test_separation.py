"""Separation engines: lengths, sums, and Demucs as a stream against Demucs itself."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch

from gpu_endpoints.analysis import decoding
from gpu_endpoints.analysis.separation import choice
from gpu_endpoints.analysis.separation.dsp import DspEngine
from gpu_endpoints.serving.work import JobFailed
from segno.services import settings as settings_module

RATE = 44100


def opened(path: Path, audio: np.ndarray, rate: int = RATE) -> decoding.Audio:
    soundfile.write(path, audio, rate, "FLOAT", format="WAV")
    return decoding.open_audio(path, max_seconds=3600)


def separated(engine, audio: decoding.Audio) -> dict[str, np.ndarray]:
    blocks = list(engine.separate(audio, lambda done: None))
    return {stem: np.concatenate([block[stem] for block in blocks]) for stem in engine.stems}


def sdr(truth: np.ndarray, estimate: np.ndarray) -> float:
    return 10 * np.log10((truth**2).sum() / ((truth - estimate) ** 2).sum())


@pytest.mark.parametrize(
    ("seconds", "rate", "channels"), [(0.05, 44100, 1), (3, 8000, 1), (12.5, 44100, 2), (40, 22050, 2), (4, 96000, 6)]
)
def test_dsp_stems_add_up_to_the_mix_sample_for_sample(tmp_path, seconds, rate, channels):
    mix = np.random.default_rng(1).normal(0, 0.1, (round(seconds * rate), channels)).astype(np.float32)
    audio = opened(tmp_path / "mix.wav", mix, rate)
    stems = separated(DspEngine(), audio)
    assert all(stem.shape == (audio.frames, 2) for stem in stems.values())
    np.testing.assert_allclose(sum(stems.values()), decoding.to_stereo(mix), atol=1e-5)


def test_dsp_drums_and_bass_are_closer_to_the_truth_than_the_mix_is(tmp_path, demo):
    _, mix, truth = demo
    part = slice(10 * RATE, 50 * RATE)
    stems = separated(DspEngine(), opened(tmp_path / "mix.wav", mix[part]))
    for stem, least in (("drums", 3.0), ("bass", 4.0)):
        assert sdr(truth[stem][part], stems[stem]) > max(least, sdr(truth[stem][part], mix[part]) + 1.5)


@pytest.fixture(scope="module")
def tiny_htdemucs(tmp_path_factory) -> Path:
    """A randomly initialised, very small HTDemucs, stored as Demucs stores its models."""
    from demucs.htdemucs import HTDemucs

    torch.manual_seed(0)
    model = HTDemucs(
        sources=["drums", "bass", "other", "vocals"], channels=8, depth=2, t_layers=1, t_heads=2, bottom_channels=8,
        nfft=1024, segment=2, samplerate=RATE, dconv_depth=1,
    )  # fmt: skip
    folder = tmp_path_factory.mktemp("models") / "htdemucs"
    folder.mkdir()
    args, kwargs = model._init_args_kwargs
    package = {"klass": HTDemucs, "args": args, "kwargs": kwargs, "state": model.state_dict(), "training_args": {}}
    torch.save(package, folder / "model.th")
    digest = hashlib.sha256((folder / "model.th").read_bytes()).hexdigest()[:8]
    (folder / "model.th").rename(folder / f"0badcafe-{digest}.th")
    (folder / "htdemucs.yaml").write_text("models: ['0badcafe']\n")
    return folder


def test_htdemucs_as_a_stream_equals_demucs_at_once(tiny_htdemucs, tmp_path):
    from demucs.apply import apply_model

    from gpu_endpoints.analysis.separation.htdemucs import HtdemucsEngine

    engine = HtdemucsEngine(tiny_htdemucs)
    mix = np.random.default_rng(2).normal(0.01, 0.2, (round(7.3 * RATE), 2)).astype(np.float32)
    stems = separated(engine, opened(tmp_path / "mix.wav", mix))
    wave = torch.from_numpy(mix.T)
    reference = wave.mean(0)
    normal = (wave - reference.mean()) / (reference.std() + 1e-8)
    with torch.inference_mode():
        once = apply_model(engine._bag, normal[None], shifts=0, split=True, overlap=0.25)[0]
    once = once * (reference.std() + 1e-8) + reference.mean()
    for index, stem in enumerate(engine.stems):
        assert stems[stem].shape == mix.shape
        error = np.linalg.norm(stems[stem] - once[index].numpy().T) / np.linalg.norm(once[index].numpy())
        assert error < 1e-5


def test_htdemucs_gives_other_sample_rates_back_at_their_own_length(tiny_htdemucs, tmp_path):
    from gpu_endpoints.analysis.separation.htdemucs import HtdemucsEngine

    mix = np.random.default_rng(3).normal(0, 0.2, (48000 * 3 + 17, 1)).astype(np.float32)
    stems = separated(HtdemucsEngine(tiny_htdemucs), opened(tmp_path / "mix.wav", mix, 48000))
    assert all(stem.shape == (len(mix), 2) for stem in stems.values())


def test_auto_takes_demucs_where_its_weights_are_and_says_so_where_they_are_not(tiny_htdemucs, tmp_path, monkeypatch):
    monkeypatch.setenv("AzureWebJobsStorage", "UseDevelopmentStorage=true")
    for models, engine, fallback in ((tiny_htdemucs.parent, "htdemucs", False), (tmp_path, "dsp", True)):
        monkeypatch.setenv("SEGNO_MODELS", str(models))
        settings_module.settings.cache_clear()
        choice._htdemucs.cache_clear()
        _, signed = choice.choose("auto")
        assert (signed.engine, signed.fallback, signed.approximate) == (engine, fallback, engine == "dsp")
        assert bool(signed.weights) == (engine == "htdemucs")
    with pytest.raises(JobFailed, match="no htdemucs weights"):
        choice.choose("htdemucs")
    with pytest.raises(JobFailed, match="there is no separation engine"):
        choice.choose("magic")
    settings_module.settings.cache_clear()
