"""Stable Audio Open (Evans et al., 2024) through diffusers: text to stereo at 44.1 kHz, up to 47 s at once.

A longer stem is several windows of the same seed and prompt that meet on bar lines. Diffusion has no temperature.
"""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import soxr
import torch
from diffusers.pipelines.stable_audio.pipeline_stable_audio import StableAudioPipeline

from gpu_endpoints.audio.levels import SAMPLE_RATE
from gpu_endpoints.generation import describing, joining
from gpu_endpoints.generation.batching import in_batches
from gpu_endpoints.generation.engine import Generated, OnProgress, Wish
from ripieno.contracts.provenance import Provenance
from ripieno.services.models import folder as models

GUIDANCE = 7.0
STEPS = 100
WINDOW_SECONDS = 45.0
_NO_TEMPERATURE = "diffusion has no temperature: it was left out"


class StableAudioEngine:
    """Loads the pipeline on construction: keep the instance. In float16 on CUDA.

    Raises
    ------
    OSError
        When the folder holds no Stable Audio pipeline.
    """

    is_exact = False

    def __init__(self, folder: Path, *, name: str, license_name: str, device: str | None = None, steps: int = STEPS):
        self._name, self._license, self._folder, self._steps = name, license_name, folder, steps
        self._device = torch.device(device or ("cuda" if torch.cuda.is_available() else "cpu"))
        precision = torch.float16 if self._device.type == "cuda" else torch.float32
        self.pipeline: Any = StableAudioPipeline.from_pretrained(
            folder, local_files_only=True, torch_dtype=precision, use_safetensors=True
        )
        self.pipeline.to(self._device)
        self.pipeline.set_progress_bar_config(disable=True)
        self.rate = int(self.pipeline.vae.sampling_rate)
        longest = self.pipeline.transformer.config.sample_size * self.pipeline.vae.hop_length / self.rate
        self.window = min(WINDOW_SECONDS, longest - 0.01)

    def provenance(self) -> Provenance:
        return Provenance(
            engine=self._name,
            version=f"diffusers {version('diffusers')}",
            license=self._license,
            weights=models.fingerprint(self._folder),
            device=self._device.type,
            precision="fp16" if self._device.type == "cuda" else "fp32",
        )

    def generate(self, wishes: list[Wish], on_progress: OnProgress) -> list[Generated]:
        """Wishes of the same range and guidance are one batch, each with its own seed."""
        return in_batches(wishes, _batch_of, self._batch, on_progress)

    def _batch(self, batch: list[Wish], on_progress: OnProgress) -> list[Generated]:
        places = joining.windows(batch[0].conditioning, self.window, 2.0)
        pieces: list[list[np.ndarray]] = [[] for _ in batch]
        for number, (start, _, end) in enumerate(places):
            made = self.pipeline(
                prompt=[describing.words(wish) for wish in batch],
                negative_prompt=[describing.NEGATIVE] * len(batch),
                num_inference_steps=self._steps,
                audio_end_in_s=end - start,
                guidance_scale=GUIDANCE if batch[0].guidance is None else batch[0].guidance,
                generator=[torch.Generator("cpu").manual_seed(wish.plan.random_seed + number) for wish in batch],
                callback=lambda step, _time, _latents, number=number: on_progress(
                    (number + min(1.0, step / self._steps)) / len(places)
                ),
                callback_steps=1,
                output_type="pt",
            ).audios
            for n, audio in enumerate(made):
                samples = audio.float().cpu().numpy().T
                pieces[n].append(soxr.resample(samples, self.rate, SAMPLE_RATE).astype(np.float32))
        return [
            Generated(
                joining.joined(audio, places, SAMPLE_RATE),
                seed=wish.plan.random_seed,
                remarks=(_NO_TEMPERATURE,) if wish.temperature != 1.0 else (),
            )
            for audio, wish in zip(pieces, batch, strict=True)
        ]


def _batch_of(wish: Wish) -> tuple:
    return wish.conditioning.first, wish.conditioning.last, -1.0 if wish.guidance is None else wish.guidance
