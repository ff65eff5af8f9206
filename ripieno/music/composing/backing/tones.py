"""Which tones fit at a beat: those of the chord; between strong beats those of the key that do not rub with them."""

from __future__ import annotations

from ripieno.music.conditioning import Conditioning
from ripieno.music.lyrics import setting

LOWEST, HIGHEST = 45, 84  # what backing singers sing, A2 to C6
_LONG = 0.95  # beats: what lasts so long is heard as of the chord
_TOUCH = 1e-6


def is_strong(start: float, length: float, music: Conditioning) -> bool:
    """Whether a note has to be one of the chord: on a beat, or long."""
    return setting.weight(start, music.timeline.beats_per_bar) > 0 or length >= _LONG


def of_chord(music: Conditioning, beat: float) -> set[int]:
    """The pitch classes of the chord, those of the key where none sounds."""
    chord = music.chord_at(beat)
    return set(chord.pitch_classes) if chord is not None else set(music.key_at(beat).scale)


def passing(music: Conditioning, beat: float) -> set[int]:
    """The pitch classes of chord and key together, less those beside a tone of the chord that is none of the key."""
    chord, scale = of_chord(music, beat), set(music.key_at(beat).scale)
    altered = chord - scale
    return chord | {tone for tone in scale if not any((tone - other) % 12 in (1, 11) for other in altered)}


def fitting(music: Conditioning, start: float, length: float) -> set[int]:
    """The pitch classes that a note may have."""
    return of_chord(music, start) if is_strong(start, length, music) else passing(music, start)


def nearest(wanted: float, classes: set[int], *, low: int = LOWEST, high: int = HIGHEST) -> int | None:
    """The pitch of these classes that is nearest, the lower of two; None where there is none in reach."""
    found = [pitch for pitch in range(low, high + 1) if pitch % 12 in classes]
    return min(found, key=lambda pitch: (abs(pitch - wanted), pitch), default=None)


def steps_away(pitch: int, steps: int, scale: tuple[int, ...]) -> int | None:
    """The pitch so many steps of the scale above (below 0: below) one of it; None for one that is none of it."""
    if pitch % 12 not in scale:
        return None
    step, left, at = (1 if steps > 0 else -1), abs(steps), pitch
    while left:
        at += step
        left -= at % 12 in scale
    return at
