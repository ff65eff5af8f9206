"""Key and mode, and where they change: pitch against key profiles, and the chords' own evidence for a tonic.

Relative and neighbouring keys share most of their notes; what tells them apart is which chord sounds longest, which is
come to from its dominant, and where sections begin and end. The weights of these kinds of evidence are those of a
conditional logit over the 24 keys (fitted on the development songs of `benchmarks/analysis`), so scores are log odds
and the confidence is a probability. Windows of a few phrases are scored in the same way; a Viterbi search over them
changes key only where that explains a good stretch of the song better.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from itertools import pairwise

import numpy as np

from gpu_endpoints.analysis.mir.features import FRAME_FPS, Features
from gpu_endpoints.analysis.mir.paths import best_path
from gpu_endpoints.analysis.mir.tonality import LocalKey, triad
from ripieno.contracts.analysis import Chord
from ripieno.music.pitch import pitch_class

# Temperley's revision of Krumhansl & Kessler's profiles (Temperley 1999, "What's key for key?").
_MAJOR = np.array([5.0, 2.0, 3.5, 2.0, 4.5, 4.0, 2.0, 4.5, 2.0, 3.5, 1.5, 4.0])
_MINOR = np.array([5.0, 2.0, 3.5, 4.5, 2.0, 4.0, 2.0, 4.5, 3.5, 2.0, 1.5, 4.0])
_KEYS = [(mode, tonic) for mode in ("major", "minor") for tonic in range(12)]
_TEMPLATES = np.stack([np.roll(_MAJOR if mode == "major" else _MINOR, tonic) for mode, tonic in _KEYS])
_WEIGHTS = {
    "spectrum": 2.5, "chroma": 2.9, "tonic": 2.0, "root": 1.5, "dominant": 1.0, "plagal": 0.5, "first": 1.0,
    "last": 0.3, "begins": 3.4, "ends": 2.9, "major": -1.2,
}  # fmt: skip
_WINDOW_SECONDS, _HOP_SECONDS = 20.0, 2.5
_WHOLE_SHARE = 0.5  # how much the whole song's evidence counts in every window
_CHANGE_COST = 10.0  # nats, over windows that overlap eightfold
_BEFORE_THE_END = 0.8  # seconds before a section's end at which its last chord is looked up


def find(features: Features, chords: list[Chord], sections: list[float]) -> tuple[list[LocalKey], float]:
    """The keys of a song in order, and the confidence in the longest of them; ([], 0) where nothing pitched sounds.

    Parameters
    ----------
    sections : times at which sections begin, and the end of the last
    """
    chroma = features.profiles
    sounding = [chord for chord in chords if chord.chord != "N"]
    if not len(chroma) or features.fundamentals.mean() < 1e-3 or not sounding:
        return [], 0.0
    whole = _scores(chroma.mean(axis=0), sounding, sections, places=True)
    probability = np.exp(whole - whole.max())
    confidence = float(probability.max() / probability.sum())
    duration = features.duration
    starts = np.arange(0, duration - _WINDOW_SECONDS, _HOP_SECONDS)
    if len(starts) < 4:
        mode, tonic = _KEYS[int(np.argmax(whole))]
        return [LocalKey(0.0, duration, tonic, mode)], confidence
    begins = [chord.start_time for chord in sounding]
    windows = np.stack([_window(chroma, sounding, begins, sections, start) for start in starts])
    keys: list[LocalKey] = []
    path = best_path(windows + _WHOLE_SHARE * whole, np.full(len(windows), _CHANGE_COST))
    for number, state in enumerate(path):
        mode, tonic = _KEYS[state]
        end = duration if number == len(path) - 1 else float(starts[number + 1]) + (_WINDOW_SECONDS - _HOP_SECONDS) / 2
        if keys and (keys[-1].tonic, keys[-1].mode) == (tonic, mode):
            keys[-1] = LocalKey(keys[-1].start, end, tonic, mode)
        else:
            keys.append(LocalKey(keys[-1].end if keys else 0.0, end, tonic, mode))
    return _on_changes(keys, sounding), confidence


def longest(keys: list[LocalKey]) -> LocalKey:
    """The song's key."""
    lasts: dict[tuple[int, str], float] = {}
    for key in keys:
        lasts[key.tonic, key.mode] = lasts.get((key.tonic, key.mode), 0.0) + key.end - key.start
    return max(keys, key=lambda key: lasts[key.tonic, key.mode])


def _window(
    chroma: np.ndarray, chords: list[Chord], begins: list[float], sections: list[float], start: float
) -> np.ndarray:
    end = start + _WINDOW_SECONDS
    first, last = max(0, bisect_right(begins, start) - 1), bisect_left(begins, end)
    inside = [
        chord.model_copy(update={"start_time": max(start, chord.start_time), "end_time": min(end, chord.end_time)})
        for chord in chords[first:last]
        if chord.end_time > start
    ]
    if not inside:
        return np.zeros(len(_KEYS))
    part = chroma[round(start * FRAME_FPS) : round(end * FRAME_FPS)]
    near = [time for time in sections if start <= time <= end]
    return _scores(part.mean(axis=0), inside, near, places=False)


def _scores(profile: np.ndarray, chords: list[Chord], sections: list[float], *, places: bool) -> np.ndarray:
    """Log odds of every key, (24,), from the mean profile (48,), the chords and where sections begin and end."""
    triads = [triad(chord.chord) for chord in chords]
    lengths = np.array([chord.end_time - chord.start_time for chord in chords])
    lengths /= max(lengths.sum(), 1e-9)
    shares: dict[tuple[int, str] | None, float] = defaultdict(float)
    roots = np.zeros(12)
    for chord, found, length in zip(chords, triads, lengths, strict=True):
        shares[found] += length
        roots[pitch_class(chord.chord.partition(":")[0])] += length
    changes = list(pairwise(triads))
    begins = [_chord_at(chords, triads, time + 0.15) for time in sections[: -1 if places else None]]
    ends = [_chord_at(chords, triads, time - _BEFORE_THE_END) for time in sections[1 if places else 0 :]]

    def come_to(tonic_chord: tuple[int, str], sources: list[tuple[int, str]]) -> float:
        count = sum(after == tonic_chord and before in sources for before, after in changes)
        return min(1.0, 5 * count / max(1, len(changes)))

    scores = np.zeros(len(_KEYS))
    for number, (mode, tonic) in enumerate(_KEYS):
        home = tonic, "maj" if mode == "major" else "min"
        fourth, seventh = (tonic + 5) % 12, (tonic + 10) % 12
        evidence = {
            "spectrum": _correlation(profile[24:36], number),
            "chroma": _correlation(profile[:12], number),
            "tonic": shares[home],
            "root": roots[tonic],
            "dominant": come_to(home, [((tonic + 7) % 12, "maj")]),
            "plagal": come_to(home, [(fourth, "maj"), (fourth, "min"), (seventh, "maj")]),
            "first": float(places and triads[0] == home),
            "last": float(places and triads[-1] == home),
            "begins": _share_of(home, begins),
            "ends": _share_of(home, ends),
            "major": float(mode == "major"),
        }
        scores[number] = sum(_WEIGHTS[kind] * value for kind, value in evidence.items())
    return scores


def _chord_at(chords: list[Chord], triads: list[tuple[int, str] | None], time: float) -> tuple[int, str] | None:
    return next(
        (found for chord, found in zip(chords, triads, strict=True) if chord.start_time <= time < chord.end_time), None
    )


def _share_of(home: tuple[int, str], chords: list[tuple[int, str] | None]) -> float:
    return sum(chord == home for chord in chords) / len(chords) if chords else 0.0


def _on_changes(keys: list[LocalKey], chords: list[Chord]) -> list[LocalKey]:
    """Changes of key moved to the change of chord that parts the chords of the old key best from those of the new."""
    edges = [0.0]
    for old, new in pairwise(keys):
        near = [c for c in chords if abs(c.start_time - old.end) <= _WINDOW_SECONDS / 2 and c.start_time > edges[-1]]
        best = min(near, key=lambda chord: _misfit(chords, old, new, chord.start_time, old.end), default=None)
        edges.append(best.start_time if best else old.end)
    edges.append(keys[-1].end)
    return [LocalKey(start, end, key.tonic, key.mode) for key, (start, end) in zip(keys, pairwise(edges), strict=True)]


def _misfit(chords: list[Chord], old: LocalKey, new: LocalKey, at: float, near: float) -> float:
    """Seconds of chords that do not belong to the key they would be in."""
    wrong = 0.001 * abs(at - near)
    for chord in chords:
        if abs(chord.start_time - near) <= _WINDOW_SECONDS:
            key = old if chord.start_time < at else new
            wrong += (not _belongs(chord, key)) * (chord.end_time - chord.start_time)
    return wrong


def _belongs(chord: Chord, key: LocalKey) -> bool:
    found = triad(chord.chord)
    if found is None:
        return True
    degree, third = (found[0] - key.tonic) % 12, found[1]
    major = {(0, "maj"), (2, "min"), (4, "min"), (5, "maj"), (7, "maj"), (9, "min"), (11, "min")}
    minor = {(0, "min"), (2, "min"), (3, "maj"), (5, "min"), (7, "min"), (7, "maj"), (8, "maj"), (10, "maj")}
    return (degree, third) in (major if key.mode == "major" else minor)


def _correlation(profile: np.ndarray, number: int) -> float:
    return float(np.corrcoef(profile, _TEMPLATES[number])[0, 1]) if profile.std() > 1e-9 else 0.0
