"""What every generated stem gets: exactly the length asked for, short fades, a level."""

from __future__ import annotations

import numpy as np

from gpu_endpoints.audio.levels import CEILING, SILENT, loudness

FADE_SECONDS = 0.1
PEAK = 0.8


def finish(
    audio: np.ndarray, seconds: float, rate: int, *, lead_seconds: float = 0.0, loudness_lufs: float | None = None
) -> np.ndarray:
    """Cut or padded to `seconds` to the sample, faded in and out over 100 ms, with a peak of 0.8 or a loudness.

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
    fade = min(round(FADE_SECONDS * rate), len(sounding) // 2)
    ramp = np.linspace(0, 1, fade, endpoint=False, dtype=np.float32)[:, None]
    sounding[:fade] *= ramp
    sounding[len(sounding) - fade :] *= ramp[::-1]
    peak = float(np.abs(out).max(initial=0.0))
    if peak <= SILENT:
        return out
    gain = PEAK / peak
    if loudness_lufs is not None:
        now = loudness(out, rate)
        gain = gain if now is None else min(10 ** ((loudness_lufs - now) / 20), CEILING / peak)
    return out * np.float32(gain)
