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

from gpu_endpoints.analysis.mir import confidence
from gpu_endpoints.analysis.mir.features import FRAME_FPS, Features
from gpu_endpoints.analysis.mir.paths import best_path
from gpu_endpoints.analysis.mir.tonality import LocalKey, key_at
from ripieno.contracts.analysis import Chord
from ripieno.music.pitch import spell, uses_flats

MODELS = Path(__file__).with_name("chord_model.json")
_CHANGE_COST = {"downbeat": 1.2, "beat": 2.6}
_KEY_BONUS = 0.5
_SILENT_RMS = 10 ** (-60 / 20)
_GRID_SECONDS = 0.5  # where no beats were found
_INVERTED = 2.5  # times the root's level in the bass
_CLEAR_BASS = 0.6
_NEVER_LOWEST = (2, 5)  # a suspended tone in the bass is another chord
_DEGREES = {3: "b3", 4: "3", 6: "b5", 7: "5", 10: "b7", 11: "7"}
_MAJOR_SCALE, _MINOR_SCALE = {0, 2, 4, 5, 7, 9, 11}, {0, 2, 3, 5, 7, 8, 10, 11}


@dataclass(frozen=True, eq=False)
class ChordModel:
    """`weights` (48, qualities), `bias` (qualities,): evidence for each quality from profiles rolled to the root.

    There is one for each way of hearing, see `features.Features.hearing`.
    """

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


@lru_cache(maxsize=3)
def model(hearing: str) -> ChordModel:
    stored = json.loads(MODELS.read_text())
    fitted = stored["hearing"][hearing]
    return ChordModel(stored["qualities"], stored["tones"], np.array(fitted["weights"]), np.array(fitted["bias"]))


@dataclass(frozen=True)
class Evidence:
    """What the decoder works on: spans (n + 1 edges in seconds), log evidence (n, states), which spans sound, and which
    begin a bar; `bass` (n, 12) is the profile of the lowest notes."""

    edges: np.ndarray
    log_probability: np.ndarray
    bass: np.ndarray
    sounding: np.ndarray
    on_downbeat: np.ndarray
    model: ChordModel


def gather(features: Features, beats: np.ndarray, positions: np.ndarray) -> Evidence:
    """Average the profiles over beats.

    Parameters
    ----------
    beats, positions : beat times in seconds and positions in the bar; may be empty
    """
    profiles, duration = features.profiles, features.duration
    inner = beats[(beats > 0.05) & (beats < duration - 0.05)]
    first = positions[(beats > 0.05) & (beats < duration - 0.05)] == 1
    if not len(inner):
        inner = np.arange(_GRID_SECONDS, duration - 0.05, _GRID_SECONDS)
        first = np.zeros(len(inner), bool)
    edges = np.concatenate([[0.0], inner, [duration]])
    count = len(profiles)
    rows, sounding = [], []
    for start, end in pairwise(edges):
        a = min(int(start * FRAME_FPS + 0.5), count - 1)
        b = min(max(a + 1, int(end * FRAME_FPS + 0.5)), count)
        rows.append(profiles[a:b].mean(axis=0))
        sounding.append(features.rms[a:b].max(initial=0.0) > _SILENT_RMS)
    means = np.array(rows)
    fitted = model(features.hearing)
    on_downbeat = np.concatenate([[True], first])
    return Evidence(edges, fitted.evidence(means), means[:, 36:48], np.array(sounding), on_downbeat, fitted)


def decode(evidence: Evidence, keys: list[LocalKey]) -> list[Chord]:
    """The most probable chords, from 0 to the end without gaps; `N` where nothing sounds.

    Parameters
    ----------
    keys : the keys as context, for the choice of chords and how they are spelled; may be empty
    """
    model, qualities = evidence.model, len(evidence.model.qualities)
    at_span = [key_at(keys, float(start)) for start in evidence.edges[:-1]]
    in_key = np.stack([_in_key(key, model) for key in at_span])
    costs = np.where(evidence.on_downbeat, _CHANGE_COST["downbeat"], _CHANGE_COST["beat"])
    path = best_path(evidence.log_probability + in_key, costs)
    certainty = np.exp(evidence.log_probability).reshape(len(path), 12, qualities).sum(axis=2)
    chords: list[Chord] = []
    first = 0
    for n in range(1, len(path) + 1):
        if n < len(path) and path[n] == path[first] and evidence.sounding[n] == evidence.sounding[first]:
            continue
        start, end = float(evidence.edges[first]), float(evidence.edges[n])
        if evidence.sounding[first]:
            root, quality = divmod(path[first], qualities)
            key = at_span[first]
            flats = uses_flats(key.tonic, key.mode) if key else False
            lengths = np.diff(evidence.edges[first : n + 1])
            trust = confidence.calibrated("chords", float(np.average(certainty[first:n, root], weights=lengths)))
            inversion = _inversion(evidence.bass[first:n].mean(axis=0), root, model.tones[quality])
            name = f"{spell(root, flats=flats)}:{model.qualities[quality]}{inversion}"
        else:
            name, trust = "N", 1.0
        chords.append(Chord(start_time=start, end_time=end, chord=name, confidence=min(1.0, trust)))
        first = n
    return chords


def _inversion(bass: np.ndarray, root: int, tones: list[int]) -> str:
    """`/3` and the like where another tone of the chord clearly is the lowest."""
    lowest = max(tones, key=lambda tone: bass[(root + tone) % 12])
    level = bass[(root + lowest) % 12]
    if lowest in (0, *_NEVER_LOWEST) or level < max(_INVERTED * bass[root], _CLEAR_BASS):
        return ""
    return f"/{_DEGREES[lowest]}"


def _in_key(key: LocalKey | None, model: ChordModel) -> np.ndarray:
    """A bonus for states whose tones are all in the key's scale, (states,)."""
    if key is None:
        return np.zeros(12 * len(model.tones))
    return np.roll(_in_scale(key.mode, model), key.tonic * len(model.tones))


@lru_cache(maxsize=8)
def _in_scale(mode: str, model: ChordModel) -> np.ndarray:
    scale = _MAJOR_SCALE if mode == "major" else _MINOR_SCALE
    return np.array(
        [_KEY_BONUS * all((root + tone) % 12 in scale for tone in tones) for root in range(12) for tones in model.tones]
    )
