"""What every generated stem gets: exactly the length asked for, short fades, a level."""

from __future__ import annotations

import numpy as np

from gpu_endpoints.audio.levels import CEILING, SILENT, loudness

FADE_IN_SECONDS, FADE_OUT_SECONDS = 0.002, 0.1  # no click at the start, and the first hit as hard as the others
PEAK = 0.8


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
