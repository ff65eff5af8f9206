"""What every generated stem gets: exactly the length asked for, short fades, a level."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from gpu_endpoints.audio.levels import CEILING, SILENT, loudness

FADE_IN_SECONDS, FADE_OUT_SECONDS = 0.002, 0.1  # no click at the start, and the first hit as hard as the others
MUTE_FADE_SECONDS = 0.01
PEAK = 0.8


def muted(audio: np.ndarray, rate: int, stretches: Sequence[tuple[float, float]]) -> np.ndarray:
    """The same with silence in some stretches (seconds, of any length), faded over 10 ms at their inner ends."""
    out = audio.copy()
    for start, end in stretches:
        first, last = (int(min(max(at * rate, 0), len(out))) for at in (start, end))
        here = out[first:last]
        fall = min(round(MUTE_FADE_SECONDS * rate), len(here) // 2)
        falling = np.zeros((len(here), 1), np.float32)
        if first > 0:
            falling[:fall] = _ramp(fall)[::-1]
        if last < len(out):
            falling[len(here) - fall :] = _ramp(fall)
        here *= falling
    return out


def finish(
    audio: np.ndarray, seconds: float, rate: int, *, lead_seconds: float = 0.0, loudness_lufs: float | None = None
) -> np.ndarray:
    """Cut or padded to `seconds` to the sample, faded in over 2 ms and out over 100, with a peak of 0.8 or a loudness.

    Parameters
    ----------
    audio : float32, (frames, channels); silence stays silence
    lead_seconds : silence before it, which counts
    loudness_lufs : integrated loudness (ITU-R BS.1770), reached as far as peaks stay below -1 dBFS
    """
    frames, lead = round(seconds * rate), round(lead_seconds * rate)
    out = np.zeros((frames, audio.shape[1]), np.float32)
    sounding = out[lead : lead + len(audio)]
    sounding[:] = audio[: len(sounding)]
    rise, fall = (min(round(length * rate), len(sounding) // 2) for length in (FADE_IN_SECONDS, FADE_OUT_SECONDS))
    sounding[:rise] *= _ramp(rise)
    sounding[len(sounding) - fall :] *= _ramp(fall)[::-1]
    peak = float(np.abs(out).max(initial=0.0))
    if peak <= SILENT:
        return out
    gain = PEAK / peak
    if loudness_lufs is not None:
        now = loudness(out, rate)
        gain = gain if now is None else min(10 ** ((loudness_lufs - now) / 20), CEILING / peak)
    return out * np.float32(gain)


def _ramp(frames: int) -> np.ndarray:
    return np.linspace(0, 1, frames, endpoint=False, dtype=np.float32)[:, None]
