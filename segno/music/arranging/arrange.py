"""One part for one stem, from a conditioning and a genre."""

from __future__ import annotations

import random

from segno.music import score
from segno.music.arranging import bass, comping, drums, feel, melody
from segno.music.conditioning import Conditioning
from segno.music.genres import Genre

STEMS = ("drums", "bass", "guitar", "piano", "synth", "vocals", "other")
_MELODIC = ("sung", "riff")


def arrange(
    stem: str,
    conditioning: Conditioning,
    genre: Genre,
    *,
    seed: int,
    program: int | None = None,
    humanise: bool = True,
) -> score.Part:
    """The notes of a stem, in seconds from the beginning of the conditioning's range.

    Parameters
    ----------
    program : a General MIDI instrument instead of the genre's own
    humanise : with the genre's imprecision, or exactly on the grid

    Raises
    ------
    ValueError
        For a stem that nobody plays.
    """
    if stem not in STEMS:
        raise ValueError(f"there is no stem {stem!r}: choose from {', '.join(STEMS)}")
    rng = random.Random(f"{seed} {stem}")
    if stem == "drums":
        events = drums.write(conditioning, genre, rng)
        names = {pitch: name for name, pitch in drums.KIT.items()}
        notes = feel.play(events, conditioning, genre, stem, rng, humanise=humanise, names=names)
        return score.Part(stem, genre.drums.program if program is None else program, is_drum=True, notes=notes)
    part = genre.parts[stem]
    if stem == "bass":
        events = bass.write(conditioning, genre, part, rng)
    elif part.style in _MELODIC:
        events = melody.write(conditioning, genre, part, seed)
    else:
        events = comping.write(conditioning, genre, part, rng)
    notes = feel.play(events, conditioning, genre, stem, rng, humanise=humanise)
    chosen = part.program if program is None else program
    return score.Part(stem, chosen, gain_db=part.gain_db, pan=part.pan, notes=notes)
