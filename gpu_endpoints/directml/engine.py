"""A converted Demucs as a separation engine; the only heavy package it needs is ONNX Runtime."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import onnxruntime

from gpu_endpoints.analysis.separation import overlap
from gpu_endpoints.analysis.separation.engine import SeparationEngine, StemBlocks
from gpu_endpoints.audio.decoding import Audio
from gpu_endpoints.directml import providers, spectrum
from gpu_endpoints.directml.providers import Runtime
from gpu_endpoints.serving.work import JobFailed
from ripieno.contracts.provenance import Provenance
from ripieno.services.settings import models_folder

DESCRIPTION = "onnx.json"
FOLDER_SUFFIX = "-onnx"


@dataclass(frozen=True)
class Description:
    """What `convert` writes beside the graphs: `files` by precision, one graph a model of the bag; `bag_weights` are
    (models, sources)."""

    name: str
    license: str
    weights: str
    sources: tuple[str, ...]
    sample_rate: int
    segment: int
    nfft: int
    bag_weights: list[list[float]]
    files: dict[str, list[str]]
    parity: dict[str, dict[str, float]]

    @classmethod
    def load(cls, folder: Path) -> Description:
        stored = json.loads((folder / DESCRIPTION).read_text())
        return cls(**{**stored, "sources": tuple(stored["sources"])})


class OnnxEngine:
    """Loads its graphs on construction: keep the instance."""

    def __init__(self, folder: Path, runtime: Runtime):
        self._about = Description.load(folder)
        self._runtime = runtime
        threads = int(os.environ.get("OMP_NUM_THREADS", "0"))
        self._sessions = [runtime.session(str(folder / file), threads) for file in self._about.files[runtime.precision]]
        self._bag_weights = np.array(self._about.bag_weights, np.float32)
        self.stems: tuple[str, ...] = self._about.sources

    def provenance(self) -> Provenance:
        return Provenance(
            engine=f"{self._about.name}{FOLDER_SUFFIX}",
            version=onnxruntime.__version__,
            license=self._about.license,
            weights=self._about.weights,
            device=self._runtime.provider,
            precision=self._runtime.precision,
            reason=self._runtime.remark,
        )

    def separate(self, audio: Audio, on_progress: Callable[[float], None]) -> StemBlocks:
        return overlap.separate(
            audio,
            self.infer,
            stems=self.stems,
            rate=self._about.sample_rate,
            segment=self._about.segment,
            on_progress=on_progress,
        )

    def infer(self, chunks: np.ndarray) -> np.ndarray:
        """(batch, 2, segment) to (batch, sources, 2, segment)."""
        return np.stack([self._one(chunk) for chunk in chunks])

    def _one(self, chunk: np.ndarray) -> np.ndarray:
        """The graph is made for one segment: DirectML is fastest with shapes that never change."""
        given = {"mix": chunk[None], "spectrum": spectrum.to_planes(chunk, self._about.nfft)[None]}
        total = np.zeros((len(self.stems), *chunk.shape), np.float32)
        for session, weights in zip(self._sessions, self._bag_weights, strict=True):
            wave, planes = (np.asarray(one)[0] for one in session.run(["wave", "planes"], given))
            whole = wave + spectrum.from_planes(planes, self._about.nfft, chunk.shape[-1])
            total += weights[:, None, None] * whole
        return total / self._bag_weights.sum(axis=0)[:, None, None]


def availability() -> dict[str, dict]:
    """The converted models that are here, the provider they run on, and what is not verified; quick, loads nothing."""
    try:
        runtime = providers.choose()
    except providers.UnknownProvider as fault:
        return {"none": {"available": False, "detail": str(fault)}}
    found = {}
    for folder in _converted():
        about = Description.load(folder)
        detail = f"{runtime.provider}, {runtime.precision}" + (f"; {runtime.remark}" if runtime.remark else "")
        found[folder.name] = {"available": True, "license": about.license, "detail": detail, "parity": about.parity}
    return found or {"htdemucs-onnx": {"available": False, "license": "MIT", "detail": _nothing_converted()}}


def choose(wanted: str) -> tuple[SeparationEngine, Provenance]:
    """The engine for a job: `auto` takes the first converted model.

    Raises
    ------
    JobFailed
        `unknown_engine` or `engine_unavailable`.
    """
    folders = {folder.name: folder for folder in _converted()}
    if wanted != "auto" and wanted not in folders:
        raise JobFailed("unknown_engine", f"there is no converted model {wanted!r}: {_nothing_converted()}")
    if not folders:
        raise JobFailed("engine_unavailable", _nothing_converted())
    folder = next(iter(folders.values())) if wanted == "auto" else folders[wanted]
    try:
        runtime = providers.choose()
    except providers.UnknownProvider as fault:
        raise JobFailed("engine_unavailable", str(fault)) from fault
    if runtime.precision not in Description.load(folder).files:
        runtime = Runtime(runtime.provider, "fp32", f"{folder.name} was not converted to {runtime.precision}")
    engine = _loaded(folder, runtime)
    return engine, engine.provenance()


def _converted() -> list[Path]:
    return sorted(path.parent for path in models_folder().glob(f"*{FOLDER_SUFFIX}/{DESCRIPTION}"))


def _nothing_converted() -> str:
    return (
        f"converted models belong in {models_folder()}: on a machine with torch, ripieno models pull htdemucs and"
        " python -m gpu_endpoints.directml.convert htdemucs"
    )


@lru_cache(maxsize=1)
def _loaded(folder: Path, runtime: Runtime) -> OnnxEngine:
    return OnnxEngine(folder, runtime)
