"""A conversion model is learned from one speaker alone, becomes ONNX, and brings another speaker nearer to the first."""

from __future__ import annotations

import io

import numpy as np
import onnx
import pytest
import synthetic_voices as made

from gpu_endpoints.generation.voices import engines, features, frames, learned, measuring, store, training
from gpu_endpoints.generation.voices.engines import Converter, Shaper
from gpu_endpoints.serving.work import JobCancelled, JobContext, JobFailed

pytestmark = pytest.mark.filterwarnings("ignore")  # torch's exporter warns of its own


@pytest.fixture(scope="module")
def tiny(tmp_path_factory) -> tuple[training.Learned, bytes, float]:
    """A small network after a few hundred steps, and its ONNX file."""
    import torch

    torch.set_num_threads(1)  # a small network: more only wait for each other
    parts = [features.heard(made.heard(made.LOW, 6))]
    found = training.learn(parts, steps=100, seed=3, width=48, depth=4)
    path = tmp_path_factory.mktemp("models") / "model.onnx"
    parity = training.export(found, path)
    return found, path.read_bytes(), parity


def test_training_lowers_the_loss_of_what_was_held_out(tiny):
    found, _, _ = tiny
    assert found.after < 0.8 * found.before, found.losses
    assert found.losses[0][0] == 0 and found.losses[-1][0] == 100
    assert sum(len(one.level) for one in found.held_out) >= 100


def test_onnx_computes_what_torch_does_and_says_nothing_of_where_it_was_made(tiny):
    _, data, parity = tiny
    assert parity < 1e-3
    assert b".py" not in data and len(data) < 500_000


def converted(data: bytes, said):
    network = learned.Network(data)
    parts = [features.heard(said)]
    mean, loud = features.mean_shape(parts), features.loudness(parts)
    out = learned.converted(said, network, mean=mean, loud=loud, strength=1.0)
    return made.analysed(frames.sounded(out), out.rate)


def test_another_speaker_comes_measurably_nearer_to_the_one_that_was_learned(tiny):
    """Heard again after the vocoder: envelope in dB, and likeness of embeddings."""
    _, data, _ = tiny
    said, target, other = made.heard(made.HIGH), made.profile(made.LOW), made.profile(made.HIGH)
    after = converted(data, said)

    def far(sung, profile):
        mean = measuring.envelopes(sung)[measuring.loud(sung)].mean(axis=0)
        return float(np.abs(mean - np.array(profile.envelope)).mean())

    assert far(after, target) < 0.5 * far(said, target)
    assert far(after, target) < far(after, other)
    said, after = made.alike(said, after)
    both = said.voiced & after.voiced
    assert both.sum() > 0.9 * said.voiced.sum()
    assert np.median(np.abs(1200 * np.log2(after.f0[both] / said.f0[both]))) < 5, "the melody is kept"


def test_what_is_said_is_kept(tiny):
    """Frames that differ in the original differ alike after it: the distances between them correlate."""
    _, data, _ = tiny
    said = made.heard(made.HIGH)
    said, after = made.alike(said, converted(data, said))
    chosen = np.flatnonzero(said.voiced & after.voiced)[::25]
    one, other = (measuring.envelopes(sung)[chosen] for sung in (said, after))
    apart = [
        np.abs(shapes[:, None] - shapes[None]).mean(axis=2)[np.triu_indices(len(chosen), 1)] for shapes in (one, other)
    ]
    assert np.corrcoef(*apart)[0, 1] > 0.7


def test_the_same_seed_and_samples_train_the_same_model():
    parts = [features.heard(made.heard(made.LOW))]
    one, other = (training.learn(parts, steps=6, seed=5, width=16, depth=1) for _ in range(2))
    assert one.losses == other.losses
    assert training.learn(parts, steps=6, seed=6, width=16, depth=1).losses != one.losses


def test_training_stops_when_it_is_told(tmp_path):
    context = JobContext("test", tmp_path, lambda *_: None, lambda: True)
    with pytest.raises(JobCancelled):
        training.learn([features.heard(made.heard(made.LOW))], steps=1000, context=context, width=16, depth=1)


def test_too_little_to_learn_from_says_so():
    short = features.heard(made.heard(made.LOW)).part(0, 90)
    with pytest.raises(JobFailed, match="record longer"):
        training.learn([short], steps=5)


# -- engines --------------------------------------------------------------------------------------------------------


@pytest.fixture
def stored(monkeypatch, tiny):
    """A voice with a profile and a model, without storage."""
    models = {"v1/versions/1/model.onnx": tiny[1]}
    monkeypatch.setattr(store, "profile_of", lambda voice: made.profile(made.LOW))
    monkeypatch.setattr(store, "model_of", lambda voice: models[voice.model])
    return models


def test_auto_takes_the_model_and_signs_with_its_weights(stored):
    mover = engines.of(made.singer(model="v1/versions/1/model.onnx"))
    assert isinstance(mover, Converter)
    signed = mover.provenance()
    assert signed.engine == "voice-model@v1" and len(signed.weights) == 16 and not signed.approximate
    assert signed.device == "cpu" and signed.version.startswith("version 1; onnxruntime")
    after = engines.moved(made.verse(), mover)
    assert np.isfinite(after.logs).all() and len(after) == len(made.verse())


def test_who_has_no_model_is_shaped_by_the_profile_or_refused(stored):
    assert isinstance(engines.of(made.singer()), Shaper)
    assert isinstance(engines.of(made.singer(model="v1/versions/1/model.onnx", engine="voice-profile")), Shaper)
    with pytest.raises(JobFailed, match="train one") as failed:
        engines.of(made.singer(engine="voice-model"))
    assert failed.value.code == "voice_engine_unavailable"


def strange() -> list[tuple[bytes, str]]:
    """Files that are no model of a voice: none is run."""
    node = onnx.helper.make_node("Identity", ["said"], ["told"])
    places = [
        onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, [1, 3, None]) for name in ("said", "told")
    ]
    graph = onnx.helper.make_graph([node], "g", places[:1], places[1:])
    opset = [onnx.helper.make_opsetid("", 18)]
    plain = onnx.helper.make_model(graph, opset_imports=opset, ir_version=10)
    told = onnx.helper.make_model(graph, opset_imports=opset, ir_version=10)
    entry = told.metadata_props.add()
    entry.key, entry.value = learned.DESCRIPTION, '{"bands": 64, "inputs": 67, "rate": 24000}'
    return [
        (b"no network", "cannot read it"),
        (plain.SerializeToString(), "does not say what it is"),
        (told.SerializeToString(), "other features"),
    ]


@pytest.mark.parametrize("number", range(3))
def test_what_is_no_model_of_a_voice_is_refused_before_it_is_run(stored, number):
    data, why = strange()[number]
    stored["v1/bad.onnx"] = data
    with pytest.raises(JobFailed, match=why):
        engines.of(made.singer(model="v1/bad.onnx", engine="voice-model"))
    found = engines.of(made.singer(model="v1/bad.onnx"))
    signed = found.provenance()
    assert isinstance(found, Shaper) and signed.fallback and signed.reason.startswith("voice-model: ")


def test_a_model_that_names_a_file_beside_it_reads_nothing(stored, tmp_path, monkeypatch):
    """External data is refused: a model is its own bytes."""
    model = onnx.load(io.BytesIO(stored["v1/versions/1/model.onnx"]))
    (tmp_path / "secret").write_bytes(bytes(4 * 64))
    tensor = max(model.graph.initializer, key=lambda one: len(one.raw_data))
    size = len(tensor.raw_data)
    (tmp_path / "secret").write_bytes(bytes(size))
    tensor.ClearField("raw_data")
    tensor.data_location = onnx.TensorProto.EXTERNAL
    for key, value in (("location", "secret"), ("offset", "0"), ("length", str(size))):
        entry = tensor.external_data.add()
        entry.key, entry.value = key, value
    monkeypatch.chdir(tmp_path)
    with pytest.raises(learned.BadModel, match="one file"):
        learned.Network(model.SerializeToString())
