"""The conversion network: what is said, by anybody, as one voice says it. In torch; `learned.py` runs it without.

Shaped as RVC is (content, pitch, one voice; no retrieval), small, and over WORLD's envelope instead of samples. It
learns from one voice alone, by information perturbation (NANSY: Choi et al., NeurIPS 2021): it hears the voice with its
formants shifted and its pitch moved, and has to give the voice back, so that it learns not to listen to either.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import nn

from gpu_endpoints.generation.voices import frames
from gpu_endpoints.generation.voices.features import BANDS, HIGH, INPUTS, LOW, OUTPUTS, SCALE_DB

WIDTH, DEPTH = 96, 6
_KERNEL = 5
_MOST_WARP = 1.3
_MOST_OCTAVES = 0.75
_DROPOUT = 0.1
_NOISE = 0.02


class VoiceNetwork(nn.Module):
    """(batch, 67, frames) to (batch, 72, frames): the shape as it was heard, and what the layers say is other in this
    voice. Untrained it gives back what it hears around the voice's `mean` (64,)."""

    def __init__(self, mean: torch.Tensor, *, width: int = WIDTH, depth: int = DEPTH):
        super().__init__()
        self.mean: torch.Tensor
        self.register_buffer("mean", mean.reshape(1, BANDS, 1) / SCALE_DB)
        self.begin = nn.Conv1d(INPUTS, width, _KERNEL, padding=_KERNEL // 2)
        self.layers = nn.ModuleList(_Layer(width, 2 ** (number % 4)) for number in range(depth))
        self.end = nn.Conv1d(width, OUTPUTS, 1)
        nn.init.zeros_(self.end.weight)
        assert self.end.bias is not None
        nn.init.zeros_(self.end.bias)

    def forward(self, said: torch.Tensor) -> torch.Tensor:
        hidden = self.begin(said)
        for layer in self.layers:
            hidden = layer(hidden)
        told = self.end(hidden)
        shape = said[:, :BANDS] + self.mean + told[:, :BANDS]
        shape = shape - shape.mean(dim=1, keepdim=True)
        return torch.cat([shape, torch.sigmoid(told[:, BANDS:])], dim=1)


class _Layer(nn.Module):
    def __init__(self, width: int, dilation: int):
        super().__init__()
        self.spread = nn.Conv1d(width, 2 * width, 3, padding=dilation, dilation=dilation)
        self.mix = nn.Conv1d(width, width, 1)
        self.drop = nn.Dropout(_DROPOUT)

    def forward(self, hidden: torch.Tensor) -> torch.Tensor:
        value, gate = self.spread(self.drop(hidden)).chunk(2, dim=1)
        return hidden + self.mix(torch.tanh(value) * torch.sigmoid(gate))


def perturbed(said: torch.Tensor, rng: np.random.Generator) -> torch.Tensor:
    """What is heard of somebody else who says the same: formants, pitch and level moved, each of a batch by its own."""
    out = said.clone()
    hertz = frames.band_hertz(BANDS, LOW, HIGH)
    for number in range(len(said)):
        warp = float(np.exp(rng.uniform(-np.log(_MOST_WARP), np.log(_MOST_WARP))))
        place = np.interp(np.clip(hertz * warp, LOW, HIGH), hertz, np.arange(BANDS))
        lower = np.minimum(place.astype(int), BANDS - 2)
        share = torch.from_numpy((place - lower).astype(np.float32))[:, None]
        shape = said[number, :BANDS]
        out[number, :BANDS] = shape[lower] * (1 - share) + shape[lower + 1] * share
        voiced = said[number, BANDS + 2]
        out[number, BANDS + 1] += voiced * float(rng.uniform(-_MOST_OCTAVES, _MOST_OCTAVES))
        out[number, BANDS] += float(rng.uniform(-0.3, 0.3))
    noise = torch.from_numpy(rng.normal(0, _NOISE, (len(said), BANDS, said.shape[2])).astype(np.float32))
    out[:, :BANDS] += noise
    return out


def loss_of(told: torch.Tensor, wanted: torch.Tensor, voiced: torch.Tensor) -> torch.Tensor:
    """Mean absolute error of the shape (in units of 20 dB) and, of voiced frames, of the noise."""
    shape = (told[:, :BANDS] - wanted[:, :BANDS]).abs().mean()
    noise = ((told[:, BANDS:] - wanted[:, BANDS:]).abs().mean(dim=1) * voiced).sum() / voiced.sum().clamp(min=1)
    return shape + noise
