"""The DirectML endpoint: transforms outside the graph, parity or no file, and honesty about what was verified."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import soundfile
import torch
from demucs.pretrained import get_model

from gpu_endpoints.analysis.separation.htdemucs import HtdemucsEngine
from gpu_endpoints.audio import decoding
from gpu_endpoints.directml import convert, providers, spectrum
from gpu_endpoints.directml import engine as onnx_engine
from gpu_endpoints.directml.engine import OnnxEngine
from gpu_endpoints.serving.work import JobFailed

RATE = 44100
CPU = providers.Runtime("cpu", "fp32", None)


@pytest.fixture(scope="module")
def converted(tiny_htdemucs, tmp_path_factory) -> Path:
    target = tmp_path_factory.mktemp("onnx") / "htdemucs-onnx"
    about = convert.convert(tiny_htdemucs, "htdemucs", target)
    assert all(error <= 1e-3 for error in about.parity["fp32"].values())
    return target


@pytest.mark.parametrize("samples", [88200, 88201, 4096, 300])
def test_the_transforms_are_those_of_demucs(tiny_htdemucs, samples):
    model = get_model("htdemucs", repo=tiny_htdemucs).models[0]
    mix = np.random.default_rng(0).normal(0, 1, (2, samples)).astype(np.float32)
    theirs = model._spec(torch.from_numpy(mix)[None])
    planes = spectrum.to_planes(mix, model.nfft)
    np.testing.assert_allclose(planes, model._magnitude(theirs)[0].numpy(), atol=2e-5)
    back = model._ispec(theirs, samples)[0].numpy()
    np.testing.assert_allclose(spectrum.from_planes(planes, model.nfft, samples), back, atol=2e-5)


def test_the_converted_model_separates_as_the_original_does(tiny_htdemucs, converted, tmp_path):
    mix = np.random.default_rng(2).normal(0.01, 0.2, (round(5.3 * RATE), 2)).astype(np.float32)
    soundfile.write(tmp_path / "mix.wav", mix, RATE, "FLOAT")
    audio = decoding.open_audio(tmp_path / "mix.wav", max_seconds=60)
    ours, theirs = OnnxEngine(converted, CPU), HtdemucsEngine(tiny_htdemucs, "cpu")
    assert ours.stems == theirs.stems
    for mine, original in zip(
        ours.separate(audio, lambda done: None), theirs.separate(audio, lambda done: None), strict=True
    ):
        for stem in ours.stems:
            error = np.linalg.norm(mine[stem] - original[stem]) / np.linalg.norm(original[stem])
            assert error < 1e-3


def test_a_graph_that_computes_something_else_is_not_kept(tiny_htdemucs, tmp_path, monkeypatch):
    whole = convert.export

    def damaged(model, segment, path):
        with torch.no_grad():
            for parameter in model.parameters():
                parameter.mul_(1.02)
        whole(model, segment, path)
        with torch.no_grad():
            for parameter in model.parameters():
                parameter.div_(1.02)

    monkeypatch.setattr(convert, "export", damaged)
    target = tmp_path / "htdemucs-onnx"
    target.mkdir()
    (target / "onnx.json").write_text("what was there before")
    with pytest.raises(convert.NoParity, match="is above 1e-03"):
        convert.convert(tiny_htdemucs, "htdemucs", target)
    assert [path.name for path in tmp_path.iterdir()] == ["htdemucs-onnx"]
    assert (target / "onnx.json").read_text() == "what was there before"


def test_what_is_not_verified_runs_in_fp32_and_says_so(monkeypatch):
    assert providers.choose("cpu", "fp32").remark is None
    half = providers.choose("cpu", "fp16")
    assert (half.precision, half.remark) == ("fp32", "fp16 on cpu is not verified: computed in fp32")
    monkeypatch.setattr(
        onnxruntime, "get_available_providers", lambda: ["DmlExecutionProvider", "CPUExecutionProvider"]
    )
    best = providers.choose()
    assert (best.provider, best.precision, best.remark) == ("directml", "fp32", "directml in fp32 is not verified")
    with pytest.raises(providers.UnknownProvider, match="it has directml, cpu"):
        providers.choose("cuda")
    with pytest.raises(providers.UnknownProvider, match="choose auto, directml, cuda, cpu"):
        providers.choose("tpu")


def test_the_engine_signs_with_provider_precision_and_the_originals_weights(converted, tiny_htdemucs, monkeypatch):
    monkeypatch.setenv("RIPIENO_MODELS", str(converted.parent))
    _, signed = onnx_engine.choose("auto")
    assert (signed.engine, signed.device, signed.precision) == ("htdemucs-onnx", "cpu", "fp32")
    assert signed.weights == HtdemucsEngine(tiny_htdemucs, "cpu").provenance().weights
    shown = onnx_engine.availability()["htdemucs-onnx"]
    assert shown["available"] and "cpu, fp32" in shown["detail"]
    with pytest.raises(JobFailed, match="there is no converted model"):
        onnx_engine.choose("magic")


def test_without_a_converted_model_it_says_what_to_do(tmp_path, monkeypatch):
    monkeypatch.setenv("RIPIENO_MODELS", str(tmp_path))
    assert "directml.convert htdemucs" in onnx_engine.availability()["htdemucs-onnx"]["detail"]
    with pytest.raises(JobFailed, match=r"directml\.convert htdemucs"):
        onnx_engine.choose("auto")
