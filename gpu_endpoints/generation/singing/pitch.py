"""The pitch a singer sings: from note to note by a short glide, held notes with vibrato (Sundberg 1994)."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from gpu_endpoints.generation.singing.lyrics import Sung

GLIDE_SECONDS = 0.06
_BEFORE = 0.8  # of a glide: it has arrived when the vowel begins, and its consonant hides it
_MOST_GLIDE = 0.2  # of the shorter of two notes: quick ones would be nothing but glides
_JOINED_SECONDS = 0.12  # notes further apart do not glide
VIBRATO_HZ, VIBRATO_CENTS = 5.6, 22.0
_VIBRATO_AFTER, _VIBRATO_GROWS = 0.35, 0.4  # seconds into a note


def curve(
    notes: Sequence[Sung], frames: int, period: float, *, tuning: float = 440.0, vibrato: bool = True
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
        glide = min(GLIDE_SECONDS, _MOST_GLIDE * min(before.end - before.start, note.end - note.start))
        a = note.start - _BEFORE * glide
        b = a + glide
        inside = (times >= a) & (times < b)
        x = (times[inside] - a) / glide
        cents[inside] = 100 * (before.pitch + (note.pitch - before.pitch) * x * x * (3 - 2 * x))
    if vibrato:
        for note in notes:
            inside = (times >= note.start + _VIBRATO_AFTER) & (times < note.end)
            since = times[inside] - note.start - _VIBRATO_AFTER
            depth = VIBRATO_CENTS * np.minimum(1.0, since / _VIBRATO_GROWS)
            cents[inside] += depth * np.sin(2 * np.pi * VIBRATO_HZ * since)
    return tuning * 2 ** ((cents - 6900) / 1200)
