"""Short-time spectra of a recording, some frames at a time: all at once they are slower than the transforms, by what
has to be moved through memory."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from scipy import fft, signal

_FRAMES_AT_ONCE = 64


def blocks(mono: np.ndarray, window: int, hop: int, bins: slice) -> Iterator[np.ndarray]:
    """Some bins of the magnitudes that `scipy.signal.stft` gives with a Hann window, float32 (frames, bins)."""
    stream = Stream(window, hop, bins)
    yield from stream.add(mono)
    yield from stream.end()


class Stream:
    """The same of a recording that comes piece by piece: `add` each, then `end`; both give whole frames."""

    def __init__(self, window: int, hop: int, bins: slice):
        shape = np.asarray(signal.get_window("hann", window))
        self._shape = np.asarray(shape / shape.sum(), np.float32)
        self._window, self._hop, self._bins = window, hop, bins
        self._rest = np.zeros(window // 2, np.float32)
        self._samples = 0

    def add(self, mono: np.ndarray) -> Iterator[np.ndarray]:
        self._samples += len(mono)
        yield from self._whole(np.asarray(mono, np.float32))

    def end(self) -> Iterator[np.ndarray]:
        yield from self._whole(np.zeros(self._window // 2 + (-self._samples % self._hop), np.float32))

    def _whole(self, more: np.ndarray) -> Iterator[np.ndarray]:
        known = np.concatenate([self._rest, more])
        count = max(0, (len(known) - self._window) // self._hop + 1)
        self._rest = known[count * self._hop :].copy()
        if not count:
            return
        frames = np.lib.stride_tricks.sliding_window_view(known, self._window)[:: self._hop][:count]
        for first in range(0, count, _FRAMES_AT_ONCE):
            here = frames[first : first + _FRAMES_AT_ONCE] * self._shape
            yield np.abs(np.asarray(fft.rfft(here, axis=1))[:, self._bins])
