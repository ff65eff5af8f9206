"""One song of a set on disk, read forward by ranges, in bounded memory."""

from __future__ import annotations

import numpy as np

from gpu_endpoints.audio.decoding import Audio
from gpu_endpoints.audio.levels import SAMPLE_RATE

_BLOCK_SECONDS = 5.0
_KEPT = SAMPLE_RATE  # frames before a range that may be asked for again


class Reader:
    """Stereo at 44.1 kHz. Ranges may overlap, but begin no more than a second before the one before; what is before
    the beginning or after the end is silence."""

    def __init__(self, audio: Audio, gain: float = 1.0):
        self._blocks = audio.stereo_blocks(_BLOCK_SECONDS, rate=SAMPLE_RATE)
        self._gain = np.float32(gain)
        self._parts: list[np.ndarray] = []
        self._at = 0  # the frame that the first part begins with
        self._end = 0  # the frame after the last part
        self._ended = False

    def read(self, start: int, end: int) -> np.ndarray:
        """float32 (end - start, 2)."""
        self._forget(start - _KEPT)
        while self._end < end and not self._ended:
            block = next(self._blocks, None)
            if block is None:
                self._ended = True
            else:
                self._parts.append(block)
                self._end += len(block)
                self._forget(start - _KEPT)
        found = np.zeros((end - start, 2), np.float32)
        at = self._at
        for part in self._parts:
            a, b = max(start, at), min(end, at + len(part))
            if a < b:
                found[a - start : b - start] = part[a - at : b - at]
            at += len(part)
        return found * self._gain

    def _forget(self, before: int) -> None:
        while self._parts and self._at + len(self._parts[0]) <= before:
            self._at += len(self._parts.pop(0))
