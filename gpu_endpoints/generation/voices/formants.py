"""The resonances of a vocal tract, from spectral envelopes: all-pole models by autocorrelation (Makhoul 1975).

WORLD's envelope is free of harmonics, so that a high voice's formants are not drawn to them.
"""

from __future__ import annotations

import numpy as np

from gpu_endpoints.generation.voices.frames import Frames

FORMANTS = 4
_BELOW_HZ = 5500.0
_ORDER = 12
_LEAST_HZ, _WIDEST_HZ = 180.0, 600.0
_MOST_FRAMES = 4000
_LEAST_FRAMES = 20


def of_frames(frames: Frames) -> np.ndarray:
    """(voiced frames, 4) in Hz, NaN where one is not found; of at most 4000 voiced frames, evenly chosen."""
    voiced = np.flatnonzero(frames.voiced)
    if not len(voiced):
        return np.zeros((0, FORMANTS))
    chosen = voiced[np.linspace(0, len(voiced) - 1, min(len(voiced), _MOST_FRAMES)).astype(int)]
    loud = frames.level[chosen]
    chosen = chosen[loud >= np.percentile(loud, 95) - 25.0]
    return of_envelopes(frames.logs[chosen], frames.rate)


def of_envelopes(logs: np.ndarray, rate: int) -> np.ndarray:
    """(frames, bins) to (frames, 4) in Hz, NaN where one is not found."""
    bins = logs.shape[1]
    kept = min(bins, round(_BELOW_HZ / (rate / 2) * (bins - 1)) + 1)
    nyquist = (kept - 1) / (bins - 1) * rate / 2
    hertz = np.linspace(0, nyquist, kept)
    power = np.exp(logs[:, :kept] - logs[:, :kept].max(axis=1, keepdims=True))
    power = power * (1 + (hertz / 500.0) ** 2)  # pre-emphasis: a voice falls 6 dB an octave
    lags = np.fft.irfft(power, axis=1)[:, : _ORDER + 1]
    lags[:, 0] *= 1 + 1e-6
    near = np.abs(np.subtract.outer(np.arange(_ORDER), np.arange(_ORDER)))
    poles = np.linalg.solve(lags[:, near], -lags[:, 1:, None])[..., 0]
    companion = np.zeros((len(logs), _ORDER, _ORDER))
    companion[:, 0, :] = -poles
    companion[:, np.arange(1, _ORDER), np.arange(_ORDER - 1)] = 1.0
    roots = np.linalg.eigvals(companion)
    at = np.angle(roots) * nyquist / np.pi
    width = -np.log(np.maximum(np.abs(roots), 1e-9)) * nyquist / np.pi
    is_one = (roots.imag > 1e-6) & (at > _LEAST_HZ) & (at < 0.96 * nyquist) & (width < _WIDEST_HZ)
    found = np.sort(np.where(is_one, at, np.inf), axis=1)[:, :FORMANTS]
    return np.where(np.isfinite(found), found, np.nan)


def usual(found: np.ndarray) -> list[float]:
    """The medians of frames in which all four were found; empty where there are too few."""
    whole = found[np.isfinite(found).all(axis=1)]
    if len(whole) < _LEAST_FRAMES:
        return []
    return [round(float(one), 1) for one in np.median(whole, axis=0)]
