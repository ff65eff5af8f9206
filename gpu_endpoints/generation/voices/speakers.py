"""How like two voices are, without weights: cepstra of the spectral envelope of voiced sound, their spread, formants
and pitch, each measured against how far it varies within one voice.

What varies how far is data (`speakers.json`, written by `python -m benchmarks.voices.fit_speakers`), measured on
synthetic speakers who say different sentences. It tells voices apart that differ; it is no biometric proof, and it was
not made on people.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise
from pathlib import Path

import numpy as np
from scipy.fft import dct

from gpu_endpoints.generation.voices import formants, frames
from gpu_endpoints.generation.voices.frames import PERIOD, Frames

NAME = "measured cepstra"
WINDOW_SECONDS = 2.0  # of voiced sound, that one embedding is made of
_BANDS, _LOW, _HIGH = 40, 80.0, 7000.0
_CEPSTRA = 13  # finer ones are of the recording and of what is said
_QUIETEST_DB = -25.0
_LEAST_FRAMES = 60
Vector = np.ndarray


def raw(sung: Frames) -> Vector | None:
    """What is measured of some voiced sound, (30,), not yet weighed; None where there is too little of it."""
    voiced = np.flatnonzero(sung.voiced)
    if len(voiced) < _LEAST_FRAMES:
        return None
    level = sung.level[voiced]
    voiced = voiced[level >= np.percentile(level, 95) + _QUIETEST_DB]
    bands = frames.by_bands(sung.logs[voiced], sung.rate, _BANDS, _LOW, _HIGH)
    cepstra = np.asarray(dct(bands, axis=1, norm="ortho"))[:, 1 : _CEPSTRA + 1]
    found = formants.of_envelopes(sung.logs[voiced], sung.rate)
    known = found[np.isfinite(found[:, :3]).all(axis=1), :3]
    resonances = np.log2(np.median(known, axis=0) / 1000.0) if len(known) else np.log2([0.5, 1.5, 2.5])
    pitch = np.log2(np.median(sung.f0[voiced]) / 200.0)
    return np.concatenate([cepstra.mean(axis=0), cepstra.std(axis=0), resonances, [pitch]])


def embedding(measured: Vector) -> list[float]:
    """Of length 1, against the mean of known voices and what varies within one."""
    usual = _usual()
    place = (measured - usual[0]) / usual[1]
    return [round(float(one), 5) for one in place / max(float(np.linalg.norm(place)), 1e-9)]


def windows(sung: Frames) -> list[Vector]:
    """One measurement for each two seconds of voiced sound, in order; the last part joins the one before."""
    voiced = np.flatnonzero(sung.voiced)
    step = round(WINDOW_SECONDS / PERIOD)
    edges = [*range(0, max(1, len(voiced) - step // 2), step), len(voiced)]
    found = []
    for first, last in pairwise(edges):
        if last <= first:
            continue
        here = slice(voiced[first], voiced[last - 1] + 1)
        measured = raw(Frames(sung.f0[here], sung.logs[here], sung.aperiodicity[here], sung.rate))
        if measured is not None:
            found.append(measured)
    return found


def likeness(one: Sequence[float], other: Sequence[float]) -> float:
    """The cosine of two embeddings: 1 is the same, 0 as unlike as voices usually are."""
    if len(one) != len(other):
        return 0.0
    return round(float(np.dot(one, other)), 3)


def together(embeddings: Sequence[Sequence[float]]) -> list[float]:
    """The embedding of several: their mean, of length 1."""
    mean = np.mean(np.asarray(embeddings), axis=0)
    return [round(float(one), 5) for one in mean / max(float(np.linalg.norm(mean)), 1e-9)]


def thresholds() -> tuple[float, float]:
    """The likeness below which two windows of a recording are two speakers, and below which two recordings are."""
    about = _about()
    return float(about["same_recording"]), float(about["same_voice"])


@lru_cache(maxsize=1)
def _usual() -> tuple[Vector, Vector]:
    about = _about()
    mean, within = np.array(about["mean"]), np.array(about["within"])
    if mean.shape != within.shape or not (within > 0).all():
        raise ValueError("speakers.json: mean and within are of one length, and nothing varies by 0")
    return mean, within


@lru_cache(maxsize=1)
def _about() -> dict:
    return json.loads(Path(__file__).with_suffix(".json").read_text(encoding="utf-8"))
