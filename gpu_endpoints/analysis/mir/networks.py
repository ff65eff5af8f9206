"""madmom's beat and chroma networks on fast inference: the same weights, the same answers, many times sooner."""

from __future__ import annotations

from functools import lru_cache
from itertools import pairwise

import numpy as np
from scipy.special import expit

from gpu_endpoints.analysis.mir import madmom_models, pitches, recurrent
from gpu_endpoints.analysis.mir.spectra import FilteredSpectrum, positive_difference

RATE = 44100
_BEAT_HOP, _CHROMA_HOP = 441, 4410
_BEAT_FRAMES = ((1024, 3), (2048, 6), (4096, 12))  # frame size, bands an octave
_RISES_OF = 1  # the spectrum whose rises are kept
_CHROMA_FRAME, _CHROMA_CONTEXT = 8192, 15


def beat_activations(mono: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Probabilities of (beat that is no downbeat, downbeat), and how much the spectrum rises, at 100 frames a second.

    float32 (frames, 2), and (frames, 4) as of `rises`.
    """
    parts = []
    for spectrum, lag in _beat_spectra():
        level = spectrum(mono)
        parts += [level, positive_difference(level, lag)]
    return _beat_ensemble()(np.hstack(parts))[:, 1:], _in_bands(parts[2 * _RISES_OF + 1])


def rises(mono: np.ndarray) -> np.ndarray:
    """How much the log spectrum rises from frame to frame below 190, 500, 2800 Hz and above, float32 (frames, 4)."""
    spectrum, lag = _beat_spectra()[_RISES_OF]
    return _in_bands(positive_difference(spectrum(mono), lag))


def pitch_profiles(mono: np.ndarray) -> np.ndarray:
    """Deep chroma and the three profiles of `pitches`, from one spectrum, float32 (frames, 48) at 10 fps."""
    level = _chroma_spectrum()(mono)
    return np.hstack([deep_chroma(level), pitches.profiles(level, _chroma_frequencies())]).astype(np.float32)


def spectral_profiles(mono: np.ndarray) -> np.ndarray:
    """The three profiles of `pitches` alone, float32 (frames, 36) at 10 fps."""
    return pitches.profiles(_chroma_spectrum()(mono), _chroma_frequencies()).astype(np.float32)


def deep_chroma(level: np.ndarray) -> np.ndarray:
    """12 chroma activations for each frame of the chroma spectrum, float32 (frames, 12)."""
    half = _CHROMA_CONTEXT // 2
    padded = np.pad(level, ((half, half), (0, 0)))
    context = np.lib.stride_tricks.sliding_window_view(padded, _CHROMA_CONTEXT, axis=0)
    values = context.transpose(0, 2, 1).reshape(len(level), -1)
    *hidden, (weights, bias) = _chroma_layers()
    for layer_weights, layer_bias in hidden:
        values = np.maximum(values @ layer_weights + layer_bias, 0)
    return expit(values @ weights + bias)


def _in_bands(rise: np.ndarray) -> np.ndarray:
    bands = rise.shape[1]
    edges = (0, bands // 6, bands // 3, 2 * bands // 3, bands)
    return np.stack([rise[:, low:high].sum(axis=1) for low, high in pairwise(edges)], axis=1)


@lru_cache(maxsize=1)
def _beat_ensemble() -> recurrent.Ensemble:
    ensemble = madmom_models.downbeat_networks().processors[1]
    return recurrent.from_madmom(ensemble.processors[0].processors)


@lru_cache(maxsize=1)
def _beat_spectra() -> list[tuple[FilteredSpectrum, int]]:
    """Each frame size's spectrum, and over how many frames its rise is measured."""
    found = []
    for size, bands in _BEAT_FRAMES:
        filterbank = madmom_models.log_filterbank(size, bands, fmin=30, fmax=17000)
        loud = int(np.argmax(np.hanning(size) > 0.5 * np.hanning(size).max()))
        lag = int(max(1, round((size / 2 - loud) / _BEAT_HOP)))
        found.append((FilteredSpectrum(size, _BEAT_HOP, filterbank), lag))
    return found


@lru_cache(maxsize=1)
def _chroma_spectrum() -> FilteredSpectrum:
    filterbank = madmom_models.log_filterbank(_CHROMA_FRAME, 24, fmin=65, fmax=2100)
    return FilteredSpectrum(_CHROMA_FRAME, _CHROMA_HOP, filterbank)


@lru_cache(maxsize=1)
def _chroma_frequencies() -> np.ndarray:
    return madmom_models.band_centres(_CHROMA_FRAME, 24, fmin=65, fmax=2100)


@lru_cache(maxsize=1)
def _chroma_layers() -> list[tuple[np.ndarray, np.ndarray]]:
    (network,) = madmom_models.deep_chroma().processors[-1].processors[0].processors
    return [(np.asarray(layer.weights), np.asarray(layer.bias)) for layer in network.layers]
