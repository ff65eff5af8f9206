"""What the WORLD vocoder (Morise et al., IEICE 2016) hears of a voice each 5 ms, and sound made of it again.

Envelopes are natural logarithms of power; by bands they are dB. Bands lie evenly on the mel scale between two
frequencies, the same for every sample rate, so that voices of any recording can be compared.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pyworld

PERIOD = 0.005  # seconds a frame
LOWEST_HZ, HIGHEST_HZ = 71.0, 1100.0  # of a voice's pitch
ANALYSIS_RATE = 24000  # at which voices are measured and learned
DB = 10 / np.log(10)  # of a natural logarithm of power
_SILENCE = 1e-14


@dataclass(frozen=True)
class Frames:
    """`f0` (frames,) in Hz, 0 where there is no pitch; `logs` (frames, bins), the logarithm of the spectral envelope;
    `aperiodicity` (frames, bins), the share of noise in amplitude, 0..1."""

    f0: np.ndarray
    logs: np.ndarray
    aperiodicity: np.ndarray
    rate: int

    def __len__(self) -> int:
        return len(self.f0)

    @property
    def voiced(self) -> np.ndarray:
        return self.f0 > 0

    @property
    def hertz(self) -> np.ndarray:
        """The frequency of each bin."""
        return np.linspace(0, self.rate / 2, self.logs.shape[1])

    @property
    def level(self) -> np.ndarray:
        """How loud each frame is, in dB."""
        return DB * np.log(np.exp(self.logs).mean(axis=1) + _SILENCE)


def analysed(mono: np.ndarray, rate: int, f0: np.ndarray) -> Frames:
    """
    Parameters
    ----------
    mono : (samples,)
    f0 : Hz each 5 ms, 0 where there is no pitch; `int(seconds / PERIOD) + 1` of them
    """
    sound = np.ascontiguousarray(mono, np.float64)
    refined = np.ascontiguousarray(np.where(f0 >= LOWEST_HZ, f0, 0.0), np.float64)
    times = np.arange(len(refined)) * PERIOD
    spectrum = pyworld.cheaptrick(sound, refined, times, rate)
    aperiodicity = pyworld.d4c(sound, refined, times, rate)
    return Frames(refined, np.log(spectrum + _SILENCE), aperiodicity, rate)


def sounded(frames: Frames) -> np.ndarray:
    """float64 (samples,) at the frames' rate."""
    return pyworld.synthesize(
        np.ascontiguousarray(frames.f0),
        np.ascontiguousarray(np.exp(frames.logs)),
        np.ascontiguousarray(np.clip(frames.aperiodicity, 0.0, 1.0)),
        frames.rate,
        1000 * PERIOD,
    )


def count(samples: int, rate: int) -> int:
    """How many frames so many samples have, counted as WORLD does."""
    return int(1000.0 * samples / rate / (1000 * PERIOD)) + 1


def mel(hertz: np.ndarray | float) -> np.ndarray:
    return 2595 * np.log10(1 + np.asarray(hertz) / 700)


def band_hertz(bands: int, low: float, high: float) -> np.ndarray:
    """The middle of each band."""
    return 700 * (10 ** (np.linspace(mel(low), mel(high), bands) / 2595) - 1)


def by_bands(logs: np.ndarray, rate: int, bands: int, low: float, high: float) -> np.ndarray:
    """(frames, bins) to dB (frames, bands): the mean of the logarithm under a triangle as wide as two bands. Bands
    above half the sample rate are as the highest that is known."""
    return (logs @ _triangles(logs.shape[1], rate, bands, low, high)) * DB


def over_bins(values: np.ndarray, bins: int, rate: int, low: float, high: float) -> np.ndarray:
    """dB by bands (…, bands) to logarithms by bins (…, bins); the outermost are held beyond the bands."""
    bands = values.shape[-1]
    hertz = np.linspace(0, rate / 2, bins)
    place = np.clip((mel(hertz) - mel(low)) / (mel(high) - mel(low)) * (bands - 1), 0, bands - 1)
    lower = np.minimum(place.astype(int), max(bands - 2, 0))
    share = place - lower
    return (values[..., lower] * (1 - share) + values[..., np.minimum(lower + 1, bands - 1)] * share) / DB


@lru_cache(maxsize=16)
def _triangles(bins: int, rate: int, bands: int, low: float, high: float) -> np.ndarray:
    """(bins, bands); each column sums to 1."""
    place = (mel(np.linspace(0, rate / 2, bins)) - mel(low)) / (mel(high) - mel(low)) * (bands - 1)
    weights = np.maximum(0.0, 1 - np.abs(place[:, None] - np.arange(bands)[None]))
    for band in range(bands):
        if weights[:, band].sum() < 1e-3:  # narrower than a bin, or above what the recording holds
            weights[:, band] = 0.0
            weights[int(np.abs(place - band).argmin()), band] = 1.0
    return weights / weights.sum(axis=0)
