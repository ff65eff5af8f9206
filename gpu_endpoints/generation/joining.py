"""Long stems out of windows that a model can make at once: they meet on bar lines, by a short crossfade."""

from __future__ import annotations

import numpy as np

from ripieno.music.conditioning import Conditioning

CROSSFADE_SECONDS = 0.04


def windows(conditioning: Conditioning, longest: float, context: float) -> list[tuple[float, float, float]]:
    """(start, meet, end) of each window in seconds from the range's beginning.

    The first starts and meets at 0. Each further one starts `context` seconds or less before it meets the one before,
    on a bar line wherever there is one.
    """
    origin, total = conditioning.start_seconds, conditioning.end_seconds - conditioning.start_seconds
    lines = [conditioning.timeline.at(bar.first) - origin for bar in conditioning.bars()]
    found = [(0.0, 0.0, min(total, longest))]
    while found[-1][2] < total - 1e-6:
        end = found[-1][2]
        meet = max(
            (line for line in lines if found[-1][1] + longest / 4 < line <= end - CROSSFADE_SECONDS), default=end
        )
        wanted = max(0.0, meet - context)
        start = min((line for line in lines if wanted <= line < meet), default=wanted)
        found.append((start, meet, min(total, start + longest)))
    return found


def joined(pieces: list[np.ndarray], places: list[tuple[float, float, float]], rate: int) -> np.ndarray:
    """Windows, each from its start, as one; float32 (frames, channels)."""
    whole = pieces[0]
    fade = round(CROSSFADE_SECONDS * rate)
    for piece, (start, meet, _) in zip(pieces[1:], places[1:], strict=True):
        at = min(round(meet * rate), len(whole))
        new = piece[max(0, round((meet - start) * rate)) :]
        over = max(0, min(fade, len(whole) - at, len(new)))
        ramp = np.linspace(0, 1, over, endpoint=False, dtype=np.float32)[:, None]
        crossed = whole[at : at + over] * (1 - ramp) + new[:over] * ramp
        whole = np.concatenate([whole[:at], crossed, new[over:]])
    return whole
