"""`python -m gpu_endpoints.directml.convert htdemucs`: a Demucs as ONNX graphs, kept only when they compute the same.

The graph is everything between the STFT and its inverse (opset 18, fixed shapes). Parity is the relative L2 error of
whole separated segments against PyTorch, on noise and on music; above 1e-3 nothing is saved.
"""

from __future__ import annotations

import argparse
import copy
import json
import shutil
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from gpu_endpoints.analysis.separation.htdemucs import HtdemucsEngine
from gpu_endpoints.directml import spectrum
from gpu_endpoints.directml.engine import DESCRIPTION, FOLDER_SUFFIX, Description, OnnxEngine
from gpu_endpoints.directml.providers import Runtime
from ripieno.music import demo_song
from ripieno.services.models import catalogue, folder
from ripieno.services.settings import models_folder

OPSET = 18
PARITY = 1e-3


class NoParity(RuntimeError):
    """The graph does not compute what the model computes; nothing was saved."""


class Core(nn.Module):
    """HTDemucs without its transforms: (mix, spectrum planes) to (what the time branch, the spectral branch found)."""

    def __init__(self, model: nn.Module):
        super().__init__()
        self._model: Any = copy.deepcopy(model).eval()
        given = _Given()
        self._given = given
        self._model._spec = lambda mix: mix
        self._model._magnitude = lambda mix: given.spectrum
        self._model._mask = lambda mix, planes: planes
        self._model._ispec = lambda planes, length: _Beside(planes)

    def forward(self, mix: torch.Tensor, spectrum: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        self._given.spectrum = spectrum
        return self._model(mix)


class _Given:
    """Carries the spectrum past the model's own transform."""

    spectrum: torch.Tensor


class _Beside:
    """Where the model adds the two branches, it gets both side by side."""

    def __init__(self, planes: torch.Tensor):
        self.planes = planes

    def __radd__(self, wave: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        return wave, self.planes


def convert(source: Path, name: str, target: Path, *, say: Callable[[str], None] = print) -> Description:
    """Convert the bag of models in `source` into `target`.

    Raises
    ------
    NoParity
        When fp32 is off by more than 1e-3; `target` is as it was before.
    ValueError
        When a model of the bag is no HTDemucs.
    """
    original = HtdemucsEngine(source, "cpu", name=name)
    bag, models = original.bag, list(original.bag.models)
    for model in models:
        if type(model).__name__ != "HTDemucs" or not model.cac:
            raise ValueError(f"{name} holds a {type(model).__name__}: only HTDemucs can be converted")
    segment = int(bag.samplerate * bag.max_allowed_segment)
    building = target.with_name(target.name + ".part")
    shutil.rmtree(building, ignore_errors=True)
    building.mkdir(parents=True)
    try:
        about = Description(
            name=name,
            license=catalogue.entry(name).license if name in catalogue.catalogue() else "unknown",
            weights=original.weights,
            sources=tuple(bag.sources),
            sample_rate=int(bag.samplerate),
            segment=segment,
            nfft=int(models[0].nfft),
            bag_weights=[[float(weight) for weight in row] for row in bag.weights],
            files={"fp32": [f"model-{number}.onnx" for number in range(len(models))]},
            parity={},
        )
        for model, file in zip(models, about.files["fp32"], strict=True):
            say(f"exporting {file}")
            export(model, segment, building / file)
        _check(about, original, building, say)
        _describe(about, building)
        shutil.rmtree(target, ignore_errors=True)
        building.rename(target)
    finally:
        shutil.rmtree(building, ignore_errors=True)
    return about


def export(model: nn.Module, segment: int, path: Path) -> None:
    """Write one model's core as an ONNX graph for one segment of stereo sound."""
    mix = np.random.default_rng(0).normal(0, 1, (1, 2, segment)).astype(np.float32)
    planes = spectrum.to_planes(mix, int(getattr(model, "nfft")))  # noqa: B009 - nn.Module hides its type
    core = Core(model)
    with warnings.catch_warnings(), _fused_operators(core):
        warnings.simplefilter("ignore")
        torch.onnx.export(
            core,
            (torch.from_numpy(mix), torch.from_numpy(planes)),
            str(path),
            input_names=["mix", "spectrum"],
            output_names=["wave", "planes"],
            opset_version=OPSET,
            dynamo=True,
            external_data=False,
            verbose=False,
        )


@contextmanager
def _fused_operators(core: nn.Module) -> Iterator[None]:
    """While exporting, GELU and attention become the single operators that ONNX Runtime has for them on every provider:
    6 % of the time on a CPU."""
    gelu, attention = functional.gelu, functional.scaled_dot_product_attention
    for layer in core.modules():
        if getattr(layer, "activation", None) is gelu:
            object.__setattr__(layer, "activation", _gelu)
    functional.gelu, functional.scaled_dot_product_attention = _gelu, _attention
    try:
        yield
    finally:
        functional.gelu, functional.scaled_dot_product_attention = gelu, attention


def _gelu(values: torch.Tensor, approximate: str = "none") -> torch.Tensor:
    return torch.onnx.ops.symbolic("com.microsoft::Gelu", (values,), dtype=values.dtype, shape=values.shape, version=1)


def _attention(query: torch.Tensor, key: torch.Tensor, value: torch.Tensor, *_, **__) -> torch.Tensor:
    """(batch, heads, tokens, width) each."""
    batch, heads, tokens, width = query.shape
    flat = [one.transpose(1, 2).reshape(batch, -1, heads * width) for one in (query, key, value)]
    found = torch.onnx.ops.symbolic(
        "com.microsoft::MultiHeadAttention",
        flat,
        {"num_heads": heads},
        dtype=query.dtype,
        shape=(batch, tokens, heads * width),
        version=1,
    )
    return found.reshape(batch, tokens, heads, width).transpose(1, 2)


def _check(about: Description, original: HtdemucsEngine, building: Path, say: Callable[[str], None]) -> None:
    """Hold the graphs to the model on noise and on music."""
    _describe(about, building)
    engine = OnnxEngine(building, Runtime("cpu", "fp32", None))
    found = {}
    for sound, mix in probes(about.segment, about.sample_rate).items():
        wanted = original.infer(mix[None])[0]
        found[sound] = float(np.linalg.norm(engine.infer(mix[None])[0] - wanted) / np.linalg.norm(wanted))
        say(f"on {sound}: relative L2 error {found[sound]:.1e}")
    about.parity["fp32"] = found
    worst = max(found.values())
    if not worst <= PARITY:
        raise NoParity(f"relative L2 error {worst:.1e} is above {PARITY:.0e}")


def probes(segment: int, rate: int) -> dict[str, np.ndarray]:
    """Noise, and music: the demo song's notes as plain tones and clicks; each (2, segment), deviation about 1."""
    rng = np.random.default_rng(1)
    time = np.arange(segment) / rate
    music = np.zeros(segment)
    for part in demo_song.compose().parts:
        for note in part.notes:
            start, end = int((note.start - 20) * rate), int((note.end - 20) * rate)
            if end <= 0 or start >= segment or end <= start:
                continue
            inside = slice(max(0, start), min(segment, end))
            fade = np.exp(-4 * (time[inside] - time[inside][0]))
            if part.is_drum:
                music[inside] += 0.5 * rng.normal(size=len(fade)) * fade**8
            else:
                frequency = 440 * 2 ** ((note.pitch - 69) / 12)
                music[inside] += sum(np.sin(2 * np.pi * k * frequency * time[inside]) / k for k in (1, 2, 3)) * fade
    stereo = np.stack([music, np.roll(music, 40)])
    noise = rng.normal(0, 1, (2, segment))
    return {"noise": noise.astype(np.float32), "music": (stereo / (stereo.std() + 1e-9)).astype(np.float32)}


def _describe(about: Description, building: Path) -> None:
    (building / DESCRIPTION).write_text(json.dumps(asdict(about), indent=1))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", help="a Demucs of the catalogue, such as htdemucs; pull it first")
    parser.add_argument("--out", type=Path, help="where to, by default beside the model")
    chosen = parser.parse_args()
    try:
        entry = catalogue.entry(chosen.model)
        if folder.missing(entry):
            sys.exit(f"{chosen.model} is not in {folder.of(entry)}: ripieno models pull {chosen.model}")
        target = chosen.out or models_folder() / f"{chosen.model}{FOLDER_SUFFIX}"
        convert(folder.of(entry), chosen.model, target)
    except (catalogue.UnknownModel, NoParity, ValueError) as fault:
        sys.exit(f"not converted: {fault}")
    print(f"{chosen.model} is in {target}")


if __name__ == "__main__":
    main()
