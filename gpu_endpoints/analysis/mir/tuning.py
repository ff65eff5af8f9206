"""Tuning: by how much the recording's pitches deviate from equal temperament at A4 = 440 Hz.

The deviations of interpolated spectral peaks are collected in a histogram of one cent a bin, weighted by level; their
circular mean is the tuning (as librosa.estimate_tuning, but weighted, in chunks, and to a fraction of a cent).
"""

from __future__ import annotations

import numpy as np
from scipy.fft import rfft

BINS = 100
_FFT = 16384
_HOP = 8192
_LOWEST, _HIGHEST = 120.0, 2500.0
_PEAKS_PER_FRAME = 12
_FLOOR_DB = 40.0


class TuningHistogram:
    """Collects deviations, -50 to 50 cents, over any number of chunks."""

    def __init__(self, rate: int):
        self._rate = rate
        self._window = np.hanning(_FFT + 1)[:-1].astype(np.float32)
        self.counts = np.zeros(BINS)

    def add(self, mono: np.ndarray) -> None:
        if len(mono) < _FFT:
            return
        frames = np.lib.stride_tricks.sliding_window_view(mono, _FFT)[::_HOP]
        low, high = int(_LOWEST * _FFT / self._rate), int(_HIGHEST * _FFT / self._rate)
        level = np.abs(np.asarray(rfft(frames * self._window, axis=1)))[:, low - 1 : high + 1]
        log_level = np.log(level + 1e-12)
        left, middle, right = log_level[:, :-2], log_level[:, 1:-1], log_level[:, 2:]
        loudest = middle.max(axis=1, keepdims=True)
        is_peak = (middle > left) & (middle >= right) & (middle > loudest - _FLOOR_DB * np.log(10) / 20)
        ranked = np.where(is_peak, middle, -np.inf)
        threshold = -np.sort(-ranked, axis=1)[:, _PEAKS_PER_FRAME - 1 : _PEAKS_PER_FRAME]
        frame, column = np.nonzero(is_peak & (ranked >= threshold))
        a, b, c = left[frame, column], middle[frame, column], right[frame, column]
        offset = 0.5 * (a - c) / (a - 2 * b + c - 1e-12)
        frequency = (column + low + offset) * self._rate / _FFT
        cents = 1200 * np.log2(frequency / 440.0)
        deviation = (cents + 50) % 100 - 50
        weight = np.sqrt(np.exp(b - loudest[frame, 0]) * np.exp(np.minimum(0, loudest[frame, 0])))
        self.counts += np.bincount(((deviation + 50) % 100).astype(int), weight, BINS)


def estimate(counts: np.ndarray) -> tuple[float | None, float]:
    """A4 in Hz and the confidence in it; (None, 0) where nothing pitched sounds.

    The confidence is how narrowly the deviations gather: the length of their mean as unit vectors.
    """
    total = counts.sum()
    if total <= 1e-9:
        return None, 0.0
    smooth = np.convolve(np.concatenate([counts[-5:], counts, counts[:5]]), np.hanning(11), "same")[5:-5]
    centre = int(np.argmax(smooth))
    around = np.arange(-15, 16)
    weight = counts[(centre + around) % BINS]
    cents = centre + 0.5 + float((around * weight).sum() / max(weight.sum(), 1e-12)) - 50
    angles = 2 * np.pi * np.arange(BINS) / BINS
    confidence = float(np.abs((counts * np.exp(1j * angles)).sum()) / total)
    cents = (cents + 50) % 100 - 50
    return 440.0 * 2 ** (cents / 1200), confidence
