"""Meter and metrical level: which of the readings of a pulse the accents and the harmony speak for.

The beat tracker finds a pulse and counts it in threes, fours or fives. It never counts dotted quarters, and nothing in
it hears that chords change on downbeats. So its readings are weighed together with two kinds of evidence:

* harmony: how well the change of pitch content at each beat is explained by "it changes on downbeats" (the gain in
  log-likelihood of two means over one, Gaussian), in the same unit as the tracker's own log probability;
* accents: how strongly the lower and the upper half of the spectrum rise at each 24th of a bar.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from gpu_endpoints.analysis.mir.bar_pointer import FPS, OBSERVATION_LAMBDA, Track
from gpu_endpoints.analysis.mir.features import FRAME_FPS

PARTS = 24
_BEFORE, _AFTER = 2, 3  # frames around a part of a bar that count as on it
_SNAP = 6  # frames a beat may be moved by, to where the activation is highest
_CLEARLY = 1.3
_WEAK = 0.6  # of the activation on the strong beats
_FAST_WALTZ_BPM = 130.0
_NOBODY_TAPS_BPM = 190.0  # where half of it would do
_SLOWEST_DOTTED_BPM, _FASTEST_DOTTED_BPM = 38.0, 130.0
_STRUCK = 1.7  # times the level between the parts
_HEARD = 0.08  # of the level on the beat
NATS = 8.0  # by how much another reading must explain the harmony better
_BACKBEAT = 1.6
_RESONANCE_BPM = 120.0  # the pulse people prefer (Moelants 2002): an octave is decided by which side is nearer to it


@dataclass(frozen=True)
class Reading:
    """Beat times (s), positions in the bar (from 1), beats in a bar; `compound` beats divide in three (6/8, 12/8)."""

    times: np.ndarray
    positions: np.ndarray
    beats_per_bar: int
    compound: bool = False

    @property
    def on_downbeat(self) -> np.ndarray:
        return self.positions == 1

    @property
    def bpm(self) -> float:
        return _bpm(self.times)


def choose(tracks: list[Track], activations: np.ndarray, rises: np.ndarray, profiles: np.ndarray) -> Reading:
    """The best reading of the tracker's paths.

    Parameters
    ----------
    tracks : one for each meter tried
    activations : (duration * 100, 2), probabilities of a beat that is no downbeat, and of a downbeat
    rises : (duration * 100, bands), onset strength from low to high
    profiles : (duration * 10, 48), pitch classes, see `features.Features`
    """
    harmony = Harmony(profiles)
    scored = []
    for track in tracks:
        changes = harmony.changes(track.times)
        for log_probability, reading in _counted_from_each_beat(track, activations):
            scored.append((log_probability + _gain(changes, reading.on_downbeat), reading))
    best = max(scored, key=lambda pair: pair[0])[1]
    return _better(best, activations.sum(axis=1), rises, harmony)


def _better(reading: Reading, activations: np.ndarray, rises: np.ndarray, harmony: Harmony) -> Reading:
    """Another reading of the same pulse, where the evidence speaks clearly for it."""
    if len(reading.times) < 4 * reading.beats_per_bar:
        return reading
    if reading.beats_per_bar == 3:
        return _triple(reading, activations, rises, harmony)
    if reading.beats_per_bar == 4:
        return _four(reading, activations, rises, harmony)
    return reading


def choose_by_harmony(tracks: list[Track], activations: np.ndarray, rises: np.ndarray, profiles: np.ndarray) -> Reading:
    """As `choose`, for activations that know beats but not downbeats: harmony alone says which beats those are."""
    harmony = Harmony(profiles)
    pulse = max(tracks, key=lambda track: track.log_probability)
    readings = [_in_bars_of(beats, pulse.times, harmony, compound=False) for beats in (3, 4, 5)]
    best = max(readings, key=lambda one: harmony.gain(one) + (NATS if one.beats_per_bar == 4 else 0))
    return _better(best, activations.sum(axis=1), rises, harmony)


# -- readings of a triple pulse -----------------------------------------------------------------------------------


def _triple(reading: Reading, activations: np.ndarray, rises: np.ndarray, harmony: Harmony) -> Reading:
    """Three beats to the bar may be half a bar of eighths, or a bar of two dotted beats read as three quarters."""
    low, high = _accents(reading, rises)
    halves = _dotted_halves(low)
    if halves is not None and _SLOWEST_DOTTED_BPM < reading.bpm * 2 / 3 < _FASTEST_DOTTED_BPM:
        times = _snapped(_at_parts(reading, (halves, halves + PARTS // 2)), activations)
        compound = _divides_in_three(np.roll(high, -halves), beats=2)
        return _in_bars_of(2 if compound else 4, times, harmony, compound=compound)
    if reading.bpm > _FAST_WALTZ_BPM and _are_weak((2, 3), (1,), reading, activations):
        return _in_bars_of(2, reading.times[reading.on_downbeat], harmony, compound=True)
    return reading


def _dotted_halves(low: np.ndarray) -> int | None:
    """The part where two strong accents lie half a bar apart and nothing else compares; None where none do."""
    eighths = low[:: PARTS // 6]
    for first in range(3):
        pair = min(eighths[first], eighths[first + 3])
        rest = np.delete(eighths, [first, first + 3]).max()
        if pair > _CLEARLY * rest:
            return first * PARTS // 6
    return None


# -- readings of a pulse in four ----------------------------------------------------------------------------------


def _four(reading: Reading, activations: np.ndarray, rises: np.ndarray, harmony: Harmony) -> Reading:
    _, high = _accents(reading, rises)
    if reading.bpm < _FASTEST_DOTTED_BPM and _divides_in_three(high, beats=4):
        in_two = _in_bars_of(2, reading.times, harmony, compound=True)
        four = Reading(reading.times, reading.positions, 4, compound=True)
        return max((four, in_two), key=harmony.gain)
    slower = _at_half_tempo(reading, activations, harmony)
    if slower is not None:
        return slower
    has_backbeat = min(high[6], high[18]) > _BACKBEAT * max(high[0], high[12])
    if reading.bpm < _RESONANCE_BPM / np.sqrt(2) and not has_backbeat:
        in_two = _in_bars_of(2, reading.times, harmony, compound=False)
        if harmony.gain(in_two) > harmony.gain(reading) + NATS:
            return _doubled(in_two)
    return reading


def _at_half_tempo(reading: Reading, activations: np.ndarray, harmony: Harmony) -> Reading | None:
    """Half the tempo, where harmony changes every ten or six beats rather than every four or eight (then there are five
    or three to the bar), or every eight rather than every four and every other beat is weak or the tempo too high."""
    if reading.bpm < _RESONANCE_BPM / 2:
        return None
    changes = harmony.changes(reading.times)
    number = np.arange(len(changes))

    def best(period: int) -> tuple[float, int]:
        return max((_gain(changes, number % period == phase), phase) for phase in range(period))

    periods = [10, 6]
    as_it_is = max(best(4)[0], best(2)[0])
    if reading.bpm > _NOBODY_TAPS_BPM or _are_weak((2, 4), (1, 3), reading, activations):
        periods.append(8)
    else:
        as_it_is = max(as_it_is, best(8)[0])
    (gain, phase), period = max((best(period), period) for period in periods)
    if gain <= as_it_is + NATS:
        return None
    chosen = number[phase % 2 :: 2]
    return Reading(reading.times[chosen], (chosen - phase) % period // 2 + 1, period // 2)


def _doubled(reading: Reading) -> Reading:
    """Twice the tempo: a beat is added in the middle of each."""
    between = (reading.times[:-1] + reading.times[1:]) / 2
    times = np.sort(np.concatenate([reading.times, between]))
    first = 2 * (reading.positions[0] - 1)
    per_bar = 2 * reading.beats_per_bar
    return Reading(times, (np.arange(len(times)) + first) % per_bar + 1, per_bar)


def _divides_in_three(high: np.ndarray, *, beats: int) -> bool:
    """Whether both inner thirds of the beats are struck; a swung beat leaves its first third empty."""
    parts = high.reshape(beats, -1)
    size = parts.shape[1]
    between = np.median(parts[:, [size // 6, size - size // 6]])
    thirds = min(np.median(parts[:, size // 3]), np.median(parts[:, 2 * size // 3]))
    return bool(thirds > _STRUCK * between and thirds > _HEARD * parts[:, 0].min())


# -- evidence -----------------------------------------------------------------------------------------------------


class Harmony:
    """Where and how much the pitch content changes."""

    def __init__(self, profiles: np.ndarray):
        pitch = np.hstack([profiles[:, :12], profiles[:, 36:48]])
        self._total = np.vstack([np.zeros((1, pitch.shape[1])), np.cumsum(pitch, axis=0, dtype=np.float64)])

    def changes(self, times: np.ndarray) -> np.ndarray:
        """How much the pitch content of the beat after each time differs from that of the beat before, 0..1."""
        lengths = np.diff(times, append=times[-1] + np.median(np.diff(times)) if len(times) > 1 else 0.0)
        begun, here, after = (
            self._total[np.clip(np.round((times + shift) * FRAME_FPS).astype(int), 0, len(self._total) - 1)]
            for shift in (-lengths, 0, lengths)
        )
        old, new = here - begun, after - here
        norms = np.linalg.norm(old, axis=1) * np.linalg.norm(new, axis=1)
        return np.where(norms > 1e-9, 1 - (old * new).sum(axis=1) / np.maximum(norms, 1e-9), 0.0)

    def gain(self, reading: Reading) -> float:
        """Nats by which "harmony changes on downbeats" explains the changes at beats better than "anywhere"."""
        return _gain(self.changes(reading.times), reading.on_downbeat)


def _counted_from_each_beat(track: Track, activations: np.ndarray) -> Iterator[tuple[float, Reading]]:
    """A path with its downbeats on each of its beats in turn, and about how probable it is so."""
    frames = np.clip(np.round(track.times * FPS).astype(int), 0, len(activations) - 1)
    if not len(frames):
        return
    odds = np.log(np.maximum(activations[frames, 1], 1e-9) / np.maximum(activations[frames, 0], 1e-9))
    weight = -(-60 * FPS / _bpm(track.times) // OBSERVATION_LAMBDA) if len(frames) > 1 else 1.0
    here = odds[track.positions == 1].sum()
    for shift in range(track.beats_per_bar):
        positions = (track.positions - 1 - shift) % track.beats_per_bar + 1
        yield (
            track.log_probability + float(weight * (odds[positions == 1].sum() - here)),
            Reading(track.times, positions, track.beats_per_bar),
        )


def _in_bars_of(beats: int, times: np.ndarray, harmony: Harmony, *, compound: bool) -> Reading:
    """The pulse in bars of so many beats, begun where the harmony changes."""
    changes = harmony.changes(times)
    number = np.arange(len(times))
    phase = max(range(beats), key=lambda phase: changes[number % beats == phase].mean())
    return Reading(times, (number - phase) % beats + 1, beats, compound)


def _gain(changes: np.ndarray, chosen: np.ndarray) -> float:
    """Gaussian log-likelihood of two means over one; 0 when it changes less at the chosen beats."""
    if chosen.sum() < 2 or (~chosen).sum() < 2 or changes[chosen].mean() <= changes[~chosen].mean():
        return 0.0
    floor = 1e-4
    within = changes[chosen].var() * chosen.mean() + changes[~chosen].var() * (1 - chosen.mean())
    return float(len(changes) / 2 * np.log((changes.var() + floor) / (within + floor)))


def _accents(reading: Reading, rises: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The median rise at each part of a bar, below and above the middle of the spectrum, (PARTS,) each."""
    starts, ends = _bars(reading)
    times = starts[:, None] + (ends - starts)[:, None] * np.arange(PARTS) / PARTS
    frames = np.round(times * FPS).astype(int)
    around = frames[:, :, None] + np.arange(-_BEFORE, _AFTER + 1)
    around = np.clip(around, 0, len(rises) - 1)
    level = rises / (rises.mean(axis=0) + 1e-9)
    half = rises.shape[1] // 2
    low, high = level[:, :half].sum(axis=1), level[:, half:].sum(axis=1)
    return np.median(low[around].max(axis=2), axis=0), np.median(high[around].max(axis=2), axis=0)


def _are_weak(some: tuple[int, ...], others: tuple[int, ...], reading: Reading, activations: np.ndarray) -> bool:
    """Whether the network is much less sure of the beats at some positions of the bar than of those at others."""

    def level(positions: tuple[int, ...]) -> float:
        times = reading.times[np.isin(reading.positions, positions)]
        around = np.clip(np.round(times * FPS).astype(int)[:, None] + np.arange(-2, 3), 0, len(activations) - 1)
        return float(activations[around].max(axis=1).mean()) if len(times) else 0.0

    return level(some) < _WEAK * level(others)


def _bpm(times: np.ndarray) -> float:
    return 60.0 / float(np.median(np.diff(times)))


def _bars(reading: Reading) -> tuple[np.ndarray, np.ndarray]:
    downbeats = reading.times[reading.on_downbeat]
    return downbeats[:-1], downbeats[1:]


def _at_parts(reading: Reading, parts: tuple[int, ...]) -> np.ndarray:
    """Times at these parts of every bar."""
    starts, ends = _bars(reading)
    last = 2 * ends[-1] - starts[-1]
    starts, ends = np.append(starts, ends[-1]), np.append(ends, last)
    return (starts[:, None] + (ends - starts)[:, None] * np.array(parts) / PARTS).ravel()


def _snapped(times: np.ndarray, activations: np.ndarray) -> np.ndarray:
    """Each time moved to the highest activation near it."""
    frames = np.round(times * FPS).astype(int)
    around = np.clip(frames[:, None] + np.arange(-_SNAP, _SNAP + 1), 0, len(activations) - 1)
    moved = around[np.arange(len(frames)), activations[around].argmax(axis=1)]
    return np.unique(moved) / FPS
