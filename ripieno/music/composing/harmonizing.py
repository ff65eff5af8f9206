"""Chords for a melody: of the key's own chords the likeliest row, a chord a bar (Viterbi).

How well a bar fits a chord is the time that its notes lie on the chord's tones, downbeats twice; how well one chord
follows another is how often it does in the progressions that pieces are made with. The key is the one whose profile
(Krumhansl and Kessler, 1982) the melody's pitch classes are most like.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from ripieno.music.chord import parse
from ripieno.music.composing import harmonies
from ripieno.music.midi_files import FileNote

_PROFILES = {
    "major": (6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88),
    "minor": (6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17),
}
_TRIADS = {"major": ("I", "ii", "iii", "IV", "V", "vi"), "minor": ("i", "III", "iv", "V", "VI", "VII")}
_SEVENTHS = {
    "major": ("Imaj7", "ii7", "iii7", "IVmaj7", "V7", "vi7"),
    "minor": ("i7", "IIImaj7", "iv7", "V7", "VImaj7", "VII7"),
}
_OFF = -0.6  # of a note's time, for one that is not of the chord
_DOWNBEAT = 2.0
_FOLLOWS = 0.35  # how much it counts what follows what, beside a bar's notes
_HOME, _CADENCE = 0.4, 0.25  # for the tonic at both ends, and the dominant before the last
_UNSEEN = 0.5
MOST_BARS = 1000


@dataclass(frozen=True)
class Harmonized:
    """`chords` are one a bar; `fit` is the share of the notes' time on tones of their chord."""

    tonic: int
    mode: str
    chords: list[str]
    fit: float


def likely_key(notes: Sequence[FileNote]) -> tuple[int, str]:
    """The tonic's pitch class, and `major` or `minor`, of a melody."""
    weights = [0.0] * 12
    for note in notes:
        weights[note.pitch % 12] += note.length

    def alike(tonic: int, mode: str) -> float:
        profile = [_PROFILES[mode][(number - tonic) % 12] for number in range(12)]
        return _correlation(weights, profile)

    return max(((tonic, mode) for tonic in range(12) for mode in _PROFILES), key=lambda key: alike(*key))


def harmonized(
    notes: Sequence[FileNote], quarters_a_bar: float, *, key: tuple[int, str] | None = None, sevenths: bool = False
) -> Harmonized:
    """A chord for every bar of a melody that begins at a downbeat.

    Raises
    ------
    ValueError
        For a melody of no notes or too many bars.
    """
    if not notes:
        raise ValueError("a melody without notes has no chords")
    bars = math.ceil(max(note.start + note.length for note in notes) / quarters_a_bar - 1e-6)
    if bars > MOST_BARS:
        raise ValueError(f"the melody has {bars} bars: {MOST_BARS} are the most")
    tonic, mode = key or likely_key(notes)
    numerals = (_SEVENTHS if sevenths else _TRIADS)[mode]
    names = [harmonies.chord(one, tonic, mode) for one in numerals]
    tones = [set(chord.pitch_classes) if (chord := parse(name)) else set() for name in names]
    inside = [_inside(notes, number, quarters_a_bar) for number in range(bars)]
    follows = _follows(mode, [_plain(one) for one in numerals])
    home = numerals[0]
    best: list[list[tuple[float, int]]] = []
    for number in range(bars):
        row: list[tuple[float, int]] = []
        for which, numeral in enumerate(numerals):
            here = _fits(inside[number], tones[which])
            here += _HOME * (numeral == home and number in (0, bars - 1))
            here += _CADENCE * (numeral.startswith("V") and not numeral.startswith("VI") and number == bars - 2)
            if number == 0:
                row.append((here, 0))
                continue
            before = max(
                range(len(numerals)),
                key=lambda one, which=which, number=number: best[number - 1][one][0] + _FOLLOWS * follows[one][which],
            )
            row.append((here + best[number - 1][before][0] + _FOLLOWS * follows[before][which], before))
        best.append(row)
    at = max(range(len(numerals)), key=lambda one: best[-1][one][0])
    chosen = [at]
    for number in range(bars - 1, 0, -1):
        at = best[number][at][1]
        chosen.append(at)
    chosen.reverse()
    on = sum(time for bar, which in zip(inside, chosen, strict=True) for pitch, time, _ in bar if pitch in tones[which])
    return Harmonized(
        tonic, mode, [names[one] for one in chosen], on / sum(time for bar in inside for _, time, _ in bar)
    )


# -- parts --------------------------------------------------------------------------------------------------------


def _inside(notes: Sequence[FileNote], number: int, quarters: float) -> list[tuple[int, float, float]]:
    """Pitch class, time and weight of what sounds in a bar."""
    first, last = number * quarters, (number + 1) * quarters
    found = []
    for note in notes:
        time = min(note.start + note.length, last) - max(note.start, first)
        if time > 1e-9:
            is_strong = abs(note.start - first) < 0.05
            found.append((note.pitch % 12, time, time * (_DOWNBEAT if is_strong else 1.0)))
    return found


def _fits(bar: list[tuple[int, float, float]], tones: set[int]) -> float:
    """From -.6 to 1, 0 for a bar in which nothing sounds."""
    whole = sum(weight for *_, weight in bar)
    return sum(weight * (1.0 if pitch in tones else _OFF) for pitch, _, weight in bar) / whole if whole else 0.0


def _follows(mode: str, numerals: list[str]) -> list[list[float]]:
    """How likely each chord follows each, in logarithms beside the mean; from the progressions of a mode."""
    seen: Counter[tuple[str, str]] = Counter()
    for progressions in harmonies.known(mode).values():
        for row in progressions:
            plain = [_plain(one) for one in row]
            seen.update(zip(plain, [*plain[1:], plain[0]], strict=True))
    logs = [[math.log(seen[one, other] + _UNSEEN) for other in numerals] for one in numerals]
    mean = sum(map(sum, logs)) / len(numerals) ** 2
    return [[value - mean for value in row] for row in logs]


def _plain(numeral: str) -> str:
    return numeral.removesuffix("maj7").removesuffix("7")


def _correlation(a: Sequence[float], b: Sequence[float]) -> float:
    means = sum(a) / len(a), sum(b) / len(b)
    apart = [(x - means[0], y - means[1]) for x, y in zip(a, b, strict=True)]
    scale = math.sqrt(sum(x * x for x, _ in apart) * sum(y * y for _, y in apart))
    return sum(x * y for x, y in apart) / scale if scale else 0.0
