"""Pitch-class profiles of a log-frequency spectrum: as it is, without overtones, and of the bass alone.

Deep chroma hears triads well and little else; what tells a seventh or a minor third from an overtone of the root is the
spectrum itself, once what the third, fifth and sixth partials of lower notes explain is taken off.
"""

from __future__ import annotations

import numpy as np

_PARTIALS = ((3, 0.6), (5, 0.6), (6, 0.4), (7, 0.4))
_BASS_BELOW_HZ = 210.0


def profiles(level: np.ndarray, frequencies: np.ndarray) -> np.ndarray:
    """Fold a spectrum into pitch classes.

    Parameters
    ----------
    level : (frames, bands), log magnitudes, 0 where nothing sounds
    frequencies : (bands,), the bands' centres in Hz, ascending

    Returns
    -------
    (frames, 36) : overtones and all, without overtones, and the bass; each 12 classes from C with a maximum of 1
    """
    whitened = np.maximum(level - np.median(level, axis=1, keepdims=True), 0)
    explained = np.zeros_like(whitened)
    for partial, share in _PARTIALS:
        lower = np.abs(np.log2(frequencies[:, None] / partial / frequencies[None, :]))
        source, distance = lower.argmin(axis=1), lower.min(axis=1)
        reached = distance < 1 / 36
        explained[:, reached] = np.maximum(explained[:, reached], share * whitened[:, source[reached]])
    fundamental = np.maximum(whitened - explained, 0)
    pitch = 69 + 12 * np.log2(frequencies / 440.0)
    fold = np.maximum(0, 1 - np.abs((pitch[:, None] - np.arange(12)[None, :] + 6) % 12 - 6))
    low = frequencies < _BASS_BELOW_HZ
    folded = [whitened @ fold, fundamental @ fold, whitened[:, low] @ fold[low]]
    return np.hstack([one / np.maximum(one.max(axis=1, keepdims=True), 0.5) for one in folded])
