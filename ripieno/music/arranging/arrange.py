"""One part for one stem, from a conditioning and a style: a genre, or a blend of some."""

from __future__ import annotations

import random
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import replace

from ripieno.music import score
from ripieno.music.arranging import bass, comping, drums, feel, melody
from ripieno.music.arranging.feel import Event
from ripieno.music.arranging.playing import Playing, drums_as, genre_as, part_as, played, silenced
from ripieno.music.conditioning import Conditioning
from ripieno.music.genres import Genre, Part
from ripieno.music.genres.blending import BLEND_BARS, Blend
from ripieno.music.instruments import Instrument
from ripieno.music.places import Span, lies_in

STEMS = ("drums", "bass", "guitar", "piano", "synth", "vocals", "other")
AS_WRITTEN = Playing()
_MELODIC = ("sung", "riff")
_SHORTEST = 0.1  # beats


def arrange(
    stem: str,
    conditioning: Conditioning,
    style: Blend,
    *,
    seed: int,
    instrument: Instrument | None = None,
    playing: Playing = AS_WRITTEN,
    by_place: Sequence[tuple[Playing, list[Span]]] = (),
    silent: Sequence[Span] = (),
    humanise: bool = True,
) -> score.Part:
    """The notes of a stem, in seconds from the beginning of the conditioning's range.

    Parameters
    ----------
    instrument : instead of the style's own
    playing : how it differs from what the style says
    by_place : how it differs in some stretches of beats, there instead of `playing`
    silent : stretches of beats where nothing is played
    humanise : with the style's imprecision, or exactly on the grid

    Raises
    ------
    ValueError
        For a stem that nobody plays.
    """
    if stem not in STEMS:
        raise ValueError(f"there is no stem {stem!r}: choose from {', '.join(STEMS)}")
    rng = random.Random(f"{seed} {stem}")
    own = _with(style.leading.parts[stem], instrument) if stem != "drums" else None

    def written(how: Playing, rng: random.Random) -> list[Event]:
        genres = [genre_as(one, how) for one in style.genres]
        if own is None:
            by_genre = [drums.write(conditioning, _drummer(one, how), rng) for one in genres]
            how = replace(how, articulation="normal", notes="all")
        else:
            part = part_as(own, how)
            by_genre = [
                _line(
                    stem, conditioning, one, _in_place_of(part, part_as(_with(one.parts[stem], instrument), how)), seed
                )
                for one in genres
            ]
        return played(_blended(by_genre, conditioning, style, stem, seed), conditioning, how)

    events = written(playing, rng)
    for how, where in by_place:
        there = written(how, random.Random(f"{seed} {stem}"))
        events = [event for event in events if not lies_in(event.at, where)]
        events += [event for event in there if lies_in(event.at, where)]
    events = silenced(events, list(silent))
    if own is None:
        names = {pitch: name for name, pitch in drums.KIT.items()}
        notes = feel.play(events, conditioning, style.feel, stem, rng, humanise=humanise, names=names)
        return score.Part(stem, style.leading.drums.program, is_drum=True, notes=notes)
    notes = feel.play(events, conditioning, style.feel, stem, rng, humanise=humanise)
    return score.Part(stem, own.program, gain_db=own.gain_db, pan=own.pan, notes=notes)


def _line(stem: str, conditioning: Conditioning, genre: Genre, part: Part, seed: int) -> list[Event]:
    if stem == "bass":
        return bass.write(conditioning, genre, part, seed)
    if part.style in _MELODIC:
        return melody.write(conditioning, genre, part, seed)
    return comping.write(conditioning, genre, part, seed)


def _blended(
    by_genre: list[list[Event]], conditioning: Conditioning, style: Blend, stem: str, seed: int
) -> list[Event]:
    """Of every phrase what one of the genres plays; it ends where another genre's begins."""
    if len(by_genre) == 1:
        return by_genre[0]
    bars = conditioning.bars()
    chosen = []
    for bar in bars:
        section = conditioning.section_at(bar.first)
        whole = max(1, int((section.end - section.start) / max(1, bar.beats)) // BLEND_BARS)
        phrase = min(conditioning.bar_of_section(bar) // BLEND_BARS, whole - 1)  # what is left over goes with the last
        chosen.append(style.of_phrase(stem, section.label, phrase, seed))
    starts = [float(bar.first) for bar in bars]
    ends: list[float] = [conditioning.last] * len(bars)  # of the stretch of one genre that a bar lies in
    for number in reversed(range(len(bars) - 1)):
        ends[number] = ends[number + 1] if chosen[number] == chosen[number + 1] else starts[number + 1]
    events = []
    for which, written in enumerate(by_genre):
        for event in written:
            number = max(0, bisect_right(starts, event.at + 1e-6) - 1)
            if chosen[number] == which:
                events.append(replace(event, length=min(event.length, max(_SHORTEST, ends[number] - event.at))))
    return sorted(events, key=lambda event: (event.at, event.pitch))


def _drummer(genre: Genre, playing: Playing) -> Genre:
    return genre.model_copy(update={"drums": drums_as(genre.drums, playing)})


def _with(part: Part, instrument: Instrument | None) -> Part:
    if instrument is None:
        return part
    return part.model_copy(update={"program": instrument.program, "style": instrument.style or part.style})


def _in_place_of(own: Part, other: Part) -> Part:
    """What another genre of the blend plays, on the same instrument in the same register."""
    return own.model_copy(update={name: getattr(other, name) for name in ("style", "four", "compound", "from_energy")})
