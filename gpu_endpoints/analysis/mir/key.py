"""Key and mode: chroma against key profiles, and the chords' own evidence for a tonic."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from gpu_endpoints.analysis.mir.chords import triad
from segno.contracts.analysis import Chord

# Temperley's revision of Krumhansl & Kessler's profiles (Temperley 1999, "What's key for key?").
_MAJOR = np.array([5.0, 2.0, 3.5, 2.0, 4.5, 4.0, 2.0, 4.5, 2.0, 3.5, 1.5, 4.0])
_MINOR = np.array([5.0, 2.0, 3.5, 4.5, 2.0, 4.0, 2.0, 4.5, 3.5, 2.0, 1.5, 4.0])
_PROFILES = [(mode, tonic) for mode in ("major", "minor") for tonic in range(12)]
_CHORD_WEIGHT = 1.25
_CADENCE_WEIGHT = 0.25
_PLACE_WEIGHT = 0.15


def find(chroma: np.ndarray, chords: list[Chord]) -> tuple[int | None, str | None, float]:
    """The tonic as a pitch class, the mode, and the confidence; (None, None, 0) where nothing pitched sounds.

    Relative keys share their notes; what tells them apart is which chord sounds longest, begins and ends the song, and
    is come to from its dominant.
    """
    sounding = [chord for chord in chords if chord.chord != "N"]
    if not len(chroma) or chroma.mean() < 1e-3 or not sounding:
        return None, None, 0.0
    profile = chroma.mean(axis=0)
    scores = np.array([_correlation(profile, mode, tonic) for mode, tonic in _PROFILES])
    scores += _CHORD_WEIGHT * np.array([_share(sounding, mode, tonic) for mode, tonic in _PROFILES])
    scores += _CADENCE_WEIGHT * np.array([_cadences(sounding, mode, tonic) for mode, tonic in _PROFILES])
    scores += _PLACE_WEIGHT * np.array([_places(sounding, mode, tonic) for mode, tonic in _PROFILES])
    best, second = np.sort(scores)[::-1][:2]
    mode, tonic = _PROFILES[int(np.argmax(scores))]
    return tonic, mode, float(np.clip(0.5 + 2.5 * (best - second), 0, 1))


def _correlation(profile: np.ndarray, mode: str, tonic: int) -> float:
    template = np.roll(_MAJOR if mode == "major" else _MINOR, tonic)
    return float(np.corrcoef(profile, template)[0, 1]) if profile.std() > 1e-9 else 0.0


def _tonic_chord(mode: str, tonic: int) -> tuple[int, str]:
    return tonic, "maj" if mode == "major" else "min"


def _share(chords: list[Chord], mode: str, tonic: int) -> float:
    total = sum(chord.end_time - chord.start_time for chord in chords)
    own = sum(chord.end_time - chord.start_time for chord in chords if triad(chord.chord) == _tonic_chord(mode, tonic))
    return own / total


def _cadences(chords: list[Chord], mode: str, tonic: int) -> float:
    """The share of chord changes that go from the dominant (major) to the tonic chord, weighted to at most 1."""
    if len(chords) < 2:
        return 0.0
    wanted = ((tonic + 7) % 12, "maj"), _tonic_chord(mode, tonic)
    found = sum((triad(a.chord), triad(b.chord)) == wanted for a, b in pairwise(chords))
    return min(1.0, 5 * found / (len(chords) - 1))


def _places(chords: list[Chord], mode: str, tonic: int) -> float:
    wanted = _tonic_chord(mode, tonic)
    return 0.4 * (triad(chords[0].chord) == wanted) + 0.6 * (triad(chords[-1].chord) == wanted)
