"""The Camelot wheel: keys as hours of a clock, so that neighbours sound well after and over each other.

A fifth up is an hour later; minor keys are `A`, major ones `B`, relatives have the same hour (A minor 8A, C major 8B).
"""

from __future__ import annotations

from dataclasses import dataclass

from ripieno.contracts.enums import Mode
from ripieno.music.pitch import key_name, pitch_class

UNKNOWN = 0.4
"""What a pair costs of which nobody knows the key."""
CLASH = 0.6
"""From this cost on two songs are not to sound at once."""


@dataclass(frozen=True)
class Code:
    hour: int
    letter: str

    def __str__(self) -> str:
        return f"{self.hour}{self.letter}"


@dataclass(frozen=True)
class Relation:
    """How far two keys are: what it costs, and in words."""

    cost: float
    words: str


def code(key: str | None, mode: Mode | str | None) -> Code | None:
    """The place of a key on the wheel; None where there is none."""
    if key is None:
        return None
    tonic = pitch_class(key)
    major = tonic if mode != Mode.MINOR else (tonic + 3) % 12
    return Code((major * 7 % 12 + 7) % 12 + 1, "A" if mode == Mode.MINOR else "B")


def key_of(place: Code) -> tuple[int, str]:
    """The tonic (pitch class) and mode of a place on the wheel."""
    major = (place.hour - 8) * 7 % 12
    return (major, "major") if place.letter == "B" else ((major - 3) % 12, "minor")


def name(place: Code) -> str:
    """`A minor`."""
    tonic, mode = key_of(place)
    return f"{key_name(tonic, mode)} {mode}"


def relation(first: Code | None, second: Code | None) -> Relation:
    """From one key to the next."""
    if first is None or second is None:
        return Relation(UNKNOWN, "the key of one of them is not known")
    hours = (second.hour - first.hour) % 12
    step = f"{first} to {second}"
    if first.letter == second.letter:
        cost, words = _SAME_LETTER[hours]
    else:
        is_parallel = key_of(first)[0] == key_of(second)[0]
        cost, words = (0.5, "the parallel key") if is_parallel else _OTHER_LETTER[min(hours, 12 - hours)]
    return Relation(cost, f"{words} ({step})" if hours or first.letter != second.letter else f"{words} ({first})")


def between(first: Code, second: Code) -> Code:
    """The key half-way from one to the other, the shorter way round."""
    hours = (second.hour - first.hour + 6) % 12 - 6
    return Code((first.hour + round(hours / 2) - 1) % 12 + 1, first.letter)


_SAME_LETTER = {
    0: (0.0, "the same key"), 1: (0.08, "a fifth up"), 11: (0.08, "a fifth down"), 2: (0.4, "a whole tone up"),
    10: (0.5, "a whole tone down"), 7: (0.6, "a semitone up"), 5: (0.75, "a semitone down"),
    3: (0.7, "far keys"), 9: (0.7, "far keys"), 4: (0.8, "far keys"), 8: (0.8, "far keys"), 6: (0.95, "a tritone"),
}  # fmt: skip
_OTHER_LETTER = {
    0: (0.06, "the relative key"), 1: (0.3, "neighbouring keys"), 2: (0.6, "far keys"), 3: (0.7, "far keys"),
    4: (0.8, "far keys"), 5: (0.9, "far keys"), 6: (0.95, "far keys"),
}  # fmt: skip
