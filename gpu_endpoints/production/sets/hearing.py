"""What is heard of a set as it is written: how loud each song is, and the highest peak, also between samples."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from gpu_endpoints.audio.levels import SAMPLE_RATE, LevelMeter
from gpu_endpoints.production.limiter import true_peaks

_OVERLAP = 64  # samples that the peaks between them are known by
_LEAST_PEAK = 1e-4


class Ear:
    """Listens to a stream of float32 blocks (frames, 2).

    Parameters
    ----------
    spans : frames that each song is heard alone for, in order
    quiet : frames that do not count, as somebody speaks over them
    """

    def __init__(self, spans: Sequence[tuple[int, int]], quiet: Sequence[tuple[int, int]] = ()):
        self._spans, self._quiet = spans, quiet
        self._meters = [LevelMeter(SAMPLE_RATE) for _ in spans]
        self._at = 0
        self._before = np.zeros((_OVERLAP, 2), np.float32)
        self.true_peak = 0.0

    def heard(self, blocks: Iterable[np.ndarray]) -> Iterator[np.ndarray]:
        """The same stream."""
        for block in blocks:
            self._listen(block)
            yield block
        self._peak(np.concatenate([self._before, np.zeros((_OVERLAP, 2), np.float32)]))

    def loudness(self) -> list[float | None]:
        """LUFS of each song."""
        return [meter.loudness() for meter in self._meters]

    def _listen(self, block: np.ndarray) -> None:
        end = self._at + len(block)
        for meter, (start, stop) in zip(self._meters, self._spans, strict=True):
            if start < end and stop > self._at:
                for a, b in self._counting(max(start, self._at), min(stop, end)):
                    meter.add(block[a - self._at : b - self._at])
        joined = np.concatenate([self._before, block])
        self._peak(joined)
        self._before = joined[-_OVERLAP:]
        self._at = end

    def _counting(self, start: int, end: int) -> list[tuple[int, int]]:
        """What is left of a span where nobody speaks."""
        left = [(start, end)]
        for first, last in self._quiet:
            left = [
                piece
                for a, b in left
                for piece in ((a, min(b, max(a, first))), (max(a, min(b, last)), b))
                if piece[1] > piece[0]
            ]
        return left

    def _peak(self, audio: np.ndarray) -> None:
        found = true_peaks(audio, max(self.true_peak, _LEAST_PEAK))
        self.true_peak = max(self.true_peak, float(found.max(initial=0.0)))
