"""Joint beat, tempo and meter tracking with the bar-pointer model (Krebs, Böck & Widmer, ISMIR 2015).

The state is (beat of the bar, tempo, position within the beat). Between beats the position just moves on, so the
Viterbi search only has to choose at the beginnings of beats: ring buffers hold the rest, and the back pointers of an
hour take some 90 MB where a general decoder needs gigabytes. With the same parameters the result is that of madmom's
DBNDownBeatTrackingProcessor (tested).
"""

from __future__ import annotations

from dataclasses import dataclass

import numba
import numpy as np

FPS = 100
MIN_BPM, MAX_BPM = 55.0, 215.0
NUM_TEMPI = 60
TRANSITION_LAMBDA = 100.0
OBSERVATION_LAMBDA = 16
THRESHOLD = 0.05


@dataclass(frozen=True)
class Track:
    """The best path for one meter: beat times (s), positions in the bar (from 1), and its log probability."""

    times: np.ndarray
    positions: np.ndarray
    log_probability: float
    beats_per_bar: int


def track(activations: np.ndarray, beats_per_bar: int, *, min_bpm: float = MIN_BPM, max_bpm: float = MAX_BPM) -> Track:
    """The most probable beats for bars of `beats_per_bar` beats.

    Parameters
    ----------
    activations : (frames, 2), probabilities of beat and downbeat at 100 frames a second
    """
    first, last = _active_range(activations)
    if last - first < 2:
        return Track(np.zeros(0), np.zeros(0, int), -np.inf, beats_per_bar)
    active = np.ascontiguousarray(activations[first:last], dtype=np.float64)
    intervals = _intervals(min_bpm, max_bpm)
    log_transitions = _log_transitions(intervals)
    rest = np.log(np.maximum((1 - active.sum(axis=1)) / (OBSERVATION_LAMBDA - 1), 1e-12))
    beat = np.log(np.maximum(active[:, 0], 1e-12))
    downbeat = np.log(np.maximum(active[:, 1], 1e-12))
    starts, positions, log_probability = _viterbi(
        beat - rest, downbeat - rest, intervals, log_transitions, beats_per_bar
    )
    frames = _snap(active, starts, positions, intervals, first)
    return Track(frames[0] / FPS, frames[1], float(log_probability + rest.sum()), beats_per_bar)


def _active_range(activations: np.ndarray) -> tuple[int, int]:
    loud = np.nonzero((activations >= THRESHOLD).any(axis=1))[0]
    return (int(loud[0]), int(loud[-1]) + 1) if len(loud) else (0, 0)


def _intervals(min_bpm: float, max_bpm: float) -> np.ndarray:
    """Beat lengths in frames, logarithmically spaced, at most NUM_TEMPI of them."""
    low, high = 60 * FPS / max_bpm, 60 * FPS / min_bpm
    every = np.arange(np.round(low), np.round(high) + 1)
    if len(every) <= NUM_TEMPI:
        return every.astype(np.int64)
    count, chosen = NUM_TEMPI, np.zeros(0)
    while len(chosen) < NUM_TEMPI:
        chosen = np.unique(np.round(np.logspace(np.log2(low), np.log2(high), count, base=2)))
        count += 1
    return chosen.astype(np.int64)


def _log_transitions(intervals: np.ndarray) -> np.ndarray:
    """log P(to | from) of a change of tempo at a beat, falling exponentially with the ratio of the intervals."""
    ratio = intervals[None, :] / intervals[:, None]
    probability = np.exp(-TRANSITION_LAMBDA * np.abs(ratio - 1))
    probability[probability <= np.finfo(float).eps] = 0
    probability /= probability.sum(axis=1, keepdims=True)
    with np.errstate(divide="ignore"):
        return np.log(probability)


@numba.njit(cache=True)
def _viterbi(beat, downbeat, intervals, log_transitions, beats_per_bar):
    frames, tempi = len(beat), len(intervals)
    longest = intervals.max()
    ring = np.zeros((beats_per_bar, tempi, longest))
    states = 0
    for t in range(tempi):
        states += intervals[t]
    ring[:] = -np.log(states * beats_per_bar)
    back = np.zeros((frames, beats_per_bar, tempi), np.uint8)
    entering = np.zeros((beats_per_bar, tempi))
    for n in range(frames):
        # Slot (n mod interval) holds the state at the last position of the beat; it leaves, and its slot is reused.
        for b in range(beats_per_bar):
            previous = (b - 1) % beats_per_bar
            for t in range(tempi):
                best, chosen = -np.inf, 0
                for f in range(tempi):
                    step = log_transitions[f, t]
                    if step == -np.inf:
                        continue
                    value = ring[previous, f, n % intervals[f]] + step
                    if value > best:
                        best, chosen = value, f
                entering[b, t] = best
                back[n, b, t] = chosen
        for b in range(beats_per_bar):
            gain = downbeat[n] if b == 0 else beat[n]
            for t in range(tempi):
                interval = intervals[t]
                slot = n % interval
                ring[b, t, slot] = entering[b, t]
                # positions p = 0, 1, ... with p < interval / 16 are 'at the beat'
                position = 0
                while position * 16 < interval:
                    ring[b, t, (slot - position) % interval] += gain
                    position += 1
    best, best_b, best_t, best_p = -np.inf, 0, 0, 0
    last = frames - 1
    for b in range(beats_per_bar):
        for t in range(tempi):
            for p in range(intervals[t]):
                value = ring[b, t, (last - p) % intervals[t]]
                if value > best:
                    best, best_b, best_t, best_p = value, b, t, p
    starts = np.zeros(frames, np.int64)
    beats = np.zeros(frames, np.int64)
    tempo = np.zeros(frames, np.int64)
    count = 0
    n, b, t = last - best_p, best_b, best_t
    while True:
        starts[count], beats[count], tempo[count] = n, b, t
        count += 1
        if n < 0:
            break
        t = back[n, b, t]
        b = (b - 1) % beats_per_bar
        n -= intervals[t]
    order = np.arange(count - 1, -1, -1)
    found = np.stack((starts[:count][order], tempo[:count][order]))
    return found, beats[:count][order], best


def _snap(active: np.ndarray, found: np.ndarray, beats: np.ndarray, intervals: np.ndarray, first: int):
    """Within each beat's range the frame where the network is most certain is the beat."""
    frames, positions = [], []
    for start, tempo, beat in zip(found[0], found[1], beats, strict=True):
        length = -(-int(intervals[tempo]) // OBSERVATION_LAMBDA)
        left, right = max(0, int(start)), min(len(active), int(start) + length)
        if right <= left:
            continue
        frames.append(first + left + int(np.argmax(active[left:right].max(axis=1))))
        positions.append(int(beat) + 1)
    return np.array(frames, float), np.array(positions, int)
