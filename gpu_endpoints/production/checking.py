"""A finished stem heard again. Does it lie on the beats, in the chords and the key, how loud is it.

Measures of the audio alone, whoever made it; no networks. For a verdict by whole analyses see `benchmarks/generation`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gpu_endpoints.audio import spectra
from gpu_endpoints.audio.levels import SAMPLE_RATE, levels
from gpu_endpoints.audio.pitches import HOP, MAJOR, MINOR, chroma
from ripieno.contracts.enums import StemType
from ripieno.contracts.production import Score
from ripieno.music.conditioning import Conditioning
from ripieno.music.genres.blending import blend

ONSET_HOP = 441  # 10 ms
_ONSET_WINDOW = 1024
_LAGS = np.arange(-0.25, 0.2501, 0.0125)  # beats
_RATIOS = np.arange(0.92, 1.0801, 0.0025)
_NEAR_SECONDS = 0.025
_FEW_BEATS = 4
_UNCLEAR = 0.1  # of the mean: onsets that stand out less have no beat
_CLEARLY, _SLIGHTLY = 1.1, 1.02  # how much better another tempo or place has to be
_AT_TEMPO = int(np.abs(_RATIOS - 1).argmin())
_SILENT_PEAK = 1e-4
GOOD_CHORDS = 0.75
GOOD_BEATS = 0.5


@dataclass(frozen=True)
class Alignment:
    """How a recording lies on a grid.

    `strength` : 0..1, its onsets on the grid as it is, of what they would be at the best `lag` and `ratio`
    `lag` : seconds, positive is late
    `ratio` : its tempo by the grid's
    `clarity` : how far its onsets at the best place stand out from the rest, 0 not at all
    """

    strength: float
    lag: float
    ratio: float
    clarity: float


def score(audio: np.ndarray, conditioning: Conditioning, *, stem_type: StemType, style: str) -> Score:
    """
    Parameters
    ----------
    audio : float32 (frames, 2) at 44.1 kHz, the finished stem
    """
    peak, level = levels(audio)
    found = Score(peak=peak, loudness_lufs=level)
    if peak < _SILENT_PEAK:
        found.remarks.append("it is silent")
        return found
    mono = audio.mean(axis=1)
    is_drums = stem_type == StemType.DRUMS
    swing = blend(style).feel.swing
    on_grid = align(onsets(mono), conditioning, swing, syncopated=not is_drums)
    if on_grid is not None:
        found.beat_alignment = round(on_grid.strength, 3)
        found.offset_ms = round(1000 * on_grid.lag, 1)
        found.tempo_error = round(abs(on_grid.ratio - 1), 4)
        if on_grid.strength < GOOD_BEATS:
            found.remarks.append(f"it does not keep to the beats ({on_grid.strength:.0%})")
    if not is_drums:
        pitches = chroma(mono, conditioning.tuning)
        found.chord_agreement = _rounded(_on_chords(pitches, conditioning), 3)
        found.key_agreement = _rounded(_in_key(pitches, conditioning), 3)
        if found.chord_agreement is not None and found.chord_agreement < GOOD_CHORDS:
            found.remarks.append(f"its harmony is not the song's ({found.chord_agreement:.0%})")
    found.energy_correlation = _rounded(_follows_energy(mono, conditioning), 3)
    parts = [found.beat_alignment, found.chord_agreement]
    if found.energy_correlation is not None:
        parts.append(max(0.0, found.energy_correlation))
    heard = [part for part in parts if part is not None]
    found.overall = round(float(np.clip(np.mean(heard), 0, 1)), 3) if heard else 0.0
    return found


def onsets(mono: np.ndarray) -> np.ndarray:
    """Half-wave rectified spectral flux of log magnitudes, 100 frames a second (Dixon, DAFx 2006)."""
    found, before = [], None
    for spectrum in spectra.blocks(mono, _ONSET_WINDOW, ONSET_HOP, slice(0, _ONSET_WINDOW // 4)):
        levels = np.log1p(1000 * spectrum)
        rise = np.diff(levels, axis=0, prepend=levels[:1] if before is None else before)
        found.append(np.maximum(rise, 0).mean(axis=1))
        before = levels[-1:]
    return np.concatenate(found)


def align(
    strength: np.ndarray, conditioning: Conditioning, swing: float = 0.5, *, syncopated: bool = False
) -> Alignment | None:
    """Where the onsets lie best on the beats and their halves (or thirds); None where there are too few to tell.

    What is `syncopated` may as well lie between those, on any sixteenth of the beat.
    """
    timeline, first, last = conditioning.timeline, conditioning.first, conditioning.last
    beats = np.arange(np.ceil(first - 1e-6), last - 1e-6)
    if len(beats) < _FEW_BEATS or strength.max(initial=0.0) < 1e-3:
        return None
    parts = (0.0, 1 / 3, 2 / 3) if timeline.compound else (0.0, swing)
    grids = [parts] if not syncopated else [parts, *((part,) for part in parts), (swing / 2, (1 + swing) / 2)]
    smooth = np.convolve(strength, np.hanning(7) / np.hanning(7).sum(), "same")
    period = (timeline.at(last) - timeline.at(first)) / (last - first)
    lags = _LAGS * period
    lags = lags[np.abs(lags) <= period / 8] if syncopated else lags
    heard = np.stack([_on_grid(smooth, conditioning, beats, grid, lags) for grid in grids]).max(axis=0)
    mean = float(smooth.mean())
    at_tempo = heard[_AT_TEMPO]
    near = at_tempo[np.abs(lags) <= _NEAR_SECONDS]
    best = np.unravel_index(int(heard.argmax()), heard.shape)
    clarity = float(heard[best] / mean - 1)
    if clarity < _UNCLEAR:
        return None  # pads and the like have no onsets to speak of
    if at_tempo.max() >= heard[best] / _CLEARLY:
        best = (_AT_TEMPO, int(at_tempo.argmax()))
    if near.max() >= heard[best] / _SLIGHTLY:
        lag, ratio = float(lags[np.abs(lags) <= _NEAR_SECONDS][near.argmax()]), 1.0
    else:
        lag, ratio = float(lags[best[1]]), float(_RATIOS[best[0]])
    on_grid = float(np.clip((near.max() - mean) / (heard[best] - mean), 0, 1))
    return Alignment(on_grid, lag, ratio, clarity)


def _on_grid(
    strength: np.ndarray, conditioning: Conditioning, beats: np.ndarray, parts: tuple[float, ...], lags: np.ndarray
) -> np.ndarray:
    """Mean onset strength on some parts of every beat, (tempo ratios, lags); the first part counts twice."""
    weights = np.tile([1.0, *([0.5] * (len(parts) - 1))], len(beats))
    places = (beats[:, None] + np.array(parts)).ravel()
    times = np.array([conditioning.timeline.at(place) for place in places]) - conditioning.start_seconds
    moments = times[None, None, :] / _RATIOS[:, None, None] + lags[None, :, None]
    frames = np.arange(len(strength))
    heard = np.interp(moments * SAMPLE_RATE / ONSET_HOP, frames, strength, left=0.0, right=0.0)
    return heard @ weights / weights.sum()


def on_chords(mono: np.ndarray, conditioning: Conditioning) -> float | None:
    """How well the chords explain what sounds, 0..1; None where nothing does."""
    return _on_chords(chroma(mono, conditioning.tuning), conditioning) if np.abs(mono).max(initial=0.0) > 1e-4 else None


def _on_chords(pitches: np.ndarray, conditioning: Conditioning) -> float | None:
    """How well each chord explains what sounds in its time, by how well it would twelve steps round: 1 where no
    transposition of it would do better. Loud chords count more, by the root of their energy."""
    rate = SAMPLE_RATE / HOP
    total, agreed = 0.0, 0.0
    for span in conditioning.chords:
        start, end = max(span.start, conditioning.first), min(span.end, conditioning.last)
        if span.chord is None or end <= start:
            continue
        times = [conditioning.timeline.at(beat) - conditioning.start_seconds for beat in (start, end)]
        a = min(round(times[0] * rate), len(pitches) - 1)
        b = max(a + 1, round(times[1] * rate))
        heard = np.sqrt(pitches[a:b]).sum(axis=0)
        weight = float(np.sqrt(pitches[a:b].sum()))
        if weight <= 0:
            continue
        tones = np.array(sorted(set(span.chord.pitch_classes) | {span.chord.bass}))
        shares = np.array([heard[(tones + shift) % 12].sum() for shift in range(12)])
        total, agreed = total + weight, agreed + weight * float(shares[0] / shares.max())
    return agreed / total if total > 0 else None


def _in_key(pitches: np.ndarray, conditioning: Conditioning) -> float | None:
    """Correlation of the pitch classes with the profile of the range's main key (Krumhansl and Kessler 1982)."""
    mean = np.sqrt(pitches).mean(axis=0)
    if mean.std() <= 0:
        return None
    key = conditioning.main_key
    profile = np.roll(MAJOR if key.mode == "major" else MINOR, key.tonic)
    return float(np.corrcoef(mean, profile)[0, 1])


def _follows_energy(mono: np.ndarray, conditioning: Conditioning) -> float | None:
    bars = conditioning.bars()
    wanted = np.array([conditioning.energy_of(bar) for bar in bars])
    if len(bars) < 4 or wanted.std() < 0.02:
        return None
    origin, levels = conditioning.start_seconds, []
    for bar in bars:
        a = round((conditioning.timeline.at(bar.first) - origin) * SAMPLE_RATE)
        b = round((conditioning.timeline.at(bar.first + bar.beats) - origin) * SAMPLE_RATE)
        piece = mono[max(0, a) : b]
        levels.append(float(np.sqrt(np.mean(piece**2))) if len(piece) else 0.0)
    found = np.array(levels)
    return float(np.corrcoef(found, wanted)[0, 1]) if found.std() > 0 else 0.0


def _rounded(value: float | None, digits: int) -> float | None:
    return None if value is None else round(value, digits)
