"""What is heard in a transition: two songs on one beat, each as float32 (frames, 2) at 44.1 kHz and its own level.

A blend hands over the bass at once, half-way and within a beat, and everything above it as evenly as the power of both
stays one. What is above the bass is what is left of a song without its bass, so at either end of a blend a song is
itself to the sample.
"""

from __future__ import annotations

import numpy as np
from scipy import signal

from gpu_endpoints.audio.levels import SAMPLE_RATE

BASS_HZ = 180.0
_FADE = round(0.005 * SAMPLE_RATE)
_SEAM = round(0.03 * SAMPLE_RATE)
_ECHO_GAIN, _ECHO_BEATS, _ECHO_BAND = 0.6, 0.75, (250.0, 4000.0)
_ROLL = (1.0, 0.5, 0.25, 0.125, 0.125)  # of a bar: what is heard again and again, shorter and shorter
_ROLL_CUT_HZ = 600.0  # the high-pass that has come in when the roll ends


def blended(first: np.ndarray, second: np.ndarray, beat: int) -> np.ndarray:
    """Both in full.

    Parameters
    ----------
    beat : frames of a beat, which the bass takes to be handed over
    """
    length = len(first)
    angle = np.linspace(0, np.pi / 2, length, dtype=np.float32)[:, None]
    half = np.clip((np.arange(length) - length // 2) / max(1, beat) + 0.5, 0, 1).astype(np.float32)[:, None]
    low_first, low_second = _bass(first), _bass(second)
    above = (first - low_first) * np.cos(angle) + (second - low_second) * np.sin(angle)
    turn = half * np.float32(np.pi / 2)
    return above + low_first * np.cos(turn) + low_second * np.sin(turn)


def swapped(full: np.ndarray, voice: np.ndarray, drums: np.ndarray, after: np.ndarray) -> np.ndarray:
    """One voice over the drums of another: `full` gives way to both at once, and they to `after` at the end, so that
    no other voice is heard beside that one."""
    length = len(voice)
    ramp = min(_SEAM, length // 4)
    enter = _ramp(length, 0, ramp)
    leave = _ramp(length, length - ramp, length)
    between = voice + drums
    return full * (1 - enter) + between * enter * (1 - leave) + after * leave


def echoed(last: np.ndarray, beat: int, length: int) -> np.ndarray:
    """What dies away of a song after its last beat: that again and again, each time softer and narrower in band.

    Parameters
    ----------
    last : what was heard last, a beat or longer
    """
    delay = max(1, round(_ECHO_BEATS * beat))
    sound = _faded(last[-beat:])
    band = signal.butter(1, _ECHO_BAND, "band", fs=SAMPLE_RATE, output="sos")
    out = np.zeros((length, 2), np.float32)
    gain, at = _ECHO_GAIN, delay - len(sound)
    while at < length:
        sound = np.asarray(signal.sosfilt(band, sound, axis=0), np.float32)
        a, b = max(0, at), min(length, at + len(sound))
        if b > a:
            out[a:b] += gain * sound[a - at : b - at]
        gain *= _ECHO_GAIN
        at += delay
    return out * (1 - _ramp(length, length // 2, length))


def rolled(bar: np.ndarray, length: int) -> np.ndarray:
    """The last bar of a song again, then its first half, its first quarter, ..., with ever less of its bass."""
    parts: list[np.ndarray] = []
    for share in _ROLL:
        parts.append(_faded(bar[: max(1, round(share * len(bar)))]))
    sound = np.concatenate(parts)
    if len(sound) < length:
        sound = np.concatenate([sound, np.tile(parts[-1], (-(-(length - len(sound)) // len(parts[-1])), 1))])
    sound = sound[:length]
    thin = signal.sosfilt(signal.butter(2, _ROLL_CUT_HZ, "high", fs=SAMPLE_RATE, output="sos"), sound, axis=0)
    amount = _ramp(length, 0, length)
    return _faded(np.asarray(sound * (1 - amount) + thin * amount, np.float32))


def joined(before: np.ndarray, after: np.ndarray) -> np.ndarray:
    """From one version of the same sound to another, over the frames of both, as loud as they are alike."""
    length = len(before)
    share = np.linspace(0, 1, length, dtype=np.float32)[:, None]
    power = float((before**2).sum() * (after**2).sum()) ** 0.5
    alike = float((before * after).sum()) / power if power > 0 else 1.0
    norm = np.sqrt((1 - share) ** 2 + share**2 + 2 * np.clip(alike, 0, 1) * share * (1 - share))
    return (before * (1 - share) + after * share) / norm


SEAM = _SEAM
FADE = _FADE


def _bass(audio: np.ndarray) -> np.ndarray:
    return np.asarray(
        signal.sosfilt(signal.butter(4, BASS_HZ, fs=SAMPLE_RATE, output="sos"), audio, axis=0), np.float32
    )


def _ramp(length: int, start: int, end: int) -> np.ndarray:
    """0 until `start`, 1 from `end` on, as (length, 1)."""
    return np.clip((np.arange(length) - start) / max(1, end - start), 0, 1).astype(np.float32)[:, None]


def _faded(audio: np.ndarray) -> np.ndarray:
    """With its ends faded within milliseconds, so that nothing clicks."""
    found = audio.copy()
    edge = min(_FADE, len(found) // 2)
    if edge:
        ramp = np.linspace(0, 1, edge, dtype=np.float32)[:, None]
        found[:edge] *= ramp
        found[-edge:] *= ramp[::-1]
    return found
