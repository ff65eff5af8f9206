"""The spectrograms madmom's networks were trained on, for whole arrays at once instead of frame by frame.

Frame i is centred on sample i * hop; samples outside the signal are zero. Equal to madmom's processors (tested).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.fft import rfft

_BATCH = 2048  # frames transformed at a time: bounds the memory of the transform


@dataclass(frozen=True)
class FilteredSpectrum:
    """log10(1 + spectrum @ filterbank) at `hop` samples a frame; `filterbank` is (bins, bands)."""

    frame_size: int
    hop: int
    filterbank: np.ndarray

    def __call__(self, mono: np.ndarray) -> np.ndarray:
        """float32, shape (ceil(samples / hop), bands)."""
        count = -(-len(mono) // self.hop)
        half = self.frame_size // 2
        padded = np.pad(mono, (half, max(0, (count - 1) * self.hop + half - len(mono))))
        frames = np.lib.stride_tricks.sliding_window_view(padded, self.frame_size)[:: self.hop][:count]
        window = np.hanning(self.frame_size).astype(np.float32)
        bins = self.filterbank.shape[0]
        out = np.empty((count, self.filterbank.shape[1]), np.float32)
        for start in range(0, count, _BATCH):
            spectrum = np.abs(np.asarray(rfft(frames[start : start + _BATCH] * window, axis=1))[:, :bins])
            out[start : start + _BATCH] = np.log10(spectrum @ self.filterbank + 1)
        return out


def positive_difference(spectrum: np.ndarray, lag: int) -> np.ndarray:
    """How much each band has risen since `lag` frames ago; zero for the first frames, which have no past."""
    rise = np.zeros_like(spectrum)
    np.maximum(spectrum[lag:] - spectrum[:-lag], 0, out=rise[lag:])
    return rise
