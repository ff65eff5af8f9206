"""Hearing without learned networks, for deployments that may use nothing whose licence forbids commerce.

The same spectra as in `networks`; beats from how much they rise (spectral flux, Bello et al. 2005), pitch from the
spectrum itself. What that costs is in docs/accuracy.md.
"""

from __future__ import annotations

import numpy as np
from scipy.ndimage import maximum_filter1d, uniform_filter1d

from gpu_endpoints.analysis.mir import networks

_LEVEL_SECONDS, _PEAK_SECONDS = 8, 4
_FPS = 100
_SHARPNESS = 2.0
_MOST = 0.9
_DOWNBEAT_SHARE = 0.3  # of every onset: which of them are downbeats is told by harmony alone, see `meter`


def beat_activations(mono: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """As `networks.beat_activations`."""
    rises = networks.rises(mono)
    level = uniform_filter1d(rises, _LEVEL_SECONDS * _FPS, axis=0, mode="nearest")
    onset = (rises / (level + 0.05 * level.max(initial=1e-6) + 1e-9)).sum(axis=1)
    local = onset / (maximum_filter1d(onset, _PEAK_SECONDS * _FPS, mode="nearest") + 1e-9)
    is_peak = onset >= maximum_filter1d(onset, 5, mode="nearest")
    probability = _MOST * np.clip(local, 0, 1) ** _SHARPNESS * np.where(is_peak, 1.0, 0.3)
    both = np.stack([(1 - _DOWNBEAT_SHARE) * probability, _DOWNBEAT_SHARE * probability], axis=1)
    return both.astype(np.float32), rises


def pitch_profiles(mono: np.ndarray) -> np.ndarray:
    """As `networks.pitch_profiles`, with the spectrum's own pitch classes in deep chroma's place."""
    folded = networks.spectral_profiles(mono)
    return np.hstack([folded[:, :12], folded]).astype(np.float32)
