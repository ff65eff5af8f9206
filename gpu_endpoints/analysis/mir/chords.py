"""Chords on the beat grid: a linear model of pitch-class evidence, decoded with the bar and the key as context.

Each beat has four pitch-class profiles (deep chroma, and the spectrum with overtones, without them, and of the bass).
One small linear model, the same for all twelve roots, gives the evidence for each quality (`chord_model.json`, fitted
on the development songs of `benchmarks/analysis`); a Viterbi search prefers changes on downbeats and chords of the key.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from pathlib import Path

import numpy as np

from segno.contracts.analysis import Chord
from segno.music.pitch import pitch_class, spell

FPS = 10
_CHANGE_COST = {"downbeat": 1.2, "beat": 2.6}
_KEY_BONUS = 0.5
_SILENT_RMS = 10 ** (-60 / 20)
_GRID_SECONDS = 0.5  # where no beats were found
_MAJOR_SCALE, _MINOR_SCALE = {0, 2, 4, 5, 7, 9, 11}, {0, 2, 3, 5, 7, 8, 10, 11}


@dataclass(frozen=True)
class ChordModel:
    """`weights` (48, qualities), `bias` (qualities,): evidence for each quality from profiles rolled to the root."""

    qualities: list[str]
    tones: list[list[int]]
    weights: np.ndarray
    bias: np.ndarray

    def evidence(self, profiles: np.ndarray) -> np.ndarray:
        """log P(root, quality) for each row of profiles, (n, 12 * qualities), root-major."""
        rolled = np.stack(
            [np.hstack([np.roll(part, -root, axis=1) for part in np.hsplit(profiles, 4)]) for root in range(12)], axis=1
        )
        scores = (rolled @ self.weights + self.bias).reshape(len(profiles), -1)
        scores -= scores.max(axis=1, keepdims=True)
        return scores - np.log(np.exp(scores).sum(axis=1, keepdims=True))


@lru_cache(maxsize=1)
def model() -> ChordModel:
    stored = json.loads(Path(__file__).with_name("chord_model.json").read_text())
    return ChordModel(stored["qualities"], stored["tones"], np.array(stored["weights"]), np.array(stored["bias"]))


@dataclass(frozen=True)
class Evidence:
    """What the decoder works on: spans (n + 1 edges in seconds), log evidence (n, states), which spans sound, and which
    begin a bar."""

    edges: np.ndarray
    log_probability: np.ndarray
    sounding: np.ndarray
    on_downbeat: np.ndarray


def gather(
    profiles: np.ndarray, rms: np.ndarray, beats: np.ndarray, positions: np.ndarray, duration: float
) -> Evidence:
    """Average the profiles over beats.

    Parameters
    ----------
    profiles : (frames, 48) at 10 frames a second, deep chroma and the three of `pitches.profiles`
    rms : (frames,), levels at the same rate
    beats, positions : beat times in seconds and positions in the bar; may be empty
    """
    inner = beats[(beats > 0.05) & (beats < duration - 0.05)]
    first = positions[(beats > 0.05) & (beats < duration - 0.05)] == 1
    if not len(inner):
        inner = np.arange(_GRID_SECONDS, duration - 0.05, _GRID_SECONDS)
        first = np.zeros(len(inner), bool)
    edges = np.concatenate([[0.0], inner, [duration]])
    count = len(profiles)
    rows, sounding = [], []
    for start, end in pairwise(edges):
        a = min(int(start * FPS + 0.5), count - 1)
        b = min(max(a + 1, int(end * FPS + 0.5)), count)
        rows.append(profiles[a:b].mean(axis=0))
        sounding.append(rms[a:b].max(initial=0.0) > _SILENT_RMS)
    return Evidence(edges, model().evidence(np.array(rows)), np.array(sounding), np.concatenate([[True], first]))


def decode(evidence: Evidence, key: tuple[int, str] | None, *, flats: bool) -> list[Chord]:
    """The most probable chords, from 0 to the end without gaps; `N` where nothing sounds."""
    states = evidence.log_probability.shape[1]
    qualities = len(model().qualities)
    scores = evidence.log_probability + (_in_key(key) if key else 0.0)
    best = scores[0].copy()
    back = np.zeros((len(scores), states), np.int32)
    for n in range(1, len(scores)):
        cost = _CHANGE_COST["downbeat" if evidence.on_downbeat[n] else "beat"]
        leader = int(best.argmax())
        change = best[leader] - cost
        stays = best >= change
        back[n] = np.where(stays, np.arange(states), leader)
        best = np.where(stays, best, change) + scores[n]
    path = [int(best.argmax())]
    for n in range(len(scores) - 1, 0, -1):
        path.append(int(back[n, path[-1]]))
    path.reverse()
    certainty = np.exp(evidence.log_probability)
    chords: list[Chord] = []
    for n, state in enumerate(path):
        start, end = float(evidence.edges[n]), float(evidence.edges[n + 1])
        if evidence.sounding[n]:
            name = f"{spell(state // qualities, flats=flats)}:{model().qualities[state % qualities]}"
            trust = float(certainty[n].reshape(12, qualities)[state // qualities].sum())
        else:
            name, trust = "N", 1.0
        if chords and chords[-1].chord == name:
            last = chords[-1]
            length = end - last.start_time
            last.confidence = (last.confidence * (last.end_time - last.start_time) + trust * (end - start)) / length
            last.end_time = end
        else:
            chords.append(Chord(start_time=start, end_time=end, chord=name, confidence=min(1.0, trust)))
    return chords


def triad(label: str) -> tuple[int, str] | None:
    """Root and `maj` or `min` of a chord by its third; None for `N` and chords without a third."""
    root, colon, quality = label.partition(":")
    if not colon or quality.startswith("sus"):
        return None
    return pitch_class(root), "min" if quality.startswith(("min", "dim", "hdim")) else "maj"


def _in_key(key: tuple[int, str]) -> np.ndarray:
    """A bonus for states whose tones are all in the key's scale."""
    tonic, mode = key
    scale = _MAJOR_SCALE if mode == "major" else _MINOR_SCALE
    return np.array(
        [
            _KEY_BONUS * all((root + tone - tonic) % 12 in scale for tone in tones)
            for root in range(12)
            for tones in model().tones
        ]
    )
