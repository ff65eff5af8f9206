"""One pass over the audio gives every feature that every task needs; only a minute of sound is in memory at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import repeat

import librosa
import numpy as np
from scipy.fft import rfft

from gpu_endpoints.analysis.mir import networks, spectral
from gpu_endpoints.analysis.mir.tuning import TuningHistogram

RATE = 44100
BEAT_FPS = 100
FRAME_FPS = 10
HOP = RATE // FRAME_FPS
CHUNK_SECONDS = 60
MARGIN_SECONDS = 5  # what the recurrent networks see of the neighbours on both sides
MEL_BANDS = 48
_FFT = 4096
_SUBFRAMES = 2  # spectra averaged for one mel frame


@dataclass
class Features:
    """What the tasks work on.

    beat_activations : (duration * 100, 2), probabilities of a beat that is no downbeat, and of a downbeat
    rises : (duration * 100, 4), how much the spectrum rises, from low to high
    profiles : (duration * 10, 48), pitch classes: deep chroma, then the three of `pitches.profiles`
    mel : (duration * 10, 48), log10 mel power
    rms : (duration * 10,), root mean square level
    tuning_counts : histogram of the deviations of spectral peaks from equal temperament, see `tuning`
    duration : seconds
    hearing : what the first three come from: `learned`, `learned+stems` or `spectral`
    loudness_lufs : integrated (ITU-R BS.1770); NaN where there is none
    """

    beat_activations: np.ndarray
    rises: np.ndarray
    profiles: np.ndarray
    mel: np.ndarray
    rms: np.ndarray
    tuning_counts: np.ndarray
    duration: float
    hearing: str
    loudness_lufs: float = float("nan")

    @property
    def chroma(self) -> np.ndarray:
        """Deep chroma alone, (duration * 10, 12), 0..1."""
        return self.profiles[:, :12]

    @property
    def fundamentals(self) -> np.ndarray:
        """Pitch classes of the spectrum without its overtones, (duration * 10, 12)."""
        return self.profiles[:, 24:36]


Blocks = Iterable[np.ndarray]
"""A mono 44.1 kHz stream: float32 arrays of any lengths."""


@dataclass(frozen=True)
class StemBlocks:
    """The drums and the bass of the same song, as long as the mix."""

    drums: Blocks
    bass: Blocks


def extract(
    blocks: Blocks,
    duration: float,
    on_progress: Callable[[float], None],
    *,
    stems: StemBlocks | None = None,
    learned: bool = True,
) -> Features:
    """Features of a song.

    Parameters
    ----------
    duration : seconds, for the progress alone
    on_progress : called with 0..1 after each chunk; what it raises ends the pass
    stems : where they are good, pitch is heard in the mix without its drums, and the bass in its own stem
    learned : with madmom's networks (non-commercial), or without
    """
    hearing = networks if learned else spectral
    activations, rises, profiles, mel, rms = [], [], [], [], []
    tuning = TuningHistogram(RATE)
    samples = 0
    drums_and_bass = zip(_chunks(stems.drums), _chunks(stems.bass), strict=False) if stems else repeat(None)
    for (chunk, before, length), beside in zip(_chunks(blocks), drums_and_bass, strict=False):
        core = chunk[before : before + length]
        beats, rise = hearing.beat_activations(chunk)
        activations.append(_core(beats, before, length, BEAT_FPS))
        rises.append(_core(rise, before, length, BEAT_FPS))
        if beside is None:
            pitch = hearing.pitch_profiles(chunk)
        else:
            (drums, *_), (bass, *_) = beside
            pitch = np.hstack([hearing.pitch_profiles(chunk - drums)[:, :36], hearing.pitch_profiles(bass)[:, 36:]])
        profiles.append(_core(pitch, before, length, FRAME_FPS))
        mel.append(_log_mel(chunk, before, length))
        rms.append(_rms(core))
        tuning.add(core)
        samples += length
        on_progress(min(1.0, samples / RATE / duration))
    return Features(
        np.concatenate(activations).astype(np.float32),
        np.concatenate(rises).astype(np.float32),
        np.concatenate(profiles).astype(np.float32),
        np.concatenate(mel).astype(np.float32),
        np.concatenate(rms).astype(np.float32),
        tuning.counts,
        samples / RATE,
        ("learned" if learned else "spectral") + ("+stems" if stems and learned else ""),
    )


def _chunks(blocks: Blocks):
    """(samples, where the core begins, how long it is): cores follow each other, margins overlap.

    Cores begin on whole frames of every frame rate, so results can simply be put end to end.
    """
    core, margin = CHUNK_SECONDS * RATE, MARGIN_SECONDS * RATE
    pending = np.zeros(0, np.float32)
    before = 0
    for block in blocks:
        pending = np.concatenate([pending, block])
        while len(pending) >= before + core + margin:
            yield pending[: before + core + margin], before, core
            keep = before + core - margin
            pending, before = pending[keep:], margin
    if len(pending) > before:
        length = len(pending) - before
        padded = np.pad(pending, (0, max(0, RATE // 2 - len(pending))))  # the networks want a few frames at least
        yield padded, before, length


def _core(frames: np.ndarray, before: int, length: int, fps: int) -> np.ndarray:
    start, count = before * fps // RATE, -(-length * fps // RATE)
    return frames[start : start + count]


def _log_mel(chunk: np.ndarray, before: int, length: int) -> np.ndarray:
    """Log mel power at 10 fps, each frame the mean over its 0.1 s."""
    hop = HOP // _SUBFRAMES
    count = -(-length // HOP) * _SUBFRAMES
    start = before - _FFT // 2 + hop // 2
    needed = start + (count - 1) * hop + _FFT
    padded = np.pad(chunk, (max(0, -start), max(0, needed - len(chunk))))
    first = max(0, start)
    frames = np.lib.stride_tricks.sliding_window_view(padded[first:], _FFT)[::hop][:count]
    power = np.abs(np.asarray(rfft(frames * _WINDOW, axis=1))) ** 2
    mel = power @ _MEL.T
    return np.log10(mel.reshape(-1, _SUBFRAMES, MEL_BANDS).mean(axis=1) + 1e-8)


def _rms(core: np.ndarray) -> np.ndarray:
    padded = np.pad(core, (0, -len(core) % HOP)).reshape(-1, HOP)
    return np.sqrt((padded**2).mean(axis=1))


_WINDOW = np.hanning(_FFT + 1)[:-1].astype(np.float32)
_MEL = librosa.filters.mel(sr=RATE, n_fft=_FFT, n_mels=MEL_BANDS, fmin=30, fmax=16000).astype(np.float32)
