"""A look-ahead peak limiter that does nothing below its ceiling: no make-up gain, no compression before it.

The attenuation that the loudest channel needs is held over the time to come, let go at so many dB a second, and
smoothed over as long as it looks ahead: it has arrived when the peak does, so nothing is ever over the ceiling.
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


def limited(blocks: Iterable[np.ndarray], gain_db: float, ceiling_db: float) -> Iterator[np.ndarray]:
    """A stream of float32 (frames, channels) raised by `gain_db` and held under `ceiling_db`; as long as it came."""
    gain, ceiling = np.float32(10 ** (gain_db / 20)), 10 ** (ceiling_db / 20)
    waiting: np.ndarray | None = None  # samples whose future is not known yet; first a silence to begin softly in
    before, silence = np.zeros(_AHEAD), _AHEAD
    for block in blocks:
        if waiting is None:
            waiting = np.zeros((_AHEAD, block.shape[1]), np.float32)
        waiting = np.concatenate([waiting, block * gain])
        if len(waiting) > _AHEAD:
            known, waiting, before = _held(waiting, before, ceiling)
            yield known[silence:]
            silence = max(0, silence - len(known))
    if waiting is not None:
        ended = np.concatenate([waiting, np.zeros((_AHEAD, waiting.shape[1]), np.float32)])
        yield _held(ended, before, ceiling)[0][silence:]


def _held(audio: np.ndarray, before: np.ndarray, ceiling: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """All but the last `_AHEAD` samples, held; those; and the attenuation before them, in dB."""
    needed = 20 * np.log10(np.maximum(reduce(np.maximum, np.abs(audio).T) / ceiling, 1.0))
    coming = maximum_filter1d(needed, _AHEAD + 1, mode="constant", origin=-(_AHEAD // 2))[:-_AHEAD]
    falling = np.arange(1, len(coming) + 1) * _RELEASE_DB
    released = np.maximum.accumulate(np.append(before[-1], coming + falling))[1:] - falling
    course = np.concatenate([before, released])
    sums = np.cumsum(np.append(0.0, course))
    smooth = (sums[_AHEAD + 1 :] - sums[1:-_AHEAD]) / _AHEAD
    factor = np.minimum(10 ** (-smooth / 20), 1.0).astype(np.float32)
    return audio[:-_AHEAD] * factor[:, None], audio[-_AHEAD:], course[-_AHEAD:]
