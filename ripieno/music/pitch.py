"""Pitch classes and their names."""

SHARP_NAMES = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")
FLAT_NAMES = ("C", "Db", "D", "Eb", "E", "F", "Gb", "G", "Ab", "A", "Bb", "B")
_NATURALS = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
_FLAT_MAJOR_KEYS = {5, 10, 3, 8, 1}  # F, Bb, Eb, Ab, Db


def pitch_class(name: str) -> int:
    """The pitch class (0..11) of a note name with any number of `#` or `b`; raises ValueError for anything else."""
    if not name or name[0] not in _NATURALS or set(name[1:]) - {"#", "b"}:
        raise ValueError(f"{name!r} is not a note name such as C, F# or Bb")
    return (_NATURALS[name[0]] + name.count("#") - name.count("b")) % 12


def key_name(tonic: int, mode: str) -> str:
    """A tonic as musicians spell it: flats where the key's signature has flats (Bb major, Eb minor is Eb)."""
    relative_major = tonic if mode == "major" else (tonic + 3) % 12
    return (FLAT_NAMES if relative_major in _FLAT_MAJOR_KEYS else SHARP_NAMES)[tonic]


def spell(pitch: int, *, flats: bool) -> str:
    return (FLAT_NAMES if flats else SHARP_NAMES)[pitch % 12]


def uses_flats(tonic: int, mode: str) -> bool:
    return (tonic if mode == "major" else (tonic + 3) % 12) in _FLAT_MAJOR_KEYS
