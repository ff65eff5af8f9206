"""A model may be put anywhere a model is read from: what is in it never runs, and whoever asks is told."""

from __future__ import annotations

import ast
import hashlib
import json
import os
import pickle
import shutil
import sys
import types
from fractions import Fraction
from importlib.util import find_spec
from pathlib import Path

import pytest
import torch

from gpu_endpoints import weights
from gpu_endpoints.serving.work import JobFailed
from ripieno.local.stack import PROJECT


class Evil:
    """Leaves a file where it is unpickled."""

    def __init__(self, mark: Path, by=os.mkdir):
        self._mark, self._by = mark, by

    def __reduce__(self):
        some = (str(Path(__file__).parent / "audio"),) if self._by is shutil.copytree else ()
        return self._by, (*some, str(self._mark))


@pytest.fixture
def mark(tmp_path):
    path = tmp_path / "it ran"
    yield path
    assert not path.exists(), "the file was run"


def bad_files(mark: Path) -> dict[str, bytes]:
    """A pickle with a program, as torch stores it, as it stored it once, and bare."""
    import io

    found = {}
    for name, options in (("new", {}), ("old", {"_use_new_zipfile_serialization": False})):
        data = io.BytesIO()
        torch.save({"state_dict": {"w": torch.zeros(2)}, "also": Evil(mark)}, data, **options)
        found[name] = data.getvalue()
    data = io.BytesIO()
    torch.save({"state_dict": {"w": torch.zeros(2)}, "also": Evil(mark, by=shutil.copytree)}, data)
    found["other"] = data.getvalue()
    found["bare"] = pickle.dumps(Evil(mark))
    found["nothing"] = b""
    found["words"] = b"these are no weights"
    return found


BAD = ("new", "other", "old", "bare", "nothing", "words")


def test_those_files_would_run_if_they_were_let(tmp_path):
    mark = tmp_path / "x"
    pickle.loads(bad_files(mark)["bare"])
    assert mark.exists()


@pytest.mark.parametrize("kind", BAD)
@pytest.mark.parametrize("tolerant", [False, True])
def test_a_checkpoint_never_runs(tmp_path, mark, kind, tolerant):
    path = tmp_path / "model.ckpt"
    path.write_bytes(bad_files(mark)[kind])
    if tolerant and kind == "other":
        found = weights.checkpoint(path, tolerant=True)
        assert isinstance(found["also"], weights.Inert) and found["state_dict"]["w"].shape == (2,)
        return
    with pytest.raises(weights.UnsafeWeights, match=r"model\.ckpt was not loaded: .*models pull"):
        weights.checkpoint(path, tolerant=tolerant)


@pytest.mark.parametrize("kind", BAD)
def test_htdemucs(tmp_path, mark, kind):
    from gpu_endpoints.analysis.separation.htdemucs import HtdemucsEngine

    data = bad_files(mark)[kind]
    digest = hashlib.sha256(data).hexdigest()[:8]  # whoever can put a file there can name it, too
    (tmp_path / f"0badcafe-{digest}.th").write_bytes(data)
    (tmp_path / "htdemucs.yaml").write_text("models: ['0badcafe']\n")
    with pytest.raises(weights.UnsafeWeights, match="was not loaded"):
        HtdemucsEngine(tmp_path, "cpu")


def test_htdemucs_whose_class_is_another(tmp_path, mark):
    from gpu_endpoints.analysis.separation.htdemucs import HtdemucsEngine

    package = {"klass": shutil.copytree, "args": (str(mark),), "kwargs": {}, "state": {}}
    torch.save(package, tmp_path / "0badcafe.th")
    (tmp_path / "htdemucs.yaml").write_text("models: ['0badcafe']\n")
    with pytest.raises(weights.UnsafeWeights, match="no model of Demucs"):
        HtdemucsEngine(tmp_path, "cpu")


def test_htdemucs_as_it_is_published_is_read(tmp_path):
    """Its segment is a fraction, and beside the model lies what it was trained with."""
    from demucs.htdemucs import HTDemucs

    from gpu_endpoints.analysis.separation.htdemucs import HtdemucsEngine

    options = {
        "sources": ["drums", "bass", "other", "vocals"], "channels": 8, "depth": 2, "t_layers": 1, "t_heads": 2,
        "bottom_channels": 8, "nfft": 1024, "segment": Fraction(39, 5), "samplerate": 44100, "dconv_depth": 1,
    }  # fmt: skip
    model = HTDemucs(**options)
    package = {
        "klass": HTDemucs, "args": (), "kwargs": options, "state": {k: v.half() for k, v in model.state_dict().items()},
        "training_args": {"dset": {"path": Path("/somewhere")}},
    }  # fmt: skip
    torch.save(package, tmp_path / "0badcafe.th")
    (tmp_path / "htdemucs.yaml").write_text("models: ['0badcafe']\nsegment: 2\n")
    engine = HtdemucsEngine(tmp_path, "cpu")
    assert engine.stems == ("drums", "bass", "other", "vocals")
    assert next(engine.bag.models[0].parameters()).dtype == torch.float32


@pytest.mark.parametrize("kind", BAD)
def test_roformer(tmp_path, mark, kind):
    pytest.importorskip("bs_roformer")
    from gpu_endpoints.analysis.separation import roformer

    (tmp_path / "bs_roformer.yaml").write_text(
        json.dumps({"model": {"dim": 8, "depth": 1}, "audio": {}, "training": {}})
    )
    (tmp_path / "bs_roformer.ckpt").write_bytes(bad_files(mark)[kind])
    with pytest.raises(weights.UnsafeWeights, match="was not loaded"):
        roformer.RoformerEngine(tmp_path, "cpu")


@pytest.mark.parametrize("text", ["!!python/object/apply:os.mkdir ['{mark}']", "model: !!python/name:os.system"])
def test_the_description_of_a_roformer_is_data(tmp_path, mark, text):
    pytest.importorskip("bs_roformer")
    import yaml

    from gpu_endpoints.analysis.separation import roformer

    (tmp_path / "bs_roformer.yaml").write_text(text.format(mark=mark))
    (tmp_path / "bs_roformer.ckpt").write_bytes(b"")
    with pytest.raises(yaml.YAMLError):
        roformer.RoformerEngine(tmp_path, "cpu")


@pytest.mark.parametrize("kind", ["new", "old", "bare"])
def test_transformers_read_safetensors_alone(tmp_path, mark, kind):
    from transformers import WhisperConfig

    from gpu_endpoints.generation.musicgen import MusicgenEngine
    from gpu_endpoints.speech import whisper

    WhisperConfig(d_model=8, encoder_layers=1, decoder_layers=1).save_pretrained(tmp_path)
    (tmp_path / "pytorch_model.bin").write_bytes(bad_files(mark)[kind])
    with pytest.raises(OSError, match="safetensors"):
        whisper._loaded(str(tmp_path))
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "musicgen_melody"}))
    with pytest.raises(OSError, match="safetensors"):
        MusicgenEngine(tmp_path, name="musicgen-melody", license_name="")


@pytest.mark.parametrize("kind", BAD)
def test_audiocraft_is_given_only_what_was_looked_at(tmp_path, mark, kind, monkeypatch):
    import importlib

    def loads(folder: str) -> None:
        pytest.fail("audiocraft was given a file that holds a program")

    models = types.ModuleType("audiocraft.models")
    models.MusicGen = types.SimpleNamespace(get_pretrained=loads)  # pyright: ignore
    monkeypatch.setitem(sys.modules, "audiocraft", types.ModuleType("audiocraft"))
    monkeypatch.setitem(sys.modules, "audiocraft.models", models)
    monkeypatch.delitem(sys.modules, "gpu_endpoints.generation.audiocraft_musicgen", raising=False)
    module = importlib.import_module("gpu_endpoints.generation.audiocraft_musicgen")
    (tmp_path / "state_dict.bin").write_bytes(bad_files(mark)[kind])
    with pytest.raises(weights.UnsafeWeights):
        module.AudiocraftEngine(tmp_path, name="audiocraft-style", license_name="")
    sys.modules.pop("gpu_endpoints.generation.audiocraft_musicgen", None)


def test_the_pitch_tracker_stays_as_it_is_when_its_weights_are_a_program(tmp_path, mark):
    from gpu_endpoints.generation.voices import tracking

    (tmp_path / "x.ckpt").write_bytes(bad_files(mark)["new"])
    with pytest.raises(JobFailed):
        tracking._stored(tmp_path / "x.ckpt")


def test_madmoms_networks_run_only_when_they_are_those_of_its_package(tmp_path, mark, monkeypatch):
    """They are pickles, and there is no other way to read them: the hashes of the ones that were looked at decide."""
    if find_spec("madmom") is None:
        pytest.skip("madmom is not installed")
    from gpu_endpoints.analysis.mir import madmom_models

    madmom_models.downbeat_networks.cache_clear()
    madmom_models.deep_chroma.cache_clear()
    assert madmom_models.downbeat_networks() and madmom_models.deep_chroma()
    madmom_models.downbeat_networks.cache_clear()
    madmom_models.deep_chroma.cache_clear()
    bad = tmp_path / "downbeats" / "2016" / "downbeats_blstm_1.pkl"
    bad.parent.mkdir(parents=True)
    bad.write_bytes(pickle.dumps(Evil(mark)))
    monkeypatch.setattr(madmom_models, "_PACKAGE", tmp_path)
    monkeypatch.setattr(madmom_models.models, "DOWNBEATS_BLSTM", [str(bad)])
    monkeypatch.setattr(madmom_models.models, "CHROMA_DNN", [str(bad)])
    for load in (madmom_models.downbeat_networks, madmom_models.deep_chroma):
        with pytest.raises(weights.UnsafeWeights, match="SHA-256"):
            load()


def test_a_voice_of_onnx_reads_no_file_beside_its_folder(tmp_path):
    """External data of an ONNX model may name any file: the runtime refuses those outside the model's folder."""
    import onnxruntime
    from onnx import TensorProto, helper

    (tmp_path / "secret.bin").write_bytes(bytes(16))
    inside = tmp_path / "voice"
    inside.mkdir()
    tensor = TensorProto(name="w", data_type=TensorProto.FLOAT, dims=[4], data_location=TensorProto.EXTERNAL)
    for key, value in (("location", "../secret.bin"), ("offset", "0"), ("length", "16")):
        entry = tensor.external_data.add()
        entry.key, entry.value = key, value
    out = helper.make_tensor_value_info("y", TensorProto.FLOAT, [4])
    graph = helper.make_graph([helper.make_node("Identity", ["w"], ["y"])], "g", [], [out], [tensor])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
    model.ir_version = 8
    (inside / "model.onnx").write_bytes(model.SerializeToString())
    with pytest.raises(Exception, match=r"(?i)external|outside|escape|path"):
        onnxruntime.InferenceSession(str(inside / "model.onnx"), providers=["CPUExecutionProvider"])


ROOMS = ("gpu_endpoints", "ripieno", "activities", "triggers", "orchestrators", "benchmarks", "scripts", "training")
PICKLES = {"pickle", "cPickle", "_pickle", "dill", "cloudpickle", "joblib", "shelve", "marshal", "jsonpickle"}
MAY_NAME_PICKLE = {"gpu_endpoints/weights.py"}  # of its error


def unsafe_loads(path: Path, name: str) -> list[str]:
    """Calls and imports in a file that could run what is in another file."""
    found = []
    for node in ast.walk(ast.parse(path.read_text())):
        imported = set()
        if isinstance(node, ast.Import):
            imported = {one.name.partition(".")[0] for one in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            imported = {node.module.partition(".")[0]}
        if imported & PICKLES and name not in MAY_NAME_PICKLE:
            found.append(f"{name}:{node.lineno} imports {', '.join(imported & PICKLES)}")
        if not isinstance(node, ast.Call):
            continue
        called = ast.unparse(node.func)
        given = {one.arg: ast.unparse(one.value) for one in node.keywords if one.arg}
        last = called.rpartition(".")[2]
        if called in ("torch.load", "th.load") and given.get("weights_only") != "True":
            found.append(f"{name}:{node.lineno} {called} without weights_only=True")
        if (
            called in ("yaml.load", "yaml.unsafe_load", "yaml.full_load", "yaml.load_all")
            and given.get("Loader") != "_Loader"
        ):
            found.append(f"{name}:{node.lineno} {called}: use safe_load")
        if given.get("allow_pickle", "False") != "False":
            found.append(f"{name}:{node.lineno} {called} with allow_pickle")
        if given.get("trust_remote_code", "False") != "False":
            found.append(f"{name}:{node.lineno} {called} with trust_remote_code")
        is_model = "Config" not in called and "Token" not in called and "Processor" not in called
        if last == "from_pretrained" and is_model and given.get("use_safetensors") != "True":
            found.append(f"{name}:{node.lineno} {called} without use_safetensors=True")
        if last == "from_pretrained" and given.get("local_files_only") != "True":
            found.append(f"{name}:{node.lineno} {called} without local_files_only=True")
        if called in ("get_model", "demucs.pretrained.get_model", "torch.hub.load", "torch.jit.load", "eval", "exec"):
            found.append(f"{name}:{node.lineno} {called}")
    return found


def test_nothing_loads_what_could_run():
    found = [
        one
        for room in ROOMS
        for path in (PROJECT / room).rglob("*.py")
        for one in unsafe_loads(path, path.relative_to(PROJECT).as_posix())
    ]
    assert found == []


@pytest.mark.parametrize(
    "line",
    [
        "import pickle", "from joblib import load", "torch.load(p)", "torch.load(p, weights_only=False)", "yaml.load(t)",
        "np.load(p, allow_pickle=True)", "M.from_pretrained(f, local_files_only=True)", "torch.hub.load('a', 'b')",
        "AutoModel.from_pretrained(f, use_safetensors=True, local_files_only=True, trust_remote_code=True)",
    ],
)  # fmt: skip
def test_and_what_could_would_be_found(tmp_path, line):
    (tmp_path / "x.py").write_text(line)
    assert unsafe_loads(tmp_path / "x.py", "x.py")
