"""Genre rhythms as strokes in beats, for any meter."""

from __future__ import annotations

from dataclasses import dataclass

_FORCE = {"X": 1.0, "x": 0.8, "o": 0.5}


@dataclass(frozen=True)
class Stroke:
    """`at` and `length` in beats from the beginning of the bar, `force` 0..1."""

    at: float
    length: float
    force: float


def strokes(rhythm: str, beats: int, *, swing: float = 0.5) -> list[Stroke]:
    """The strokes of a bar of so many beats.

    A rhythm of four is cut or goes on to fit: three beats are its first two and its last, five are all and its second.
    What divides in two swings: the second half of a beat begins at `swing`.
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
    return found


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
