"""Diffusion models trained with stable-audio-tools, by the model_config.json they were trained with: one's own too.

stable-audio-tools 0.0.19 pins older packages, so this engine runs in an image of its own
(requirements-stable-audio-tools.txt). It is held to the interface by a test at the import boundary and has not been run
against the real package here.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import soxr
import torch
from stable_audio_tools.inference.generation import (  # pyright: ignore[reportMissingImports]
    generate_diffusion_cond,
)
from stable_audio_tools.models.factory import (  # pyright: ignore[reportMissingImports]
    create_model_from_config,
)
from stable_audio_tools.models.utils import load_ckpt_state_dict  # pyright: ignore[reportMissingImports]

from gpu_endpoints.audio.levels import SAMPLE_RATE
from gpu_endpoints.generation import describing, joining
from gpu_endpoints.generation.engine import Generated, OnProgress, Wish, installed
from ripieno.contracts.provenance import Provenance
from ripieno.services.models import folder as models

GUIDANCE = 7.0
STEPS = 100


class StableAudioToolsEngine:
    """Loads the model on construction."""

    is_exact = False

    def __init__(self, folder: Path, *, name: str, license_name: str):
        self._name, self._license, self._folder = name, license_name, folder
        self._device = "cuda" if torch.cuda.is_available() else "cpu"
        about: dict[str, Any] = json.loads((folder / "model_config.json").read_text())
        self._model: Any = create_model_from_config(about)
        self._model.load_state_dict(load_ckpt_state_dict(str(folder / "model.safetensors")))
        self._model.to(self._device).eval()
        self._rate, self._samples = int(about["sample_rate"]), int(about["sample_size"])

    def provenance(self) -> Provenance:
        return Provenance(
            engine=self._name,
            version=installed("stable-audio-tools"),
            license=self._license,
            weights=models.fingerprint(self._folder),
            device=self._device,
        )

    def generate(self, wishes: list[Wish], on_progress: OnProgress) -> list[Generated]:
        made = []
        for number, wish in enumerate(wishes):
            places = joining.windows(wish.conditioning, self._samples / self._rate - 1.0, 2.0)
            pieces = []
            for window, (start, _, end) in enumerate(places):
                on_progress((number + window / len(places)) / len(wishes))
                pieces.append(self._window(wish, end - start, wish.plan.random_seed + window))
            remarks = ("diffusion has no temperature: it was left out",) if wish.temperature != 1.0 else ()
            made.append(Generated(joining.joined(pieces, places, SAMPLE_RATE), None, wish.plan.random_seed, remarks))
        return made

    def _window(self, wish: Wish, seconds: float, seed: int) -> np.ndarray:
        found = generate_diffusion_cond(
            self._model,
            steps=STEPS,
            cfg_scale=GUIDANCE if wish.guidance is None else wish.guidance,
            conditioning=[{"prompt": describing.words(wish), "seconds_start": 0, "seconds_total": seconds}],
            sample_size=self._samples,
            seed=seed % 2**31,
            device=self._device,
        )
        samples = found[0].float().cpu().numpy().T[: round(seconds * self._rate)]
        return soxr.resample(samples, self._rate, SAMPLE_RATE).astype(np.float32)
