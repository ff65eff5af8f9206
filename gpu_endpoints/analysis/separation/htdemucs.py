"""Hybrid Transformer Demucs (Rouard, Massa & Défossez, ICASSP 2023) with weights from a local folder."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import torch
from demucs.pretrained import get_model

from gpu_endpoints.analysis.separation import overlap
from gpu_endpoints.analysis.separation.engine import StemBlocks
from gpu_endpoints.audio.decoding import Audio
from ripieno.contracts.provenance import Provenance
from ripieno.services.models import catalogue

CUDA_BATCH = 32  # segments at a time on a GPU, fewer where its memory is full; see benchmarks/gpu


class HtdemucsEngine:
    """Loads the model on construction: keep the instance."""

    def __init__(self, folder: Path, device: str | None = None, *, name: str = "htdemucs"):
        self._folder, self._name = folder, name
        self._device = torch.device(device or ("cuda" if torch.cuda.is_available() else "cpu"))
        self.bag: Any = get_model(name, repo=folder)
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
        for model, weights in zip(self.bag.models, totals, strict=True):
            out += model(mix) * weights[None, :, None, None]
        return (out / totals.sum(dim=0)[None, :, None, None]).cpu().numpy()
