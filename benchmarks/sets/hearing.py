"""Where the beats of two songs are in a blend of them, by ear: each song has tones of its own pitch on its beats."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy import fft, signal

from gpu_endpoints.audio.levels import SAMPLE_RATE

_NEAR = 0.06  # seconds either side of where a beat is to be
_WIDTH = 0.25  # of the pitch, either side
_LEAST = 0.05  # of the loudest tone, from which one is heard


def onsets(mono: np.ndarray, wanted: Sequence[float], hertz: float) -> np.ndarray:
    """Seconds from where each beat is to be to where its tone begins; NaN where none is heard.

    A tone begins where its band has risen to half of what it reaches.
    """
    band = (hertz * (1 - _WIDTH), hertz * (1 + _WIDTH))
    first = max(0, round((wanted[0] - 1) * SAMPLE_RATE))
    part = mono[first : round((wanted[-1] + 1) * SAMPLE_RATE)]
    sound = signal.sosfiltfilt(signal.butter(3, band, "band", fs=SAMPLE_RATE, output="sos"), part)
    envelope = np.abs(signal.hilbert(sound, fft.next_fast_len(len(sound))))[: len(sound)]
    reach = round(_NEAR * SAMPLE_RATE)
    heights, found = [], []
    for one in (time - first / SAMPLE_RATE for time in wanted):
        at = round(one * SAMPLE_RATE)
        here = envelope[max(0, at - reach) : at + reach]
        heights.append(float(here.max(initial=0.0)))
        rise = int(np.argmax(here >= 0.5 * heights[-1])) if len(here) else 0
        found.append((max(0, at - reach) + rise) / SAMPLE_RATE - one)
    heard = np.array(heights) >= _LEAST * max(heights, default=0.0)
    return np.where(heard, np.array(found), np.nan)
