"""A mix brought nearer to how a reference sounds: its balance in bands of a third of an octave, and its loudness.

The difference of the two long-term spectra, smoothed over neighbouring bands and bounded, becomes a filter of minimum
phase, so that nothing is moved in time (as matching equalisers do; Ma, Reiss and Black, AES 134, 2013).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
from scipy import signal

from gpu_endpoints.audio.levels import SAMPLE_RATE, LevelMeter

MOST_DB = 6.0
_WINDOW = 8192
_LOWEST_HZ, _HIGHEST_HZ = 50.0, 14000.0
_BANDS = np.geomspace(_LOWEST_HZ, _HIGHEST_HZ, 25)  # their centres, a third of an octave apart
_HALF_BAND = 2 ** (1 / 6)
_FLOOR_DB = 55.0  # below the loudest band nothing is told apart from silence
_TAPS = 2049
_LOUDEST_LUFS, _QUIETEST_LUFS = -8.0, -24.0


class Balance:
    """The long-term spectrum of a stream, and its loudness."""

    def __init__(self):
        self._power = np.zeros(_WINDOW // 2 + 1)
        self._meter = LevelMeter(SAMPLE_RATE)

    def add(self, block: np.ndarray) -> None:
        """float32 (frames, 2) at 44.1 kHz."""
        self._meter.add(block)
        if len(block) >= _WINDOW:
            _, power = signal.welch(block.mean(axis=1), SAMPLE_RATE, nperseg=_WINDOW)
            self._power += power * len(block)

    @property
    def loudness_lufs(self) -> float | None:
        return self._meter.loudness()

    @property
    def bands_db(self) -> np.ndarray | None:
        """The level of each band, None for silence."""
        if not self._power.any():
            return None
        hertz = np.arange(len(self._power)) * SAMPLE_RATE / _WINDOW
        inside = [(hertz >= centre / _HALF_BAND) & (hertz < centre * _HALF_BAND) for centre in _BANDS]
        return 10 * np.log10(np.array([self._power[one].mean() if one.any() else 0.0 for one in inside]) + 1e-20)


class Match:
    """What brings a mix nearer to a reference."""

    def __init__(self, mix: Balance, reference: Balance):
        self._wanted = reference.loudness_lufs
        self.gains_db = _gains(mix.bands_db, reference.bands_db)
        self._taps = _filter(self.gains_db)

    def loudness_lufs(self, otherwise: float) -> float:
        """The reference's, where it has one that a master may have."""
        return otherwise if self._wanted is None else float(np.clip(self._wanted, _QUIETEST_LUFS, _LOUDEST_LUFS))

    @property
    def remark(self) -> str:
        at = f"{self._wanted:.1f} LUFS" if self._wanted is not None else "silent"
        return f"matched to the reference ({at}): by at most {np.abs(self.gains_db).max():.1f} dB in any band"

    def through(self, blocks: Iterable[np.ndarray]) -> Iterator[np.ndarray]:
        """A stream of float32 (frames, 2) with the reference's balance; as long as it came."""
        before = np.zeros((len(self._taps) - 1, 2), np.float32)
        for block in blocks:
            if not len(block):
                continue
            whole = np.concatenate([before, block])
            before = whole[-(len(self._taps) - 1) :]
            yield np.asarray(signal.oaconvolve(whole, self._taps[:, None], mode="valid", axes=0), np.float32)


def _gains(mix: np.ndarray | None, reference: np.ndarray | None) -> np.ndarray:
    """dB for each band: their difference, apart from how loud they are."""
    if mix is None or reference is None:
        return np.zeros(len(_BANDS))
    apart = np.maximum(reference, reference.max() - _FLOOR_DB) - np.maximum(mix, mix.max() - _FLOOR_DB)
    apart -= np.median(apart)
    smooth = np.convolve(np.pad(apart, 1, mode="edge"), (0.25, 0.5, 0.25), "valid")
    return np.clip(smooth, -MOST_DB, MOST_DB)


def _filter(gains_db: np.ndarray) -> np.ndarray:
    """Taps of minimum phase; `signal.minimum_phase` takes the root of the magnitude it is given."""
    hertz = np.array([0.0, *_BANDS, SAMPLE_RATE / 2])
    squared = 10 ** (np.array([gains_db[0], *gains_db, gains_db[-1]]) / 10)
    linear = signal.firwin2(_TAPS, hertz, squared, fs=SAMPLE_RATE)
    return np.asarray(signal.minimum_phase(linear, method="homomorphic"), np.float64)
