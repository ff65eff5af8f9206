"""How loud audio is: its peak, its loudness after ITU-R BS.1770-4 and the range of that, measured as it streams by."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from scipy import signal

SAMPLE_RATE = 44100  # of everything that is made here
CEILING = 10 ** (-1 / 20)  # -1 dBFS: what a loudness target may raise peaks to, and a mix may reach
SILENT = 1e-6
_BLOCK_SECONDS, _STEP = 0.4, 0.25  # shorter sounds have no loudness; blocks begin a quarter of one apart
_ABSOLUTE_GATE, _RELATIVE_GATE = -70.0, -10.0  # LUFS, LU
_SHORT_TERM_STEPS, _LEAST_STEPS, _RANGE_GATE = 30, 100, -20.0  # three and ten seconds; LU
_FEED_SECONDS = 10


class LevelMeter:
    """Peak (linear) and integrated loudness of a stream of float32 blocks (frames, channels), in little memory.

    Equal to `pyloudnorm.Meter(rate).integrated_loudness` of the whole (tested).
    """

    def __init__(self, rate: int, channels: int = 2):
        self.peak, self.frames = 0.0, 0
        self._rate = rate
        self._filter = _k_weighting(rate)
        self._state = np.zeros((len(self._filter), channels, 2))
        self._steps: list[float] = []  # energy of each finished quarter of a block
        self._begun = 0.0

    def add(self, block: np.ndarray) -> None:
        if not len(block):
            return
        self.peak = max(self.peak, float(block.max()), -float(block.min()))
        weighted, self._state = signal.sosfilt(
            self._filter, np.ascontiguousarray(block.T, dtype=np.float64), axis=1, zi=self._state
        )
        energy = np.einsum("cn,cn->n", weighted, weighted)
        done = 0
        while (edge := self._edge(len(self._steps) + 1) - self.frames) <= len(block):
            self._steps.append(self._begun + float(energy[done:edge].sum()))
            self._begun, done = 0.0, edge
        self._begun += float(energy[done:].sum())
        self.frames += len(block)

    def loudness(self, gain: float = 1.0) -> float | None:
        """LUFS, of what was heard times `gain`; None for silence and what is too short to have a loudness."""
        if self.frames < _BLOCK_SECONDS * self._rate or self.peak <= SILENT:
            return None
        count = int(np.round((self.frames / self._rate - _BLOCK_SECONDS) / (_BLOCK_SECONDS * _STEP)) + 1)
        steps = np.array([*self._steps, self._begun, 0.0, 0.0, 0.0, 0.0]) * gain**2
        power = np.convolve(steps, np.ones(4), "valid")[:count] / (_BLOCK_SECONDS * self._rate)
        levels = _lufs(power)
        heard = power[levels >= _ABSOLUTE_GATE]
        if not len(heard):
            return None
        gate = float(_lufs(heard.mean())) + _RELATIVE_GATE
        return float(_lufs(power[(levels > gate) & (levels > _ABSOLUTE_GATE)].mean()))

    def loudness_range(self) -> float | None:
        """LU (EBU Tech 3342): from the quiet three seconds to the loud ones; None for less than ten seconds."""
        steps = np.array(self._steps)
        if len(steps) < _LEAST_STEPS or self.peak <= SILENT:
            return None
        power = np.convolve(steps, np.ones(_SHORT_TERM_STEPS), "valid") / (3.0 * self._rate)
        heard = power[_lufs(power) >= _ABSOLUTE_GATE]
        if not len(heard):
            return None
        levels = _lufs(heard)
        levels = levels[levels >= float(_lufs(heard.mean())) + _RANGE_GATE]
        low, high = np.percentile(levels, (10, 95))
        return float(high - low)

    def _edge(self, number: int) -> int:
        return int(_BLOCK_SECONDS * (number * _STEP) * self._rate)


def loudness(audio: np.ndarray, rate: int) -> float | None:
    """Integrated loudness in LUFS of float32 (frames, channels); None where it has none."""
    return _metered(audio, rate).loudness()


def levels(audio: np.ndarray, rate: int = SAMPLE_RATE) -> tuple[float, float | None]:
    """Peak (linear) and integrated loudness (LUFS), rounded as they are told."""
    meter = _metered(audio, rate)
    return rounded(meter.peak, meter.loudness())


def rounded(peak: float, lufs: float | None) -> tuple[float, float | None]:
    return round(peak, 4), None if lufs is None else round(lufs, 2)


def _metered(audio: np.ndarray, rate: int) -> LevelMeter:
    meter = LevelMeter(rate, audio.shape[1])
    for start in range(0, len(audio), _FEED_SECONDS * rate):
        meter.add(audio[start : start + _FEED_SECONDS * rate])
    return meter


def _lufs(power: np.ndarray) -> np.ndarray:
    with np.errstate(divide="ignore"):
        return -0.691 + 10 * np.log10(power)


@lru_cache(maxsize=8)
def _k_weighting(rate: int) -> np.ndarray:
    """Second-order sections: a high shelf of 4 dB at 1.5 kHz and a high-pass at 38 Hz (Audio EQ Cookbook)."""
    amplitude = 10 ** (4.0 / 40)
    angle = 2 * np.pi * 1500.0 / rate
    alpha, cosine = np.sin(angle) / np.sqrt(2), np.cos(angle)  # Q of 1 / sqrt 2
    more, less, root = amplitude + 1, amplitude - 1, 2 * np.sqrt(amplitude) * alpha
    shelf = [
        amplitude * (more + less * cosine + root),
        -2 * amplitude * (less + more * cosine),
        amplitude * (more + less * cosine - root),
        more - less * cosine + root,
        2 * (less - more * cosine),
        more - less * cosine - root,
    ]
    angle = 2 * np.pi * 38.0 / rate
    alpha, cosine = np.sin(angle), np.cos(angle)  # Q of 0.5
    high_pass = [(1 + cosine) / 2, -(1 + cosine), (1 + cosine) / 2, 1 + alpha, -2 * cosine, 1 - alpha]
    sections = np.array([shelf, high_pass])
    return sections / sections[:, 3:4]
