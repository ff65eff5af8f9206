"""Band-Split RoFormer (Lu et al., ICASSP 2024) through the BS-RoFormer package, with weights from a local folder.

The folder holds a checkpoint (a state dict) and the YAML that describes it, in the form the separation community
shares them: `audio.chunk_size`, `model` (the network's arguments), `training.instruments` and `.target_instrument`.
A model that knows one target gives it and the rest of the mix, as `other`.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import torch
import yaml
from bs_roformer import BSRoformer

from gpu_endpoints import weights
from gpu_endpoints.analysis.separation import overlap
from gpu_endpoints.analysis.separation.engine import StemBlocks
from gpu_endpoints.audio.decoding import Audio
from ripieno.contracts.provenance import Provenance
from ripieno.services.models.folder import digest

NAME = "bs_roformer"
CUDA_BATCH = 4
_TUPLE_TAG = "tag:yaml.org,2002:python/tuple"


class _Loader(yaml.SafeLoader):
    """Plain YAML, and the tuples these files spell as Python's."""


def _tuple(loader: yaml.SafeLoader, node: yaml.nodes.SequenceNode) -> tuple:
    return tuple(loader.construct_sequence(node))


_Loader.add_constructor(_TUPLE_TAG, _tuple)


class RoformerEngine:
    """Loads the model on construction: keep the instance.

    Raises
    ------
    ValueError
        When the YAML asks for what this version of the network does not have.
    """

    def __init__(self, folder: Path, device: str | None = None):
        about = yaml.load((folder / f"{NAME}.yaml").read_text(), Loader=_Loader)  # noqa: S506 - a SafeLoader
        checkpoint = folder / f"{NAME}.ckpt"
        self._device = torch.device(device or ("cuda" if torch.cuda.is_available() else "cpu"))
        self._model = BSRoformer(**_arguments(about["model"]))
        state = weights.checkpoint(checkpoint)
        self._model.load_state_dict(state.get("state_dict", state))
        self._model.to(self._device).eval()
        self._rate = int(about["audio"].get("sample_rate", 44100))
        self._segment = int(about["audio"]["chunk_size"])
        training = about["training"]
        target = training.get("target_instrument")
        self._is_single = target is not None
        self.stems: tuple[str, ...] = (target.lower(), "other") if target else tuple(training["instruments"])
        self._weights = digest(checkpoint)[:16]

    def provenance(self) -> Provenance:
        return Provenance(
            engine=NAME, version=version("BS-RoFormer"), license="MIT", weights=self._weights, device=self._device.type
        )

    def separate(self, audio: Audio, on_progress: Callable[[float], None]) -> StemBlocks:
        return overlap.separate(
            audio,
            self._infer,
            stems=self.stems,
            rate=self._rate,
            segment=self._segment,
            on_progress=on_progress,
            batch=CUDA_BATCH if self._device.type == "cuda" else 1,
            normalise=False,
        )

    @torch.inference_mode()
    def _infer(self, chunks: np.ndarray) -> np.ndarray:
        """(batch, 2, segment) to (batch, stems, 2, segment)."""
        mix = torch.from_numpy(chunks).to(self._device)
        found = self._model(mix)
        found = found[:, None] if found.ndim == 3 else found
        length = min(found.shape[-1], mix.shape[-1])
        out = torch.zeros(len(mix), found.shape[1], *mix.shape[1:], device=self._device)
        out[..., :length] = found[..., :length]
        if self._is_single:
            out = torch.cat([out[:, :1], mix[:, None] - out[:, :1]], dim=1)
        return out.cpu().numpy()


def _arguments(model: dict[str, Any]) -> dict[str, Any]:
    known = inspect.signature(BSRoformer.__init__).parameters
    harmless = {"linear_transformer_depth": 0, "mlp_expansion_factor": 4, "use_torch_checkpoint": None}
    unknown = {
        name: value
        for name, value in model.items()
        if name not in known and not (name in harmless and harmless[name] in (None, value))
    }
    if unknown:
        raise ValueError(f"BS-RoFormer {version('BS-RoFormer')} has no {', '.join(unknown)}: use a checkpoint without")
    return {name: value for name, value in model.items() if name in known}
