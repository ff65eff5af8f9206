"""What is asked for: every genre in every meter at three tempi, with chords, form and energy of its own."""

from __future__ import annotations

import random
from dataclasses import dataclass
from itertools import product

from ripieno.music.conditioning import Conditioning, free_standing
from ripieno.music.genres import all_genres, genre

METERS = {"4/4": (4, False), "3/4": (3, False), "6/8": (2, True)}
_BARS = 20
_FORM = (("verse", 8), ("chorus", 8), ("bridge", 4))
_PROGRESSIONS = (  # each in one key beyond doubt
    ("C", "Am", "F", "G7"), ("G", "C", "D7", "G"), ("F", "Dm", "Bb", "C7"), ("D", "Bm", "Em", "A7"),
    ("Am", "Dm", "E7", "Am"), ("Dm", "Gm", "A7", "Dm"), ("Em", "C", "Am", "B7"),
)  # fmt: skip


@dataclass(frozen=True)
class Cell:
    genre: str
    meter: str
    bpm: float

    @property
    def conditioning(self) -> Conditioning:
        beats, compound = METERS[self.meter]
        chosen = random.Random(f"{self.genre} {self.meter} {self.bpm}")
        return free_standing(
            bpm=self.bpm,
            chord_progression=list(chosen.choice(_PROGRESSIONS)),
            beats_per_bar=beats,
            compound=compound,
            duration_seconds=_BARS * beats * 60 / self.bpm,
            form=_FORM,
            tuning=chosen.choice((440.0, 438.0, 443.0)),
        )


def grid() -> list[Cell]:
    """Slowest, middle and fastest tempo of each genre; a dotted beat of 6/8 goes at two thirds of it."""
    found = []
    for name, meter in product(all_genres(), METERS):
        slow, fast = genre(name).tempo
        for bpm in (slow, (slow + fast) / 2, fast):
            found.append(Cell(name, meter, round(bpm * (2 / 3 if METERS[meter][1] else 1), 1)))
    return found
