"""What of a recording its style and its mood are told by: figures of its sound and of where it lies in its beats.

    rhythm    (72) when something begins in the beat: odd and even beats, three bands, twelve places in each
    balance   (20) how the spectrum is balanced, in dB by band
    cues       (9) `CUES`, of which moods are a linear function

A recording streams by, in little memory: two hours take some ten MB.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable

import numpy as np

from gpu_endpoints.audio import pitches, spectra
from gpu_endpoints.audio.levels import SAMPLE_RATE
from ripieno.music.conditioning import Conditioning

PLACES = 12  # of a beat, so that sixteenths and triplets have one each
CUES = (
    "tempo", "low strokes", "middle strokes", "high strokes", "dynamics", "peaks", "brightness", "minor", "loudness",
)  # fmt: skip
"""Octaves over 1 bpm; strokes a second by band; from quiet to loud passages and from the mean to peaks, both in dB; the
middle of the spectrum in octaves over 1 Hz; how much more like a minor key than like a major one; LUFS."""

_WINDOW, _HOP = 2048, 512
_EDGES_HZ = (30.0, 160.0, 2000.0, 14000.0)  # kick and bass; chords, voice and snare; cymbals
_BALANCE_HZ = np.geomspace(50.0, 14000.0, 21)
_ABOVE_MEAN = 1.5  # of onset strength: what counts as a stroke
_LEVEL_SECONDS = 0.4
_LEVEL_SAMPLES = round(_LEVEL_SECONDS * SAMPLE_RATE)
_CHROMA_SAMPLES = 60 * SAMPLE_RATE  # at once, by its own loudest peak
_LOWEST_DB, _HIGHEST_DB, _BINS_A_DB = -120, 60, 20
_QUIET_LUFS = -70.0  # what has no loudness

RHYTHM = slice(0, 6 * PLACES)
BALANCE = slice(RHYTHM.stop, RHYTHM.stop + len(_BALANCE_HZ) - 1)
OF_CUES = slice(BALANCE.stop, BALANCE.stop + len(CUES))
SOUND = slice(OF_CUES.start, OF_CUES.stop - 1)  # without the loudness, which is the mastering's


class Measure:
    """A recording as it streams by: `add` blocks of float32 (frames, 2) at 44.1 kHz, then ask for its `features`."""

    def __init__(self, tuning: float = 440.0):
        self._tuning = tuning
        self._edges = [round(hertz * _WINDOW / SAMPLE_RATE) for hertz in _EDGES_HZ]
        self._stream = spectra.Stream(_WINDOW, _HOP, slice(None))
        self._flux: list[np.ndarray] = []
        self._before: np.ndarray | None = None
        self._power, self._frames = np.zeros(_WINDOW // 2 + 1), 0
        self._squares, self._samples = 0.0, 0
        self._heights = np.zeros((_HIGHEST_DB - _LOWEST_DB) * _BINS_A_DB, np.int64)
        self._levels: list[np.ndarray] = []
        self._short = np.zeros(0, np.float32)
        self._unpitched: list[np.ndarray] = []
        self._shares, self._pitched = np.zeros(12), 0

    def add(self, block: np.ndarray) -> None:
        mono = np.asarray(block.mean(axis=1), np.float32)
        self._hear(self._stream.add(mono))
        self._squares += float(np.einsum("n,n->", mono, mono, dtype=np.float64))
        self._samples += len(mono)
        height = 20 * np.log10(np.abs(block.ravel()) + 10 ** (_LOWEST_DB / 20))
        bins = np.clip(((height - _LOWEST_DB) * _BINS_A_DB).astype(np.int64), 0, len(self._heights) - 1)
        self._heights += np.bincount(bins, minlength=len(self._heights))
        self._short = np.concatenate([self._short, mono])
        whole = len(self._short) // _LEVEL_SAMPLES * _LEVEL_SAMPLES
        self._levels.append((self._short[:whole].reshape(-1, _LEVEL_SAMPLES) ** 2).mean(axis=1))
        self._short = self._short[whole:]
        self._unpitched.append(mono)
        if sum(map(len, self._unpitched)) >= _CHROMA_SAMPLES:
            self._pitch()

    def features(self, music: Conditioning, loudness_lufs: float | None) -> np.ndarray:
        """All of them, for a recording that begins with the conditioning's range; nothing can be added after that."""
        self._hear(self._stream.end())
        self._pitch()
        flux = np.concatenate(self._flux, axis=1) if self._flux else np.zeros((3, 1))
        power = self._power / max(1, self._frames)
        hertz = np.arange(len(power)) * SAMPLE_RATE / _WINDOW
        bands = np.array([power[(hertz >= a) & (hertz < b)].sum() for a, b in itertools.pairwise(_BALANCE_HZ)])
        balance = 10 * np.log10(bands + 1e-12 * bands.max(initial=1e-12))
        cues = np.array([*self._cues(flux, power, hertz), _QUIET_LUFS if loudness_lufs is None else loudness_lufs])
        cues[0] = np.log2(music.timeline.bpm)
        return np.concatenate([*_rhythm(flux, music), balance - balance.mean(), cues])

    # -- parts ----------------------------------------------------------------------------------------------------

    def _hear(self, blocks: Iterable[np.ndarray]) -> None:
        for spectrum in blocks:
            self._power += (spectrum.astype(np.float64) ** 2).sum(axis=0)
            self._frames += len(spectrum)
            levels = np.log1p(1000 * spectrum)
            before = levels[:1] if self._before is None else self._before
            rise = np.maximum(np.diff(levels, axis=0, prepend=before), 0)
            bands = [rise[:, a : max(b, a + 1)].mean(axis=1) for a, b in itertools.pairwise(self._edges)]
            self._flux.append(np.stack(bands))
            self._before = levels[-1:]

    def _pitch(self) -> None:
        mono = np.concatenate(self._unpitched) if self._unpitched else np.zeros(0, np.float32)
        self._unpitched = []
        if len(mono):
            found = np.sqrt(pitches.chroma(mono, self._tuning))
            self._shares += found.sum(axis=0)
            self._pitched += len(found)

    def _cues(self, flux: np.ndarray, power: np.ndarray, hertz: np.ndarray) -> list[float]:
        """All but the loudness; the tempo is not heard here."""
        seconds = self._samples / SAMPLE_RATE
        strokes = []
        for band in flux:
            peaks = (band[1:-1] > band[:-2]) & (band[1:-1] >= band[2:]) & (band[1:-1] > _ABOVE_MEAN * band.mean())
            strokes.append(float(peaks.sum()) / max(1.0, seconds))
        of_levels = np.concatenate(self._levels) if self._levels else np.zeros(0)
        levels = 10 * np.log10(of_levels + 1e-9) if len(of_levels) else np.zeros(1)
        spread = float(np.percentile(levels, 95) - np.percentile(levels, 30))
        rms = 10 * np.log10(self._squares / max(1, self._samples) + 1e-18)
        crest = max(self._height(0.999) - rms, 0.0)
        middle = np.log2(hertz[np.searchsorted(np.cumsum(power), power.sum() / 2)] + 50.0)
        minor = pitches.how_minor(self._shares / max(1, self._pitched))
        return [0.0, *strokes, spread, crest, float(middle), minor]

    def _height(self, share: float) -> float:
        """The level in dB that so many samples lie below."""
        total = int(self._heights.sum())
        if not total:
            return float(_LOWEST_DB)
        return _LOWEST_DB + float(np.searchsorted(np.cumsum(self._heights), share * total) + 0.5) / _BINS_A_DB


def _rhythm(flux: np.ndarray, music: Conditioning) -> list[np.ndarray]:
    """For each band and for odd and even beats, what share begins at each place of the beat."""
    rate = SAMPLE_RATE / _HOP
    origin = music.start_seconds
    beats = np.arange(np.ceil(music.first - 1e-6), music.last)
    inside = beats[:, None] + np.arange(PLACES) / PLACES
    times = np.array(music.timeline.times)
    number = np.clip(np.floor(inside).astype(int), 0, len(times) - 2)
    places = times[number] + (inside - number) * (times[number + 1] - times[number]) - origin
    frames, width = np.arange(flux.shape[1]), max(1, round(0.03 * rate))
    found = []
    for band in flux:
        smooth = np.convolve(band, np.ones(width) / width, "same")
        heard = np.interp(places.ravel() * rate, frames, smooth).reshape(-1, PLACES)
        for parity in (0, 1):
            own = heard[parity::2].mean(axis=0) if len(heard) > parity else np.zeros(PLACES)
            found.append(own / (own.sum() + 1e-9))
    return found
