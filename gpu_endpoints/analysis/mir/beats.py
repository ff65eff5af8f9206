"""Beats, meter and tempo: the tracker's paths, the best reading of them, and times between frames."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gpu_endpoints.analysis.mir import bar_pointer, meter, phase
from gpu_endpoints.analysis.mir.features import Features

_METERS = (3, 4, 5)
_COMPOUND = {2: "6/8", 3: "9/8", 4: "12/8"}
_FEWEST_BEATS = 4


@dataclass(frozen=True)
class BeatGrid:
    """Beat times (s), positions in the bar (from 1), beats in a bar, tempo in bpm, and confidences.

    The beat of a compound meter is its dotted note: 6/8 has two in a bar.
    """

    times: np.ndarray
    positions: np.ndarray
    beats_per_bar: int
    bpm: float | None
    beat_confidence: float
    tempo_confidence: float
    compound: bool = False

    @property
    def time_signature(self) -> str | None:
        if not self.bpm:
            return None
        return _COMPOUND[self.beats_per_bar] if self.compound else f"{self.beats_per_bar}/4"

    @property
    def downbeats(self) -> np.ndarray:
        return self.times[self.positions == 1]


def find(features: Features) -> BeatGrid:
    """The grid of a song; empty, with confidence 0, where there is no pulse."""
    activations = features.beat_activations
    tracks = [bar_pointer.track(activations, beats) for beats in _METERS]
    if max(len(track.times) for track in tracks) < _FEWEST_BEATS:
        return BeatGrid(np.zeros(0), np.zeros(0, int), 4, None, 0.0, 0.0)
    if features.hearing == "spectral":
        reading = meter.choose_by_harmony(tracks, activations, features.rises, features.profiles)
    else:
        reading = meter.choose(tracks, activations, features.rises, features.profiles)
    reading = phase.counted_from_changes(reading, features.mel, features.profiles)
    inside = reading.times < features.duration
    times, positions = _refine(reading.times[inside], activations), reading.positions[inside]
    bpm, steadiness = tempo(times)
    at_beats = activations.max(axis=1)[np.clip(np.round(times * bar_pointer.FPS).astype(int), 0, len(activations) - 1)]
    confidence = float(np.clip(at_beats.mean(), 0, 1))
    steady = float(np.sqrt(confidence * steadiness))
    return BeatGrid(times, positions, reading.beats_per_bar, bpm, confidence, steady, reading.compound)


def _refine(times: np.ndarray, activations: np.ndarray) -> np.ndarray:
    """Beat times between frames: the vertex of a parabola through the activation around each."""
    if not len(times):
        return times
    level = np.log(activations.max(axis=1) + 1e-6)
    frame = np.clip(np.round(times * bar_pointer.FPS).astype(int), 1, len(level) - 2)
    a, b, c = level[frame - 1], level[frame], level[frame + 1]
    bend = a - 2 * b + c
    offset = np.where(bend < -1e-9, 0.5 * (a - c) / np.where(bend < -1e-9, bend, 1.0), 0.0)
    return np.maximum((frame + np.clip(offset, -0.5, 0.5)) / bar_pointer.FPS, 0.0)


def tempo(times: np.ndarray) -> tuple[float, float]:
    """Beats per minute and how steady they are (0..1).

    A robust line through beat times against beat numbers (Theil–Sen over spans of a quarter of the song); with a tempo
    that drifts, the median tempo.
    """
    count = len(times)
    span = max(1, min(count - 1, count // 4))
    periods = (times[span:] - times[:-span]) / span
    period = float(np.median(periods))
    drift = float(np.median(np.abs(np.diff(times) / period - 1)))
    return 60.0 / period, float(np.exp(-8 * drift))
