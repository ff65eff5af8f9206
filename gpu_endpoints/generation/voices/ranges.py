"""Where a melody lies in a voice's range, and by how many octaves it is moved to lie better.

A measured range is of what was heard, often speech: a voice sings half an octave above it, and a little below.
"""

from __future__ import annotations

import numpy as np

from ripieno.contracts.voices import VoiceProfile

OCTAVE = 12
_ABOVE, _BELOW = 0.5, 0.15  # octaves that a voice sings beyond what was heard of it
_MOST_OCTAVES = 2
MUCH = 0.2  # of a melody: more beyond the range is told
_AS_WELL = 0.05  # of the melody: so much better it has to lie, to be moved
_HALF_OCTAVES = 0.25  # of the weight of lying far from the middle of the voice


def octaves(hertz: np.ndarray, profile: VoiceProfile, weights: np.ndarray | None = None) -> int:
    """Semitones, whole octaves of them, that bring a melody into the voice's range; 0 where it lies well.

    Parameters
    ----------
    hertz : what is sung, (n,); `weights` is how long each is
    """
    sung = hertz > 0
    if not sung.any():
        return 0
    places = np.log2(hertz[sung])
    shares = np.ones(len(places)) if weights is None else weights[sung]
    shares = shares / shares.sum()
    best = min(
        range(-_MOST_OCTAVES, _MOST_OCTAVES + 1), key=lambda by: (_cost(places + by, shares, profile, by), abs(by))
    )
    return OCTAVE * best


def outside(hertz: np.ndarray, profile: VoiceProfile) -> float:
    """The share of what is sung that lies beyond what the voice can be thought to sing."""
    sung = hertz[hertz > 0]
    if not len(sung):
        return 0.0
    low, high = _limits(profile)
    places = np.log2(sung)
    return float(((places < low) | (places > high)).mean())


def _cost(places: np.ndarray, weights: np.ndarray, profile: VoiceProfile, by: int) -> float:
    low, high = _limits(profile)
    beyond = np.maximum(0.0, low - places) + np.maximum(0.0, places - high)
    middle = abs(float(np.average(places, weights=weights)) - (low + high) / 2)
    return float((beyond * weights).sum()) + _HALF_OCTAVES * max(0.0, middle - 0.5) + _AS_WELL * abs(by)


def _limits(profile: VoiceProfile) -> tuple[float, float]:
    return float(np.log2(profile.lowest)) - _BELOW, float(np.log2(profile.highest)) + _ABOVE
