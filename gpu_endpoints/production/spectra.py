"""Short-time spectra of a whole recording, some frames at a time: all at once they are slower than the transforms, by
what has to be moved through memory."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from scipy import fft, signal

_FRAMES_AT_ONCE = 64


def blocks(mono: np.ndarray, window: int, hop: int, bins: slice) -> Iterator[np.ndarray]:
    """Some bins of the magnitudes that `scipy.signal.stft` gives with a Hann window, float32 (frames, bins)."""
    shape = np.asarray(signal.get_window("hann", window))
    shape = np.asarray(shape / shape.sum(), np.float32)
    half = window // 2
    padded = np.pad(np.asarray(mono, np.float32), (half, half + (-len(mono) % hop)))
    frames = np.lib.stride_tricks.sliding_window_view(padded, window)[::hop]
    for first in range(0, len(frames), _FRAMES_AT_ONCE):
        here = frames[first : first + _FRAMES_AT_ONCE] * shape
        yield np.abs(np.asarray(fft.rfft(here, axis=1))[:, bins])
