"""Separation engines: lengths, sums, and Demucs as a stream against Demucs itself."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch
import yaml

from gpu_endpoints.analysis.separation import choice, overlap
from gpu_endpoints.analysis.separation.dsp import DspEngine
from gpu_endpoints.audio import decoding
from gpu_endpoints.serving.work import JobFailed
from ripieno.services.models import catalogue

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


def test_htdemucs_as_a_stream_equals_demucs_at_once(tiny_htdemucs, tmp_path):
    from demucs.apply import apply_model

    from gpu_endpoints.analysis.separation.htdemucs import HtdemucsEngine

    engine = HtdemucsEngine(tiny_htdemucs, "cpu")
    mix = np.random.default_rng(2).normal(0.01, 0.2, (round(7.3 * RATE), 2)).astype(np.float32)
    stems = separated(engine, opened(tmp_path / "mix.wav", mix))
    wave = torch.from_numpy(mix.T)
    reference = wave.mean(0)
    normal = (wave - reference.mean()) / (reference.std() + 1e-8)
    with torch.inference_mode():
        once = apply_model(engine.bag, normal[None], shifts=0, split=True, overlap=0.25)[0]
    once = once * (reference.std() + 1e-8) + reference.mean()
    for index, stem in enumerate(engine.stems):
        assert stems[stem].shape == mix.shape
        error = np.linalg.norm(stems[stem] - once[index].numpy().T) / np.linalg.norm(once[index].numpy())
        assert error < 1e-5


def test_htdemucs_gives_other_sample_rates_back_at_their_own_length(tiny_htdemucs, tmp_path):
    from gpu_endpoints.analysis.separation.htdemucs import HtdemucsEngine

    mix = np.random.default_rng(3).normal(0, 0.2, (48000 * 3 + 17, 1)).astype(np.float32)
    stems = separated(HtdemucsEngine(tiny_htdemucs, "cpu"), opened(tmp_path / "mix.wav", mix, 48000))
    assert all(stem.shape == (len(mix), 2) for stem in stems.values())


@pytest.fixture
def clean_choice(monkeypatch) -> Iterator[None]:
    monkeypatch.setenv("AzureWebJobsStorage", "UseDevelopmentStorage=true")
    caches = (choice._learned, catalogue.catalogue)
    for cache in caches:
        cache.cache_clear()
    yield
    for cache in caches:
        cache.cache_clear()


def test_auto_takes_demucs_where_its_weights_are_and_says_so_where_they_are_not(
    tiny_htdemucs, tmp_path, monkeypatch, clean_choice
):
    monkeypatch.setenv("RIPIENO_MODEL_CATALOGUE", str(tiny_htdemucs.parent / "catalogue.json"))
    for models, engine, fallback in ((tiny_htdemucs.parent, "htdemucs", False), (tmp_path, "dsp", True)):
        monkeypatch.setenv("RIPIENO_MODELS", str(models))
        choice._learned.cache_clear()
        _, signed = choice.choose("auto")
        assert (signed.engine, signed.fallback, signed.approximate) == (engine, fallback, engine == "dsp")
        assert bool(signed.weights) == (engine == "htdemucs")
    with pytest.raises(JobFailed, match="ripieno models pull htdemucs"):
        choice.choose("htdemucs")
    with pytest.raises(JobFailed, match="there is no separation engine"):
        choice.choose("magic")


def test_a_device_that_is_not_there_is_refused_rather_than_replaced(tiny_htdemucs, monkeypatch, clean_choice):
    monkeypatch.setenv("RIPIENO_MODEL_CATALOGUE", str(tiny_htdemucs.parent / "catalogue.json"))
    monkeypatch.setenv("RIPIENO_MODELS", str(tiny_htdemucs.parent))
    assert choice.choose("htdemucs@cpu")[1].device == "cpu"
    if not torch.cuda.is_available():
        with pytest.raises(JobFailed, match="no CUDA device"):
            choice.choose("htdemucs@cuda")


def test_a_commercial_deployment_refuses_weights_without_commercial_terms(tmp_path, monkeypatch, clean_choice):
    monkeypatch.setenv("RIPIENO_MODELS", str(tmp_path))
    monkeypatch.setenv("RIPIENO_LICENSES", "commercial")
    with pytest.raises(JobFailed, match="may not be used commercially"):
        choice.choose("bs_roformer")


def test_demucs_is_left_out_commercially_unless_the_operator_answers_for_it_by_name(
    tiny_htdemucs, tmp_path, monkeypatch, clean_choice
):
    catalogue_file = tmp_path / "catalogue.json"
    entries = json.loads((tiny_htdemucs.parent / "catalogue.json").read_text())
    entries["htdemucs"] |= {"license": "unclear", "commercial": False}
    catalogue_file.write_text(json.dumps(entries))
    monkeypatch.setenv("RIPIENO_MODEL_CATALOGUE", str(catalogue_file))
    monkeypatch.setenv("RIPIENO_MODELS", str(tiny_htdemucs.parent))
    assert choice.choose("auto")[1].engine == "htdemucs"
    monkeypatch.setenv("RIPIENO_LICENSES", "commercial")
    signed = choice.choose("auto")[1]
    assert (signed.engine, signed.fallback) == ("dsp", True) and "commercially (unclear)" in (signed.reason or "")
    assert not choice.availability()["htdemucs"]["available"]
    monkeypatch.setenv("RIPIENO_ALLOW_WEIGHTS", "htdemucs_ft, htdemucs")
    assert choice.choose("auto")[1].engine == "htdemucs" and choice.availability()["htdemucs"]["available"]


def test_the_catalogue_says_of_demucs_weights_that_their_licence_is_unclear():
    for name in ("htdemucs", "htdemucs_ft", "htdemucs_6s"):
        assert not catalogue.entry(name).commercial and "unclear" in catalogue.entry(name).license


def test_batches_of_segments_give_what_single_ones_give(tiny_htdemucs):
    mix = np.random.default_rng(4).normal(0, 0.2, (2, round(9.1 * RATE))).astype(np.float32)

    def stems(batch: int) -> np.ndarray:
        blocks = iter(np.array_split(mix.T, 7))
        parts = overlap.overlap_add(
            blocks, mix.shape[1], engine.infer, len(engine.stems), segment, batch, lambda done: None
        )
        return np.concatenate(list(parts), axis=2)

    from gpu_endpoints.analysis.separation.htdemucs import HtdemucsEngine

    engine = HtdemucsEngine(tiny_htdemucs, "cpu")
    segment = int(engine.bag.samplerate * engine.bag.max_allowed_segment)
    np.testing.assert_allclose(stems(3), stems(1), atol=1e-5)


def test_where_the_gpus_memory_is_full_fewer_segments_go_together():
    mix = np.random.default_rng(3).normal(0, 0.2, (2, 1000)).astype(np.float32)
    tried: list[int] = []

    def infer(chunks: np.ndarray) -> np.ndarray:
        tried.append(len(chunks))
        if len(chunks) > 2:
            raise torch.OutOfMemoryError("CUDA out of memory.")
        return np.stack([chunks, -chunks], axis=1)

    def found(batch: int) -> np.ndarray:
        parts = overlap.overlap_add(iter([mix.T]), 1000, infer, 2, 100, batch, lambda done: None)
        return np.concatenate(list(parts), axis=2)

    halved = found(8)
    assert tried[:2] == [8, 4] and max(tried[2:]) == 2
    np.testing.assert_allclose(halved, found(1), atol=1e-6)

    def never(chunks: np.ndarray) -> np.ndarray:
        raise torch.OutOfMemoryError("CUDA out of memory.")

    with pytest.raises(torch.OutOfMemoryError):
        list(overlap.overlap_add(iter([mix.T]), 1000, never, 2, 100, 8, lambda done: None))


def test_roformer_gives_its_target_and_the_rest_which_add_up_to_the_mix(tmp_path):
    from bs_roformer import BSRoformer

    from gpu_endpoints.analysis.separation.roformer import RoformerEngine

    torch.manual_seed(0)
    shape = {"dim": 8, "depth": 1, "stereo": True, "time_transformer_depth": 1, "freq_transformer_depth": 1,
             "dim_head": 8, "heads": 2, "freqs_per_bands": (32, 32, 65), "dim_freqs_in": 129, "stft_n_fft": 256,
             "stft_hop_length": 128, "stft_win_length": 256, "flash_attn": False}  # fmt: skip
    torch.save(BSRoformer(**shape).state_dict(), tmp_path / "bs_roformer.ckpt")
    described = {
        "audio": {"chunk_size": 22016, "sample_rate": RATE},
        "model": shape | {"linear_transformer_depth": 0},
        "training": {"instruments": ["vocals", "other"], "target_instrument": "vocals"},
    }
    (tmp_path / "bs_roformer.yaml").write_text(yaml.dump(described))  # with the tuple as these files spell it
    engine = RoformerEngine(tmp_path, "cpu")
    mix = np.random.default_rng(5).normal(0, 0.2, (3 * RATE + 11, 2)).astype(np.float32)
    stems = separated(engine, opened(tmp_path / "mix.wav", mix))
    assert engine.stems == ("vocals", "other")
    assert np.abs(stems["vocals"]).max() > 1e-4
    np.testing.assert_allclose(stems["vocals"] + stems["other"], mix, atol=1e-4)

    (tmp_path / "bs_roformer.yaml").write_text(yaml.dump(described | {"model": shape | {"num_residual_streams": 4}}))
    with pytest.raises(ValueError, match="has no num_residual_streams"):
        RoformerEngine(tmp_path, "cpu")
