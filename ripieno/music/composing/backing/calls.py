"""Ad-libs: a short call from above, down a few tones of the key onto one of the chord, in a gap of the lead."""

from __future__ import annotations

import random
from collections.abc import Sequence

from ripieno.music.composing.backing import tones
from ripieno.music.composing.backing.answers import Gap, unit
from ripieno.music.conditioning import Conditioning
from ripieno.music.lyrics.setting import MELISMA, SungBeat

_PENTATONIC = {"major": (0, 2, 4, 7, 9), "minor": (0, 3, 5, 7, 10)}
_LEAST_GAP = 1.0  # beats
_MOST_TONES = 4
_ABOVE = 3  # semitones over the highest note of the lead, where a call begins at the most
_LEFT_FREE = 0.25  # beats


def call(
    gap: Gap, lead_highest: float, music: Conditioning, words: Sequence[str], rng: random.Random
) -> list[SungBeat]:
    """One call, from the first place in the gap that the meter has; nothing where the gap is too short."""
    step = unit(music)
    start = step * -(-gap[0] // step)
    room = gap[1] - start
    if room < _LEAST_GAP:
        return []
    count = rng.randint(1, min(_MOST_TONES, max(1, int((room - _LEFT_FREE) / step))))
    word = rng.choice(list(words))
    pitch = min(tones.HIGHEST, round(lead_highest) + _ABOVE)
    found: list[SungBeat] = []
    for place in range(count):
        begins = start + place * step
        is_last = place + 1 == count
        length = min(step if not is_last else max(step, 1.5), gap[1] - begins)
        classes = _classes(music, begins, length)
        below = pitch - (1 if found else 0)
        lower = tones.nearest(below, classes, high=below)
        if lower is None:
            break
        found.append(SungBeat(begins, length, float(lower), word if not found else MELISMA))
        pitch = lower
    return found


def _classes(music: Conditioning, beat: float, length: float) -> set[int]:
    """Tones of the chord, between strong beats those of the pentatonic scale too."""
    fitting = tones.fitting(music, beat, length)
    if tones.is_strong(beat, length, music):
        return fitting
    key = music.key_at(beat)
    scale = {(key.tonic + step) % 12 for step in _PENTATONIC[key.mode]}
    return tones.of_chord(music, beat) | (scale & fitting)
