"""Genre rhythms as strokes in beats, for any meter."""

from __future__ import annotations

import random
from dataclasses import dataclass

_FORCE = {"X": 1.0, "x": 0.8, "o": 0.5}
_THINNEST = 0.7  # the share of strokes that the least density leaves out
_SOFTER = 0.8


@dataclass(frozen=True)
class Stroke:
    """`at` and `length` in beats from the beginning of the bar, `force` 0..1."""

    at: float
    length: float
    force: float


def strokes(rhythm: str, beats: int, *, swing: float = 0.5, density: float = 0.0) -> list[Stroke]:
    """The strokes of a bar of so many beats.

    A rhythm of four is cut or goes on to fit: three beats are its first two and its last, five are all and its second.
    What divides in two swings: the second half of a beat begins at `swing`. A `density` below 0 leaves out the weakest,
    one above 0 strikes long ones again, up to twice as many.
    """
    own = rhythm.split("|")
    if len(own[0]) == 3:
        chosen = [own[beat % len(own)] for beat in range(beats)]
        swing = 0.5
    else:
        chosen = [own[beat] for beat in _beats_of_four(beats)]
    found: list[Stroke] = []
    for beat, letters in enumerate(chosen):
        for number, letter in enumerate(letters):
            at = beat + _place(number, len(letters), swing)
            if letter in _FORCE:
                found.append(Stroke(at, 0.0, _FORCE[letter]))
            if letter != "." and found:
                end = beat + _place(number + 1, len(letters), swing)
                found[-1] = Stroke(found[-1].at, end - found[-1].at, found[-1].force)
    if density < 0:
        return _thinned(found, density)
    return _filled(found, beats, density, parts=len(own[0]), swing=swing) if density > 0 else found


def variation(seed: int, section: str, bar: int, *, most: float = 0.4) -> float:
    """How much denser or sparser a bar is played than the pattern: every other bar not at all, the others by a measure
    of their own that returns whenever the section does.

    Parameters
    ----------
    bar : counted from 0 at the section's beginning
    """
    if bar % 2 == 0:
        return 0.0
    return random.Random(f"{seed} {section} {bar % 8}").uniform(-most, most)


def _thinned(found: list[Stroke], density: float) -> list[Stroke]:
    """The strongest of them by place in the bar, then by force."""
    kept = max(1, round(len(found) * (1 + _THINNEST * density)))
    strongest = sorted(found, key=lambda stroke: (-_weight(stroke.at), -stroke.force, stroke.at))[:kept]
    return sorted(strongest, key=lambda stroke: stroke.at)


def _filled(found: list[Stroke], beats: int, density: float, *, parts: int, swing: float) -> list[Stroke]:
    """The longest gaps halved, softly, where a half or third of a beat lies."""
    places = [
        beat + _place(number, parts, swing)
        for beat in range(beats)
        for number in (range(parts) if parts == 3 else (0, parts // 2))
    ]
    filled = list(found)
    for _ in range(round(density * len(found))):
        ends = [*(stroke.at for stroke in filled[1:]), float(beats)]
        gap, number = max((end - stroke.at, -n) for n, (stroke, end) in enumerate(zip(filled, ends, strict=True)))
        here = filled[-number]
        free = [place for place in places if here.at + 0.2 < place < here.at + gap - 0.2]
        if not free:
            break
        at = min(free, key=lambda place: abs(place - here.at - gap / 2))
        rest = max(0.0, here.at + here.length - at)
        filled[-number] = Stroke(here.at, min(here.length, at - here.at), here.force)
        filled.insert(-number + 1, Stroke(at, rest or min(here.length, here.at + gap - at), here.force * _SOFTER))
    return filled


def _weight(at: float) -> int:
    """3 on the first beat, 2 on a beat, 1 on its half, 0 elsewhere."""
    if at < 1e-6:
        return 3
    part = at - int(at + 1e-6)
    return 2 if part < 1e-6 else 1 if abs(part - 0.5) < 0.17 else 0


def _beats_of_four(beats: int) -> list[int]:
    if beats == 3:
        return [0, 1, 3]
    if beats < 3:
        return [0, 1][:beats]
    return [*range(4), *((1, 2, 3, 0) * (beats // 4 + 1))][: max(4, beats)][:beats]


def _place(number: int, parts: int, swing: float) -> float:
    """Where in the beat its part begins, 0..1."""
    straight = number / parts
    if parts == 3 or swing == 0.5:
        return straight
    return straight * 2 * swing if straight <= 0.5 else swing + (straight - 0.5) * 2 * (1 - swing)
