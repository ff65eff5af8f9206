"""The pitch classes of a recording, by the peaks of its spectrum alone; no networks."""

from __future__ import annotations

import numpy as np

from gpu_endpoints.audio import spectra
from gpu_endpoints.audio.levels import SAMPLE_RATE

WINDOW, HOP = 16384, 4096
_LOWEST_HZ, _HIGHEST_HZ = 32.0, 2100.0
MAJOR = np.array([6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88])
MINOR = np.array([6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17])
"""How well each pitch class fits a key with the tonic C (Krumhansl and Kessler 1982)."""


def chroma(mono: np.ndarray, tuning: float) -> np.ndarray:
    """Energy of the pitch classes from C, (frames, 12), a frame each 4096 samples, for A4 at `tuning` Hz.

    Spectral peaks alone count, at the frequency a parabola through each gives (Smith and Serra, ICMC 1987).
    """
    low, high = (round(hertz * WINDOW / SAMPLE_RATE) for hertz in (_LOWEST_HZ, _HIGHEST_HZ))
    heard = list(spectra.blocks(mono, WINDOW, HOP, slice(low - 1, high + 1)))
    power = np.concatenate(heard).T.astype(np.float64) ** 2
    levels = np.log(power + 1e-20)
    left, centre, right = levels[:-2], levels[1:-1], levels[2:]
    row, frame = np.nonzero((centre > left) & (centre >= right) & (power[1:-1] > 1e-6 * power.max(initial=1e-20)))
    a, b, c = left[row, frame], centre[row, frame], right[row, frame]
    frequency = (low + row + 0.5 * (a - c) / (a - 2 * b + c)) * SAMPLE_RATE / WINDOW
    pitch_class = np.round(69 + 12 * np.log2(frequency / tuning)).astype(int) % 12
    found = np.zeros((power.shape[1], 12))
    np.add.at(found, (frame, pitch_class), power[1:-1][row, frame])
    return found


def how_minor(shares: np.ndarray) -> float:
    """By how much the mean of the roots of the pitch classes' energies, (12,), correlates better with some minor key
    than with any major one."""
    if shares.std() <= 0:
        return 0.0
    best = [
        max(np.corrcoef(shares, np.roll(profile, tonic))[0, 1] for tonic in range(12)) for profile in (MINOR, MAJOR)
    ]
    return float(best[0] - best[1])
