"""Chords: names to pitch classes, in Harte's syntax (`F#:min7/b3`) and as lead sheets write them (`F#m7/A`)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ripieno.music.pitch import pitch_class

QUALITIES: dict[str, tuple[int, ...]] = {
    "maj": (0, 4, 7), "min": (0, 3, 7), "dim": (0, 3, 6), "aug": (0, 4, 8), "sus2": (0, 2, 7), "sus4": (0, 5, 7),
    "5": (0, 7), "7": (0, 4, 7, 10), "maj7": (0, 4, 7, 11), "min7": (0, 3, 7, 10), "minmaj7": (0, 3, 7, 11),
    "dim7": (0, 3, 6, 9), "hdim7": (0, 3, 6, 10), "maj6": (0, 4, 7, 9), "min6": (0, 3, 7, 9), "9": (0, 4, 7, 10, 2),
    "maj9": (0, 4, 7, 11, 2), "min9": (0, 3, 7, 10, 2), "7sus4": (0, 5, 7, 10),
}  # fmt: skip
_LEAD_SHEET = {
    "": "maj", "M": "maj", "m": "min", "-": "min", "mi": "min", "°": "dim", "o": "dim", "+": "aug", "sus": "sus4",
    "M7": "maj7", "Δ": "maj7", "m7": "min7", "-7": "min7", "mM7": "minmaj7", "°7": "dim7", "o7": "dim7", "ø": "hdim7",
    "m7b5": "hdim7", "6": "maj6", "m6": "min6", "m9": "min9", "M9": "maj9",
}  # fmt: skip
_DEGREES = {
    "1": 0, "b2": 1, "2": 2, "b3": 3, "3": 4, "4": 5, "#4": 6, "b5": 6, "5": 7, "#5": 8, "b6": 8, "6": 9, "b7": 10,
    "7": 11, "9": 2,
}  # fmt: skip
_DEGREE_OF = ("1", "b2", "2", "b3", "3", "4", "b5", "5", "b6", "6", "b7", "7")
_WITHOUT_A_SHORTHAND = {"7sus4": "sus4(b7)"}
_NAME = re.compile(r"^([A-G][#b]*):?([^/:]*)(?:/([A-G]?[#b]*\d?))?$")


@dataclass(frozen=True)
class Chord:
    """`root` and `bass` are pitch classes, `tones` semitones above the root in the order they are named."""

    root: int
    tones: tuple[int, ...]
    bass: int

    @property
    def pitch_classes(self) -> tuple[int, ...]:
        return tuple((self.root + tone) % 12 for tone in self.tones)

    @property
    def is_minor(self) -> bool:
        return 3 in self.tones


def parse(name: str) -> Chord | None:
    """The chord of a name; None for `N`, where none sounds.

    Raises
    ------
    ValueError
        For a name that is none.
    """
    name = name.strip()
    if name in ("N", "N.C.", "X"):
        return None
    found = _NAME.match(name)
    quality = found and _LEAD_SHEET.get(found[2], found[2])
    if not found or quality not in QUALITIES:
        raise ValueError(f"{name!r} is no chord name: write Am, F#m7b5, Bb/D or A:min, F#:hdim7, Bb:maj/3")
    root = pitch_class(found[1])
    return Chord(root, QUALITIES[quality], _bass(name, root, found[3]))


def harte(name: str) -> str:
    """A chord's name in Harte's syntax (Harte et al., ISMIR 2005): `Am7/G` is `A:min7/b7`, `N` where none sounds.

    Raises
    ------
    ValueError
        For a name that is none.
    """
    chord = parse(name)
    if chord is None:
        return "N"
    found = _NAME.match(name.strip())
    assert found is not None, "it was parsed"
    quality = _LEAD_SHEET.get(found[2], found[2])
    bass = _DEGREE_OF[(chord.bass - chord.root) % 12]
    return f"{found[1]}:{_WITHOUT_A_SHORTHAND.get(quality, quality)}" + (f"/{bass}" if bass != "1" else "")


def _bass(name: str, root: int, written: str | None) -> int:
    if not written:
        return root
    if written in _DEGREES:
        return (root + _DEGREES[written]) % 12
    try:
        return pitch_class(written)
    except ValueError:
        raise ValueError(f"{name!r} has no such bass: write it as a note or as a degree (C/E, C:maj/3)") from None
