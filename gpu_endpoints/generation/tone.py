"""Darker and brighter: a shelf at the sound's own spectral centre, so that it is heard on a bass as on a cymbal."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy import signal
from scipy.ndimage import uniform_filter1d

from gpu_endpoints.audio.levels import SAMPLE_RATE

_MOST_CUT_DB, _MOST_BOOST_DB = 24.0, 12.0
_FADE_SECONDS = 0.05
_FADE_SECONDS = 0.05
_LOWEST_HZ, _HIGHEST_HZ = 150.0, 8000.0


def shaded(audio: np.ndarray, brightness: float) -> np.ndarray:
    """float32 (frames, 2) made darker (below 0) or brighter (above), -1 to 1; 0 gives back what came."""
    if abs(brightness) < 0.02 or not np.abs(audio).max(initial=0.0):
        return audio
    corner = float(np.clip(_centre(audio), _LOWEST_HZ, _HIGHEST_HZ))
    gain_db = brightness * (_MOST_CUT_DB if brightness < 0 else _MOST_BOOST_DB)
    sections = signal.butter(1, corner, "high", fs=SAMPLE_RATE, output="sos")
    highs = np.asarray(signal.sosfilt(sections, audio, axis=0))
    return np.asarray(audio + (10 ** (gain_db / 20) - 1) * highs, np.float32)


def shaded_at(
    audio: np.ndarray, brightness: float, otherwise: Sequence[tuple[float, Sequence[tuple[float, float]]]]
) -> np.ndarray:
    """The same, with other brightnesses in some stretches of it (seconds), faded into each other."""
    found = shaded(audio, brightness)
    for other, stretches in otherwise:
        there = np.zeros(len(audio), np.float32)
        for start, end in stretches:
            first, last = (int(np.clip(at * SAMPLE_RATE, 0, len(audio))) for at in (start, end))
            there[first:last] = 1.0
        if not there.any():
            continue
        fade = uniform_filter1d(there, int(_FADE_SECONDS * SAMPLE_RATE), mode="nearest")[:, None]
        found = np.asarray(found * (1 - fade) + shaded(audio, other) * fade, np.float32)
    return found


def _centre(audio: np.ndarray) -> float:
    """The frequency in Hz that half of the power lies below."""
    frequencies, power = signal.welch(audio.mean(axis=1), SAMPLE_RATE, nperseg=4096)
    return float(frequencies[np.searchsorted(np.cumsum(power), power.sum() / 2)])
