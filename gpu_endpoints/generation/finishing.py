"""What every generated stem gets: exactly the length asked for, short fades, a level."""

from __future__ import annotations

import numpy as np

FADE_SECONDS = 0.1
PEAK = 0.8


def finish(audio: np.ndarray, seconds: float, rate: int) -> np.ndarray:
    """Cut or padded to `seconds` to the sample, faded in and out over 100 ms, with a peak of 0.8.

    Parameters
    ----------
    audio : float32, (frames, channels); silence stays silence
    """
    frames = round(seconds * rate)
    cut = audio[:frames]
    out = np.zeros((frames, audio.shape[1]), np.float32)
    out[: len(cut)] = cut
    fade = min(round(FADE_SECONDS * rate), frames // 2)
    ramp = np.linspace(0, 1, fade, endpoint=False, dtype=np.float32)[:, None]
    out[:fade] *= ramp
    out[frames - fade :] *= ramp[::-1]
    peak = float(np.abs(out).max(initial=0.0))
    return out * np.float32(PEAK / peak) if peak > 1e-6 else out
