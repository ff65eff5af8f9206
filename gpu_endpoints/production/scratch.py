"""A signal on disk between two passes: float32 stereo, appended once, read again as often as is needed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from gpu_endpoints.audio.levels import SAMPLE_RATE, LevelMeter

BLOCK_FRAMES = 65536


class Scratch:
    """Measured while it is written; `peak` and `loudness` are of all that was written."""

    def __init__(self, path: Path):
        self.path = path
        self.meter = LevelMeter(SAMPLE_RATE)
        self._file = path.open("wb")

    def write(self, block: np.ndarray) -> None:
        """Append float32 (frames, 2)."""
        self.meter.add(block)
        self._file.write(np.ascontiguousarray(block, np.float32).data)

    def blocks(self) -> Iterator[np.ndarray]:
        """From the beginning, after all was written."""
        self._file.close()
        with self.path.open("rb") as file:
            while data := file.read(BLOCK_FRAMES * 8):
                yield np.frombuffer(data, np.float32).reshape(-1, 2)

    def remove(self) -> None:
        self._file.close()
        self.path.unlink()
