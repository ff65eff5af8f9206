"""The pitch a singer sings: from note to note by a short glide, held notes with vibrato (Sundberg 1994)."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from gpu_endpoints.generation.singing.delivery import PLAIN, Delivery
from gpu_endpoints.generation.singing.lyrics import Sung

GLIDE_SECONDS = PLAIN.glide
_BEFORE = 0.8  # of a glide: it has arrived when the vowel begins, and its consonant hides it
_MOST_GLIDE = 0.2  # of the shorter of two notes: quick ones would be nothing but glides
_JOINED_SECONDS = 0.12  # notes further apart do not glide
_VIBRATO_GROWS = 0.4  # seconds


def curve(
    notes: Sequence[Sung], frames: int, period: float, *, tuning: float = 440.0, delivery: Delivery = PLAIN
) -> np.ndarray:
    """Hz for each frame of `period` seconds, (frames,); between notes the pitch of the nearest one."""
    times = np.arange(frames) * period
    if not notes:
        return np.full(frames, tuning)
    cents = np.zeros(frames)
    starts = np.array([note.start for note in notes])
    number = np.clip(np.searchsorted(starts, times + 0.05, side="right") - 1, 0, len(notes) - 1)
    pitches = np.array([note.pitch for note in notes])
    cents = 100.0 * pitches[number]
    for before, note in pairwise(notes):
        if note.start - before.end > _JOINED_SECONDS or note.pitch == before.pitch:
            continue
        glide = min(delivery.glide, _MOST_GLIDE * min(before.end - before.start, note.end - note.start))
        a = note.start - _BEFORE * glide
        b = a + glide
        inside = (times >= a) & (times < b)
        x = (times[inside] - a) / glide
        cents[inside] = 100 * (before.pitch + (note.pitch - before.pitch) * x * x * (3 - 2 * x))
    for note in notes:
        begins = note.start + delivery.vibrato_after
        inside = (times >= begins) & (times < note.end)
        since = times[inside] - begins
        depth = delivery.vibrato_cents * np.minimum(1.0, since / _VIBRATO_GROWS)
        cents[inside] += depth * np.sin(2 * np.pi * delivery.vibrato_hz * since)
    return tuning * 2 ** ((cents - 6900) / 1200)
