"""How a finished piece sounds beside measured profiles: which style it is most like, how excited and how glad it is.

A profile is the mean of some features over pieces of a style that were made and measured (`python -m
benchmarks.composition.fit_profiles`); valence and arousal are a linear function of the same features, fitted to what
those pieces were asked to be. So it is known whether a piece sounds as others that are made for the same words, not
what a listener would say.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from pydantic import BaseModel, ConfigDict

from gpu_endpoints.audio.levels import SAMPLE_RATE
from gpu_endpoints.production import checking, spectra
from ripieno.music.conditioning import Conditioning

_WINDOW, _HOP = 2048, 512
_EDGES_HZ = (30.0, 160.0, 2000.0, 14000.0)  # kick and bass; chords, voice and snare; cymbals
PLACES = 12  # of a beat, so that sixteenths and triplets have one each
_BALANCE_HZ = np.geomspace(50.0, 14000.0, 21)
_ABOVE_MEAN = 1.5  # of onset strength: what counts as a stroke
_LEVEL_SECONDS = 0.4


class _Profiles(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    about: str
    mean: list[float]
    spread: list[float]
    styles: dict[str, list[float]]
    valence: list[float]
    arousal: list[float]
    mood_mean: tuple[float, float]


@dataclass(frozen=True)
class Likeness:
    """`styles` by how like them it is, the most first; `valence` and `arousal` from -1 to 1."""

    styles: tuple[str, ...]
    valence: float
    arousal: float


def likeness(audio: np.ndarray, music: Conditioning) -> Likeness:
    """Of float32 (frames, 2) at 44.1 kHz that begins with the conditioning's range."""
    known = profiles()
    measured = (features(audio, music) - np.array(known.mean)) / np.array(known.spread)
    apart = {name: distance(measured, np.array(own)) for name, own in known.styles.items()}
    mood = [
        float(np.clip(mean + measured @ np.array(weights), -1, 1))
        for mean, weights in zip(known.mood_mean, (known.valence, known.arousal), strict=True)
    ]
    return Likeness(tuple(sorted(apart, key=apart.__getitem__)), round(mood[0], 3), round(mood[1], 3))


def distance(measured: np.ndarray, own: np.ndarray) -> float:
    """Mean square over each group of features, the groups alike."""
    apart = np.minimum(np.abs(measured - own), 4.0) ** 2  # one feature that is far off is not all there is
    return float(sum(apart[group].mean() for group in GROUPS))


RHYTHM = slice(0, 6 * PLACES)
BALANCE = slice(RHYTHM.stop, RHYTHM.stop + len(_BALANCE_HZ) - 1)
REST = slice(BALANCE.stop, BALANCE.stop + 8)
GROUPS = (RHYTHM, BALANCE, REST)


def features(audio: np.ndarray, music: Conditioning) -> np.ndarray:
    """When something begins in the beat (odd and even beats, three bands), how the spectrum is balanced, and the tempo,
    strokes a second by band, how far loud parts lie above quiet ones, how peaky it is, where the spectrum's middle
    lies, and how much more like a minor key than like a major one its pitches are."""
    mono = np.asarray(audio.mean(axis=1), np.float32)
    flux, power = _passes(mono)
    rate = SAMPLE_RATE / _HOP
    beats = np.arange(np.ceil(music.first - 1e-6), music.last)
    origin = music.start_seconds
    places = np.array(
        [music.timeline.at(float(beat)) - origin for beat in (beats[:, None] + np.arange(PLACES) / PLACES).flat]
    )
    frames = np.arange(flux.shape[1])
    width = max(1, round(0.03 * rate))
    rhythm = []
    for band in flux:
        smooth = np.convolve(band, np.ones(width) / width, "same")
        heard = np.interp(places * rate, frames, smooth).reshape(-1, PLACES)
        for parity in (0, 1):
            own = heard[parity::2].mean(axis=0) if len(heard) > parity else np.zeros(PLACES)
            rhythm.append(own / (own.sum() + 1e-9))
    hertz = np.arange(len(power)) * SAMPLE_RATE / _WINDOW
    bands = np.array([power[(hertz >= a) & (hertz < b)].sum() for a, b in itertools.pairwise(_BALANCE_HZ)])
    balance = 10 * np.log10(bands + 1e-12 * bands.max(initial=1e-12))
    return np.concatenate([*rhythm, balance - balance.mean(), _rest(audio, mono, flux, power, hertz, music)])


def _rest(
    audio: np.ndarray, mono: np.ndarray, flux: np.ndarray, power: np.ndarray, hertz: np.ndarray, music: Conditioning
) -> np.ndarray:
    seconds = len(mono) / SAMPLE_RATE
    strokes = []
    for band in flux:
        peaks = (band[1:-1] > band[:-2]) & (band[1:-1] >= band[2:]) & (band[1:-1] > _ABOVE_MEAN * band.mean())
        strokes.append(peaks.sum() / max(1.0, seconds))
    step = round(_LEVEL_SECONDS * SAMPLE_RATE)
    whole = len(mono) // step * step
    levels = 10 * np.log10((mono[:whole].reshape(-1, step) ** 2).mean(axis=1) + 1e-9) if whole else np.zeros(1)
    spread = float(np.percentile(levels, 95) - np.percentile(levels, 30))
    rms = float(np.sqrt((mono**2).mean())) + 1e-9
    crest = 20 * np.log10(float(np.percentile(np.abs(audio), 99.9)) / rms + 1e-9)
    middle = np.log2(hertz[np.searchsorted(np.cumsum(power), power.sum() / 2)] + 50.0)
    minor = checking.how_minor(checking.chroma(mono, music.tuning))
    return np.array([np.log2(music.timeline.bpm), *strokes, spread, crest, middle, minor])


def _passes(mono: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Onset strength in three bands, (3, frames), and the mean power spectrum."""
    edges = [round(hertz * _WINDOW / SAMPLE_RATE) for hertz in _EDGES_HZ]
    flux: list[np.ndarray] = []
    power = np.zeros(_WINDOW // 2 + 1)
    frames = 0
    before: np.ndarray | None = None
    for spectrum in spectra.blocks(mono, _WINDOW, _HOP, slice(None)):
        power += (spectrum.astype(np.float64) ** 2).sum(axis=0)
        frames += len(spectrum)
        levels = np.log1p(1000 * spectrum)
        rise = np.maximum(np.diff(levels, axis=0, prepend=levels[:1] if before is None else before), 0)
        flux.append(np.stack([rise[:, a : max(b, a + 1)].mean(axis=1) for a, b in itertools.pairwise(edges)]))
        before = levels[-1:]
    return np.concatenate(flux, axis=1), power / max(1, frames)


@lru_cache(maxsize=1)
def profiles() -> _Profiles:
    return _Profiles.model_validate_json(Path(__file__).with_suffix(".json").read_text())
