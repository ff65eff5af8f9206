"""Which beat of the bar is the first, by where the sound changes most: sections begin on downbeats.

Harmony knows better, where it says anything: fills change the sound before a section begins.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from gpu_endpoints.analysis.mir.features import FRAME_FPS
from gpu_endpoints.analysis.mir.meter import NATS, Harmony, Reading

_SIDE_BEATS = 8
_APART = 3  # beats between two changes
_BEATS_A_CHANGE = 24
_FEWEST = 4
_NEARLY_ALL = 0.9


def counted_from_changes(reading: Reading, mel: np.ndarray, profiles: np.ndarray) -> Reading:
    """The same beats, counted from another one where nearly all great changes of sound fall on that.

    Parameters
    ----------
    mel : (duration * 10, bands), log power
    profiles : (duration * 10, 48), pitch classes, see `features.Features`
    """
    if len(reading.times) < _FEWEST * _BEATS_A_CHANGE or Harmony(profiles).gain(reading) > NATS:
        return reading
    change = _change(reading.times, mel)
    inside = range(_APART, len(change) - _APART)
    peaks = [n for n in inside if 0 < change[n] >= change[n - _APART : n + _APART + 1].max()]
    greatest = np.array(sorted(peaks, key=lambda n: -change[n])[: len(change) // _BEATS_A_CHANGE], int)
    if len(greatest) < _FEWEST:
        return reading
    share = np.bincount(reading.positions[greatest] - 1, change[greatest], reading.beats_per_bar)
    first = int(share.argmax())
    if first == 0 or share[first] < _NEARLY_ALL * share.sum():
        return reading
    return replace(reading, positions=(reading.positions - 1 - first) % reading.beats_per_bar + 1)


def _change(times: np.ndarray, mel: np.ndarray) -> np.ndarray:
    """How much the sound of the beats from each time on differs from that of as many before it; none at both ends."""
    summed = np.vstack([np.zeros((1, mel.shape[1])), np.cumsum(mel, axis=0, dtype=np.float64)])
    side = _SIDE_BEATS * float(np.median(np.diff(times)))
    before, at, after = (
        np.clip(np.round((times + shift) * FRAME_FPS).astype(int), 0, len(mel)) for shift in (-side, 0.0, side)
    )
    old, new = ((summed[b] - summed[a]) / np.maximum(1, b - a)[:, None] for a, b in ((before, at), (at, after)))
    change = np.sqrt(((new - old) ** 2).mean(axis=1))
    change[: _SIDE_BEATS - 1], change[1 - _SIDE_BEATS :] = 0.0, 0.0
    return change
