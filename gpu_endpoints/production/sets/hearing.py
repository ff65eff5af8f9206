"""What is heard of a set: how loud each song is, the highest peak, also between samples, and whether beats meet."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from gpu_endpoints.audio.levels import SAMPLE_RATE, LevelMeter
from gpu_endpoints.production.limiter import true_peaks

_OVERLAP = 64  # samples that the peaks between them are known by
_LEAST_PEAK = 1e-4
_HOP = 64  # samples, about 1.5 ms
_REACH = 0.05  # seconds either side of a beat
_CLEAR = 2.5  # times the mean: a rise that marks beats
_GROUPS, _FEWEST = 8, 4  # parts of a blend that are heard apart, and beats in each


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


def beats_apart(first: np.ndarray, second: np.ndarray, beats: Sequence[float]) -> float | None:
    """How far the onsets of two songs are from each other at their common beats, in milliseconds: the most of the parts
    of a blend; None where in no part both have clear ones.

    Parameters
    ----------
    first, second : float32 (frames, 2), as they are played
    beats : frames of the beats
    """
    size = max(_FEWEST, -(-len(beats) // _GROUPS))
    flux = [_rises(one) for one in (first, second)]
    apart = []
    for at in range(0, len(beats) - _FEWEST + 1, size):
        lags = [_lag(one, beats[at : at + size]) for one in flux]
        if lags[0] is not None and lags[1] is not None:
            apart.append(abs(lags[0] - lags[1]))
    return round(1000 * max(apart), 2) if apart else None


def _rises(audio: np.ndarray) -> np.ndarray:
    """By how much the sound gets louder from each hop to the next; its treble counts more."""
    mono = audio.mean(axis=1)
    sharp = np.diff(mono, prepend=mono[:1])
    hops = len(sharp) // _HOP
    level = np.sqrt((sharp[: hops * _HOP].reshape(hops, _HOP) ** 2).mean(axis=1))
    return np.maximum(np.diff(np.convolve(level, np.ones(3) / 3, "same"), prepend=0.0), 0.0)


def _lag(rises: np.ndarray, beats: Sequence[float]) -> float | None:
    """Seconds from the beats to where, over all of them, the sound rises most."""
    reach = round(_REACH * SAMPLE_RATE / _HOP)
    around = [
        rises[place - reach : place + reach + 1]
        for place in (round(beat / _HOP) for beat in beats)
        if place >= reach and place + reach < len(rises)
    ]
    if len(around) < _FEWEST - 1:
        return None
    course = np.sum([one / max(1e-9, float(one.max())) for one in around], axis=0)
    if course.max() < _CLEAR * course.mean():
        return None
    return (int(course.argmax()) - reach) * _HOP / SAMPLE_RATE
