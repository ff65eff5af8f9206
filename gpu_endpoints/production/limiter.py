"""A look-ahead peak limiter that does nothing below its ceiling: no make-up gain, no compression before it.

The attenuation that the loudest channel needs is held over the time to come, let go at so many dB a second, and
smoothed over as long as it looks ahead: it has arrived when the peak does, so nothing is ever over the ceiling. Peaks
are those of the waveform, also between samples (true peaks, ITU-R BS.1770-4 annex 2: at four times the rate).
(JUCE's limiter, which is pedalboard's, is a 4:1 compressor from -10 dBFS on with make-up gain, then a limiter.)
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import reduce

import numpy as np
from scipy.ndimage import maximum_filter1d

from gpu_endpoints.audio.levels import SAMPLE_RATE

_AHEAD = 220  # samples, 5 ms; an even number
_RELEASE_DB = 60.0 / SAMPLE_RATE  # a sample
_REACH = 12  # samples either side from which the waveform between two is known
_PHASES = (0.25, 0.5, 0.75)
_MOST_BETWEEN = 0.6  # of the ceiling: between samples that lie lower no peak reaches it


def limited(blocks: Iterable[np.ndarray], gain_db: float, ceiling_db: float) -> Iterator[np.ndarray]:
    """A stream of float32 (frames, channels) raised by `gain_db` and held under `ceiling_db`; as long as it came."""
    gain, ceiling = np.float32(10 ** (gain_db / 20)), 10 ** (ceiling_db / 20)
    waiting: np.ndarray | None = None  # samples whose future is not known yet; first a silence to begin softly in
    past = np.zeros((0, 0), np.float32)
    before, silence = np.zeros(_AHEAD), _AHEAD
    for block in blocks:
        if waiting is None:
            waiting = np.zeros((_AHEAD, block.shape[1]), np.float32)
            past = np.zeros((_REACH, block.shape[1]), np.float32)
        waiting = np.concatenate([waiting, block * gain])
        if len(waiting) > _AHEAD + _REACH:
            known, past, waiting, before = _held(past, waiting, before, ceiling)
            yield known[silence:]
            silence = max(0, silence - len(known))
    if waiting is not None:
        ended = np.concatenate([waiting, np.zeros((_AHEAD + _REACH, waiting.shape[1]), np.float32)])
        yield _held(past, ended, before, ceiling)[0][silence:]


def true_peaks(audio: np.ndarray, least: float) -> np.ndarray:
    """The highest the waveform is from each sample to the next, (frames,), of float32 (frames, channels); right where
    it is above `least` and for all but the samples within `_REACH` of either end, which have none beyond themselves."""
    peaks = reduce(np.maximum, np.abs(audio).T)
    near = np.flatnonzero(np.maximum(peaks[:-1], peaks[1:]) > _MOST_BETWEEN * least)
    near = near[(near >= _REACH - 1) & (near < len(audio) - _REACH)]
    if len(near):
        around = np.lib.stride_tricks.sliding_window_view(audio, 2 * _REACH, axis=0)[near - _REACH + 1]
        between = np.abs(around @ _INTERPOLATION).max(axis=(1, 2))
        peaks[near] = np.maximum(peaks[near], between)
    return peaks


def _held(
    past: np.ndarray, audio: np.ndarray, before: np.ndarray, ceiling: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """All but what has to wait, held; the samples before that; it; and the attenuation before it, in dB."""
    known = len(audio) - _AHEAD - _REACH
    peaks = true_peaks(np.concatenate([past, audio]), ceiling)[_REACH : len(past) + len(audio) - _REACH]
    needed = 20 * np.log10(np.maximum(peaks / ceiling, 1.0))
    coming = maximum_filter1d(needed, _AHEAD + 1, mode="constant", origin=-(_AHEAD // 2))[:-_AHEAD]
    falling = np.arange(1, len(coming) + 1) * _RELEASE_DB
    released = np.maximum.accumulate(np.append(before[-1], coming + falling))[1:] - falling
    course = np.concatenate([before, released])
    sums = np.cumsum(np.append(0.0, course))
    smooth = (sums[_AHEAD + 1 :] - sums[1:-_AHEAD]) / _AHEAD
    factor = np.minimum(10 ** (-smooth / 20), 1.0).astype(np.float32)
    rest = np.concatenate([past, audio[:known]])[-_REACH:]
    return audio[:known] * factor[:, None], rest, audio[known:], course[-_AHEAD:]


def _interpolation() -> np.ndarray:
    """From the samples around a gap to the waveform at some places in it, (2 x reach, phases): a windowed sinc."""
    at = np.arange(-_REACH + 1, _REACH + 1)[:, None] - np.array(_PHASES)
    return np.asarray(np.sinc(at) * np.cos(np.pi * at / (2 * _REACH + 1)) ** 2, np.float32)


_INTERPOLATION = _interpolation()
