"""madmom's trained networks (CC BY-NC-SA 4.0, non-commercial), on interpreters and NumPys it was not written for."""

from __future__ import annotations

import collections
import collections.abc
import json
import warnings
from functools import lru_cache
from pathlib import Path

import numpy as np

from gpu_endpoints import weights

for _name in ("MutableSequence", "Mapping", "Sequence"):
    if not hasattr(collections, _name):
        setattr(collections, _name, getattr(collections.abc, _name))
for _name, _type in (("float", float), ("int", int), ("bool", bool), ("object", object), ("complex", complex)):
    if _name not in np.__dict__:
        setattr(np, _name, _type)

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from madmom import models
    from madmom.audio.chroma import DeepChromaProcessor
    from madmom.audio.filters import LogarithmicFilterbank
    from madmom.audio.stft import fft_frequencies
    from madmom.features.downbeats import RNNDownBeatProcessor

RATE = 44100
_PACKAGE = Path(models.__file__).parent
_KNOWN: dict[str, str] = json.loads(Path(__file__).with_name("madmom_weights.json").read_text())
"""SHA-256 of the weights of madmom 0.16.1. They are pickles, which madmom can only load by running them: each is
compared first, so that none is run but these."""


@lru_cache(maxsize=1)
def downbeat_networks() -> RNNDownBeatProcessor:
    """Böck, Krebs & Widmer, ISMIR 2016: (beat, downbeat) activations at 100 fps from mono 44.1 kHz audio."""
    weights.check_hashes([Path(path) for path in models.DOWNBEATS_BLSTM], _KNOWN, _PACKAGE)
    return RNNDownBeatProcessor()


@lru_cache(maxsize=1)
def deep_chroma() -> DeepChromaProcessor:
    """Korzeniowski & Widmer, ISMIR 2016: 12 chroma activations at 10 fps."""
    weights.check_hashes([Path(path) for path in models.CHROMA_DNN], _KNOWN, _PACKAGE)
    return DeepChromaProcessor()


def log_filterbank(frame_size: int, bands: int, *, fmin: float, fmax: float) -> np.ndarray:
    """Triangular filters, `bands` an octave, (frame_size / 2, filters), each with unit area."""
    return np.asarray(_filters(frame_size, bands, fmin, fmax), dtype=np.float32)


def band_centres(frame_size: int, bands: int, *, fmin: float, fmax: float) -> np.ndarray:
    """The centre frequency in Hz of each of those filters."""
    return np.asarray(_filters(frame_size, bands, fmin, fmax).center_frequencies)


def _filters(frame_size: int, bands: int, fmin: float, fmax: float) -> LogarithmicFilterbank:
    frequencies = fft_frequencies(frame_size // 2, RATE)
    return LogarithmicFilterbank(frequencies, num_bands=bands, fmin=fmin, fmax=fmax, norm_filters=True)
