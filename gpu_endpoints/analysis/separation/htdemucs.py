"""Hybrid Transformer Demucs (Rouard, Massa & Défossez, ICASSP 2023) with weights from a local folder."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from fractions import Fraction
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import torch
from demucs.apply import BagOfModels
from demucs.hdemucs import HDemucs
from demucs.htdemucs import HTDemucs
from demucs.repo import AnyModelRepo, BagOnlyRepo, LocalRepo, check_checksum
from demucs.states import load_model

from gpu_endpoints import weights
from gpu_endpoints.analysis.separation import overlap
from gpu_endpoints.analysis.separation.engine import StemBlocks
from gpu_endpoints.audio.decoding import Audio
from ripieno.contracts.provenance import Provenance
from ripieno.services.models import catalogue

_KNOWN = (HTDemucs, HDemucs, Fraction)  # what a checkpoint of Demucs names beside its tensors
CUDA_BATCH = 32  # segments at a time on a GPU, fewer where its memory is full; see benchmarks/gpu


class HtdemucsEngine:
    """Loads the model on construction: keep the instance."""

    def __init__(self, folder: Path, device: str | None = None, *, name: str = "htdemucs"):
        self._folder, self._name = folder, name
        self._device = torch.device(device or ("cuda" if torch.cuda.is_available() else "cpu"))
        self.bag: Any = _loaded(name, folder)
        self.bag.to(self._device).eval()
        self.stems: tuple[str, ...] = tuple(self.bag.sources)

    def provenance(self) -> Provenance:
        return Provenance(
            engine=self._name,
            version=version("demucs"),
            license=catalogue.entry(self._name).license,
            weights=self.weights,
            device=self._device.type,
        )

    @cached_property
    def weights(self) -> str:
        digest = hashlib.sha256()
        for path in sorted(self._folder.glob("*.th")):
            digest.update(path.read_bytes())
        return digest.hexdigest()[:16]

    def separate(self, audio: Audio, on_progress: Callable[[float], None]) -> StemBlocks:
        return overlap.separate(
            audio,
            self.infer,
            stems=self.stems,
            rate=int(self.bag.samplerate),
            segment=int(self.bag.samplerate * self.bag.max_allowed_segment),
            on_progress=on_progress,
            batch=CUDA_BATCH if self._device.type == "cuda" else 1,
        )

    @torch.inference_mode()
    def infer(self, chunks: np.ndarray) -> np.ndarray:
        """All models of the bag on some segments, averaged with the bag's weights; (batch, sources, 2, segment)."""
        mix = torch.from_numpy(chunks).to(self._device)
        out = torch.zeros(len(mix), len(self.stems), *mix.shape[1:], device=self._device)
        totals = torch.tensor(self.bag.weights, device=self._device, dtype=out.dtype)
        for model, shares in zip(self.bag.models, totals, strict=True):
            out += model(mix) * shares[None, :, None, None]
        return (out / totals.sum(dim=0)[None, :, None, None]).cpu().numpy()


class _Models(LocalRepo):
    """Demucs' own folder of models, which would run whatever is in them, read as tensors."""

    def get_model(self, sig: str) -> Any:
        path = self._models[sig]
        if sig in self._checksums:
            check_checksum(path, self._checksums[sig])
        package = weights.checkpoint(path, _KNOWN, tolerant=True)
        if package.get("klass") not in _KNOWN[:2] or not {"args", "kwargs", "state"} <= package.keys():
            raise weights.UnsafeWeights(path, "it holds no model of Demucs")
        return load_model(package)


def _loaded(name: str, folder: Path) -> Any:
    """As `demucs.pretrained.get_model`: a bag of models, or one alone as a bag.

    Raises
    ------
    weights.UnsafeWeights
    """
    models = _Models(folder)
    found: Any = AnyModelRepo(models, BagOnlyRepo(folder, models)).get_model(name)
    found = found if isinstance(found, BagOfModels) else BagOfModels([found])
    found.eval()
    return found
