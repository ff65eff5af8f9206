"""What the conversion network is told of sung frames, and how what it tells becomes frames again.

It is told what is said and not who says it: the spectral envelope by mel bands, without its level and without the
speaker's mean; how loud, how high, whether voiced. It tells the envelope and the breath of its own voice.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy.ndimage import gaussian_filter1d, uniform_filter1d

from gpu_endpoints.generation.voices import frames
from gpu_endpoints.generation.voices.frames import Frames

BANDS, LOW, HIGH = 64, 60.0, 10000.0
NOISE_BANDS, NOISE_LOW, NOISE_HIGH = 8, 500.0, 8000.0
INPUTS = BANDS + 3
OUTPUTS = BANDS + NOISE_BANDS
SCALE_DB = 20.0  # so that what the network sees is about 1
_MOST_DB = 24.0  # that an envelope is moved by
_SMOOTH_FRAMES = 1.5
_FADE_FRAMES = 5
_FLOOR_DB = -60.0  # a frame's bands below its mean: silence has no shape


@dataclass(frozen=True)
class Heard:
    """`shape` (frames, 64) in dB, each frame's mean 0; `level` dB of each frame; `noise` (frames, 8), 0..1."""

    shape: np.ndarray
    level: np.ndarray
    noise: np.ndarray
    f0: np.ndarray

    @property
    def voiced(self) -> np.ndarray:
        return self.f0 > 0

    def part(self, first: int, last: int) -> Heard:
        here = slice(first, last)
        return Heard(self.shape[here], self.level[here], self.noise[here], self.f0[here])


def heard(sung: Frames) -> Heard:
    bands = frames.by_bands(sung.logs, sung.rate, BANDS, LOW, HIGH)
    level = bands.mean(axis=1)
    shape = np.maximum(bands - level[:, None], _FLOOR_DB)
    low, high = (round(at / (sung.rate / 2) * (sung.logs.shape[1] - 1)) for at in (NOISE_LOW, NOISE_HIGH))
    parts = np.array_split(np.arange(low, min(high, sung.logs.shape[1] - 1) + 1), NOISE_BANDS)
    noise = np.stack([sung.aperiodicity[:, one].mean(axis=1) for one in parts], axis=1)
    return Heard(shape.astype(np.float32), level.astype(np.float32), noise.astype(np.float32), sung.f0)


def mean_shape(parts: list[Heard]) -> np.ndarray:
    """(64,): what a speaker sounds like on the whole."""
    voiced = [one.shape[one.voiced] for one in parts if one.voiced.any()]
    return np.concatenate(voiced).mean(axis=0) if voiced else np.zeros(BANDS, np.float32)


def inputs(said: Heard, mean: np.ndarray, loud: float) -> np.ndarray:
    """float32 (67, frames): the shape without the speaker's mean, level below `loud`, pitch in octaves about 200 Hz,
    and whether there is one."""
    voiced = said.voiced
    pitch = np.where(voiced, np.log2(np.maximum(said.f0, 1.0) / 200.0), 0.0)
    level = np.clip((said.level - loud) / SCALE_DB, -3, 1)
    return np.concatenate([(said.shape - mean).T / SCALE_DB, [level, pitch, voiced]]).astype(np.float32)


def loudness(parts: list[Heard]) -> float:
    """The level of the loud frames."""
    levels = [one.level[one.voiced] for one in parts if one.voiced.any()]
    return float(np.percentile(np.concatenate(levels), 90)) if levels else 0.0


def applied(sung: Frames, said: Heard, told: np.ndarray, *, strength: float) -> Frames:
    """Frames with the envelope and the noise that the network told, (72, frames); what lies between bands and above
    them is the singer's own."""
    shape = told[:BANDS].T * SCALE_DB
    move = np.clip(shape - said.shape, -_MOST_DB, _MOST_DB)
    move = gaussian_filter1d(move, _SMOOTH_FRAMES, axis=0)
    bins = sung.logs.shape[1]
    logs = sung.logs + strength * frames.over_bins(move, bins, sung.rate, LOW, HIGH)
    before = np.log(np.exp(sung.logs).mean(axis=1, keepdims=True))
    logs += before - np.log(np.exp(logs).mean(axis=1, keepdims=True))
    share = strength * uniform_filter1d(said.voiced.astype(float), _FADE_FRAMES)[:, None]
    place = np.interp(sung.hertz, np.linspace(NOISE_LOW, NOISE_HIGH, NOISE_BANDS), np.arange(NOISE_BANDS))
    lower = np.minimum(place.astype(int), NOISE_BANDS - 2)
    part = place - lower
    bands = np.clip(told[BANDS:].T, 0.0, 1.0)
    wanted = bands[:, lower] * (1 - part) + bands[:, lower + 1] * part
    rises = np.clip(sung.hertz / NOISE_LOW, 0.0, 1.0)  # the lowest harmonics have next to no noise
    aperiodicity = np.where(
        said.voiced[:, None], (1 - share) * sung.aperiodicity + share * wanted * rises, sung.aperiodicity
    )
    return replace(sung, logs=logs, aperiodicity=aperiodicity)
