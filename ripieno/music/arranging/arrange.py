"""One part for one stem, from a conditioning and a genre."""

from __future__ import annotations

import random
from dataclasses import replace

from ripieno.music import score
from ripieno.music.arranging import bass, comping, drums, feel, melody
from ripieno.music.arranging.playing import Playing, drums_as, part_as, played
from ripieno.music.conditioning import Conditioning
from ripieno.music.genres import Genre, Part
from ripieno.music.instruments import Instrument

STEMS = ("drums", "bass", "guitar", "piano", "synth", "vocals", "other")
AS_WRITTEN = Playing()
_MELODIC = ("sung", "riff")


def arrange(
    stem: str,
    conditioning: Conditioning,
    genre: Genre,
    *,
    seed: int,
    instrument: Instrument | None = None,
    playing: Playing = AS_WRITTEN,
    humanise: bool = True,
) -> score.Part:
    """The notes of a stem, in seconds from the beginning of the conditioning's range.

    Parameters
    ----------
    instrument : instead of the genre's own
    playing : how it differs from what the genre says
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
        genre = genre.model_copy(update={"drums": drums_as(genre.drums, playing)})
        events = played(drums.write(conditioning, genre, rng), conditioning, replace(playing, articulation="normal"))
        names = {pitch: name for name, pitch in drums.KIT.items()}
        notes = feel.play(events, conditioning, genre, stem, rng, humanise=humanise, names=names)
        return score.Part(stem, genre.drums.program, is_drum=True, notes=notes)
    part = part_as(_with(genre.parts[stem], instrument), playing)
    if stem == "bass":
        events = bass.write(conditioning, genre, part, seed)
    elif part.style in _MELODIC:
        events = melody.write(conditioning, genre, part, seed)
    else:
        events = comping.write(conditioning, genre, part, seed)
    notes = feel.play(played(events, conditioning, playing), conditioning, genre, stem, rng, humanise=humanise)
    return score.Part(stem, part.program, gain_db=part.gain_db, pan=part.pan, notes=notes)


def _with(part: Part, instrument: Instrument | None) -> Part:
    if instrument is None:
        return part
    return part.model_copy(update={"program": instrument.program, "style": instrument.style or part.style})
