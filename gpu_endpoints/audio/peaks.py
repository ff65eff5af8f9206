"""What a waveform is drawn from: the lowest and highest sample of each small stretch, as BBC audiowaveform JSON (v2).

All channels are one here. An hour stays below 2 MB: what is longer is drawn from longer stretches.
"""

from __future__ import annotations

from functools import reduce
from typing import Any

import numpy as np

from gpu_endpoints.audio.decoding import Audio

FINEST = 256  # samples a stretch
MOST_STRETCHES = 200_000
_FULL_SCALE = 128


class PeakMeter:
    """Gathers stretches of a stream of float32 blocks (frames, channels): two bytes for each 256 samples."""

    def __init__(self, sample_rate: int):
        self._rate = sample_rate
        self._rest = np.zeros((2, 0), np.float32)
        self._low: list[np.ndarray] = []
        self._high: list[np.ndarray] = []

    def add(self, block: np.ndarray) -> None:
        low, high = (reduce(of, block.T) for of in (np.minimum, np.maximum))  # `min(axis=1)` takes ten times as long
        samples = np.concatenate([self._rest, np.stack([low, high])], axis=1)
        whole = samples.shape[1] // FINEST * FINEST
        self._close(samples[:, :whole])
        self._rest = samples[:, whole:].copy()

    def document(self) -> dict[str, Any]:
        """The audiowaveform document of all that was added."""
        low, high = [*self._low], [*self._high]
        if self._rest.shape[1]:
            low.append(_eight_bits(self._rest[0].min(keepdims=True)))
            high.append(_eight_bits(self._rest[1].max(keepdims=True)))
        bottom, top = (np.concatenate(parts) if parts else np.zeros(0, np.int8) for parts in (low, high))
        factor = 1
        while -(-len(bottom) // factor) > MOST_STRETCHES:
            factor *= 2
        missing = -len(bottom) % factor
        bottom = np.pad(bottom, (0, missing), "edge" if len(bottom) else "constant").reshape(-1, factor).min(axis=1)
        top = np.pad(top, (0, missing), "edge" if len(top) else "constant").reshape(-1, factor).max(axis=1)
        return {
            "version": 2, "channels": 1, "sample_rate": self._rate, "samples_per_pixel": FINEST * factor, "bits": 8,
            "length": len(bottom), "data": np.stack([bottom, top], axis=1).ravel().tolist(),
        }  # fmt: skip

    def _close(self, samples: np.ndarray) -> None:
        if samples.shape[1]:
            self._low.append(_eight_bits(samples[0].reshape(-1, FINEST).min(axis=1)))
            self._high.append(_eight_bits(samples[1].reshape(-1, FINEST).max(axis=1)))


def of_audio(audio: Audio) -> dict[str, Any]:
    """The document of a whole file, in one pass over it."""
    meter = PeakMeter(audio.sample_rate)
    for block in audio.blocks():
        meter.add(block)
    return meter.document()


def _eight_bits(values: np.ndarray) -> np.ndarray:
    return np.clip(np.rint(values * _FULL_SCALE), -_FULL_SCALE, _FULL_SCALE - 1).astype(np.int8)
