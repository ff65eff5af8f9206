"""How a part is played, beside what its genre says: higher or lower, busier or sparser, louder, shorter or tied."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, fields, replace
from itertools import pairwise
from typing import Any, Literal

from ripieno.contracts import generation as contract
from ripieno.music.arranging.feel import Event
from ripieno.music.conditioning import Conditioning
from ripieno.music.genres import DrumPattern, Drums, Genre, Part
from ripieno.music.places import Span, lies_in, spans

_LOWEST, _HIGHEST = 24, 103
_STACCATO, _SHORTEST = 0.45, 0.08
_LONGEST_TIE = 8.0  # beats
_DYNAMICS = 0.3
_STRAIGHT, _TRIPLETS = 0.5, 2 / 3
_LATEST = 0.06  # beats, behind or ahead
_ON_BEAT = 0.05  # beats
_CYMBALS = ("hat", "pedal_hat", "open_hat", "ride", "shaker")

Articulation = Literal["staccato", "normal", "legato"]
Pulse = Literal["half", "normal", "double"]
Onsets = Literal["all", "downbeats", "beats", "offbeats"]


@dataclass(frozen=True)
class Playing:
    """Numbers from -1 to 1, 0 the genre's own: `pitch_register` 1 is an octave, `swing` is from straight to triplets,
    `timing` from ahead of the beat to behind it. `notes` may be the roots of the chords alone, `onsets` those on the
    first beat of a bar, on beats or off them."""

    pitch_register: float = 0.0
    density: float = 0.0
    dynamics: float = 0.0
    articulation: Articulation = "normal"
    swing: float = 0.0
    timing: float = 0.0
    pulse: Pulse = "normal"
    notes: Literal["all", "roots"] = "all"
    onsets: Onsets = "all"


def of(plan: contract.Playing, *more: contract.Playing) -> Playing:
    """As a plan has it, and at some places more: numbers add up, words take the place of the plan's."""
    found: dict[str, Any] = {one.name: getattr(plan, one.name) for one in fields(Playing)}
    for other in more:
        for one in fields(Playing):
            value = getattr(other, one.name)
            if isinstance(value, float):
                found[one.name] = max(-1.0, min(1.0, found[one.name] + value))
            elif value != one.default:
                found[one.name] = value
    return Playing(**found)


def by_place(plan: contract.StemPlan, music: Conditioning) -> list[tuple[Playing, list[Span]]]:
    """How it is played where it is not played as in the rest: where places overlap, all of them count."""
    placed = [(one, spans(one.places, music)) for one in plan.at_places]
    edges = sorted({edge for _, found in placed for span in found for edge in span})
    read: dict[Playing, list[Span]] = {}
    for start, end in pairwise(edges):
        here = [one for one, found in placed if lies_in(start, found)]
        if here:
            read.setdefault(of(plan, *here), []).append((start, end))
    return list(read.items())


def part_as(part: Part, playing: Playing) -> Part:
    """The part in its register, density and pulse; its compass keeps its width where there is room."""
    shift = round(12 * playing.pitch_register)
    shift = max(_LOWEST - part.low, min(_HIGHEST - part.high, shift)) if shift else 0
    changes = {"low": part.low + shift, "high": part.high + shift, "density": playing.density}
    return part.model_copy(update={**changes, "four": paced(part.four, playing.pulse)})


def drums_as(drums: Drums, playing: Playing) -> Drums:
    """The drums in their density and pulse: at half the pulse the backbeat falls on three, cymbals go on as they do."""

    def at_pulse(pattern: DrumPattern) -> DrumPattern:
        rhythms = {
            name: rhythm if name in _CYMBALS and playing.pulse == "half" else paced(rhythm, playing.pulse)
            for name, rhythm in pattern.rhythm.items()
        }
        return pattern.model_copy(update={"rhythm": rhythms})

    four = drums.four if playing.pulse == "normal" else tuple(at_pulse(one) for one in drums.four)
    return drums.model_copy(update={"density": playing.density, "four": four})


def genre_as(genre: Genre, playing: Playing) -> Genre:
    """The genre with its groove nearer to straight or to triplets."""
    if not playing.swing:
        return genre
    target = max(_TRIPLETS, genre.feel.swing) if playing.swing > 0 else _STRAIGHT
    swing = genre.feel.swing + abs(playing.swing) * (target - genre.feel.swing)
    return genre.model_copy(update={"feel": genre.feel.model_copy(update={"swing": swing})})


def paced(rhythm: str, pulse: Pulse) -> str:
    """A rhythm of four at half its speed (its first half), or at twice its speed (again)."""
    beats = rhythm.split("|")
    if pulse == "normal" or len(beats) != 4 or len(beats[0]) != 4:
        return rhythm
    if pulse == "half":
        letters = "".join(beats[:2])
        slow = "".join(letter + ("-" if letter in "Xxo-" else ".") for letter in letters)
        return "|".join(slow[at : at + 4] for at in range(0, 16, 4))
    letters = "".join(beats)[::2] * 2
    return "|".join(letters[at : at + 4] for at in range(0, 16, 4))


def chosen(events: list[Event], conditioning: Conditioning, playing: Playing) -> list[Event]:
    """The events that are to sound: at the onsets that are wanted, all tones or the root alone."""
    if playing.onsets != "all":
        events = _at_onsets(events, conditioning, playing.onsets)
    if playing.notes == "roots":
        events = _roots(events, conditioning)
    return events


def _at_onsets(events: list[Event], conditioning: Conditioning, onsets: Onsets) -> list[Event]:
    if onsets == "beats":
        return [event for event in events if abs(event.at - round(event.at)) < _ON_BEAT]
    if onsets == "offbeats":
        return [event for event in events if abs(event.at - round(event.at)) >= _ON_BEAT]
    kept = []
    for bar in conditioning.bars():
        inside = [event for event in events if bar.first - 1e-6 <= event.at < bar.first + bar.beats - 1e-6]
        first = min((event.at for event in inside), default=0.0)
        end = bar.first + bar.beats
        kept += [  # what comes first in the bar comes on its first beat
            replace(event, at=float(bar.first), length=min(event.length + event.at - bar.first, end - bar.first))
            for event in inside
            if event.at - first < 1e-6
        ]
    return kept


def _roots(events: list[Event], conditioning: Conditioning) -> list[Event]:
    """One tone an onset: the chord's root, nearest to the lowest that was there."""
    lowest: dict[float, Event] = {}
    for event in events:
        if event.at not in lowest or event.pitch < lowest[event.at].pitch:
            lowest[event.at] = event
    found = []
    for event in lowest.values():
        chord = conditioning.chord_at(event.at)
        up = (chord.root - event.pitch) % 12 if chord is not None else 0
        pitch = event.pitch + (up if up <= 6 else up - 12)
        found.append(replace(event, pitch=pitch + 12 if pitch < _LOWEST else pitch))
    return found


def silenced(events: list[Event], silent: list[Span]) -> list[Event]:
    """Without those that begin where it is to be silent; what rings ends there."""
    kept = []
    for event in events:
        if lies_in(event.at, silent):
            continue
        ends = [start - event.at for start, _ in silent if start > event.at]
        kept.append(replace(event, length=min([event.length, *ends])))
    return kept


def played(events: list[Event], conditioning: Conditioning, playing: Playing) -> list[Event]:
    """The events that are to sound, with their articulation, dynamics and timing."""
    events = chosen(events, conditioning, playing)
    force = 1 + _DYNAMICS * playing.dynamics
    if playing.articulation == "staccato":
        lengths = [max(_SHORTEST, event.length * _STACCATO) for event in events]
    elif playing.articulation == "legato":
        lengths = _tied(events, conditioning)
    else:
        lengths = [event.length for event in events]
    return [
        replace(event, at=event.at + _LATEST * playing.timing, length=length, velocity=event.velocity * force)
        for event, length in zip(events, lengths, strict=True)
    ]


def _tied(events: list[Event], conditioning: Conditioning) -> list[float]:
    """Each until the next onset of the part, but not beyond its chord."""
    onsets = sorted({event.at for event in events})
    ends = sorted(span.end for span in conditioning.chords)
    lengths = []
    for event in events:
        after = bisect_right(onsets, event.at + 1e-6)
        until = onsets[after] if after < len(onsets) else event.at + event.length
        over = bisect_right(ends, event.at + 1e-6)
        until = min(until, ends[over] if over < len(ends) else until, event.at + _LONGEST_TIE)
        lengths.append(max(event.length, until - event.at) if until > event.at else event.length)
    return lengths
