"""Chords on guitar, piano, synth and the like: voiced close to the voicing before, played by style.

block, stabs (short), pad (held through), strum (one string after the other), arpeggio (one tone a stroke), ringing (an
arpeggio held with the pedal), stride (the root where it is accented, the chord after it), power (root and fifth).
"""

from __future__ import annotations

import random
from itertools import combinations

from ripieno.music.arranging.feel import Event
from ripieno.music.arranging.rhythm import Stroke, strokes, variation
from ripieno.music.chord import Chord
from ripieno.music.conditioning import Conditioning
from ripieno.music.genres import Genre, Part
from ripieno.music.timeline import Bar

_STEADY = ("pad",)  # every bar alike
_STAB = 0.22  # beats
_ROOM, _SOFTER = 0.45, 0.1  # how much sparser and softer it is played where somebody sings
_RINGS = 6.0  # beats
_STRUM = 0.012  # beats from string to string
_WIDEST = 16  # semitones from the lowest to the highest voice


def write(conditioning: Conditioning, genre: Genre, part: Part, seed: int) -> list[Event]:
    """The chords, in beats."""
    rhythm = part.compound if conditioning.timeline.compound else part.four
    events: list[Event] = []
    rng = random.Random(f"{seed} {part.style} {part.program}")
    voicing: tuple[int, ...] = ()
    sounding: Chord | None = None
    for bar in conditioning.bars():
        energy = conditioning.energy_of(bar)
        if conditioning.fullness_of(bar) < part.from_energy:
            continue
        density = part.density
        if part.style not in _STEADY:
            density += variation(seed, conditioning.section_at(bar.first).label, conditioning.bar_of_section(bar))
        sung = _sung(bar, conditioning)
        density = max(-1.0, density - _ROOM * sung) if part.style not in _STEADY else density
        pattern = strokes(rhythm, bar.beats, swing=genre.feel.swing, density=density)
        played = _with_changes(pattern, bar.first, bar.beats, conditioning, part)
        for number, stroke in enumerate(played):
            at = bar.first + stroke.at
            chord = conditioning.chord_at(at)
            if chord is None:
                continue
            begins = chord != sounding
            if begins:
                voicing, sounding = voice(chord, voicing, part, sevenths=genre.sevenths), chord
            velocity = (58 + 38 * energy) * stroke.force * (1 - _SOFTER * sung)
            following = played[number + 1].at if number + 1 < len(played) else float(bar.beats)
            length = _length(stroke, following, bar.first, chord, conditioning, part)
            if part.style == "ringing":
                length = min(_end_of_chord(at, conditioning) - at, _RINGS)
                if begins:  # the outer voices together
                    events.append(Event(at, length, max(voicing), 0.8 * velocity))
                    number = 0
            if part.style == "stride" and stroke.force >= 1.0:
                events.append(Event(at, length, _root_below(chord, part), velocity))
                continue
            events += _struck(part.style, voicing, at, length, velocity, number, rng)
    return events


def _sung(bar: Bar, conditioning: Conditioning) -> float:
    """The share of a bar in which somebody sings."""
    first, last = bar.first, bar.first + bar.beats
    return sum(max(0.0, min(end, last) - max(start, first)) for start, end in conditioning.voice) / bar.beats


def voice(chord: Chord, before: tuple[int, ...], part: Part, *, sevenths: bool) -> tuple[int, ...]:
    """The chord's tones as pitches, ascending, moved as little as can be from the voicing before.

    Without a voicing before it lies in the middle of the register. A power chord is root, fifth and octave.
    """
    if part.style == "power":
        fifth = chord.tones[2] if len(chord.tones) > 2 else 7
        root = part.low + (chord.root - part.low) % 12
        return (root, root + fifth, root + 12)
    wanted = chord.tones if sevenths or len(chord.tones) <= 4 else chord.tones[:4]
    classes = {(chord.root + tone) % 12 for tone in wanted}
    pitches = [pitch for pitch in range(part.low, part.high + 1) if pitch % 12 in classes]
    options = [
        option
        for option in combinations(pitches, len(classes))
        if len({pitch % 12 for pitch in option}) == len(classes) and max(option) - min(option) <= _WIDEST
    ]
    if not options:
        return tuple(part.low + (tone - part.low) % 12 for tone in sorted(classes))
    middle = (part.low + part.high) / 2
    return min(options, key=lambda option: _motion(option, before, middle))


def _motion(option: tuple[int, ...], before: tuple[int, ...], middle: float) -> float:
    stray = abs(sum(option) / len(option) - middle) * 0.3
    if not before:
        return stray
    return sum(min(abs(pitch - old) for old in before) for pitch in option) + stray


def _with_changes(played: list[Stroke], first: int, beats: int, conditioning: Conditioning, part: Part) -> list[Stroke]:
    """What is held is struck again where the chord changes within the bar."""
    if part.style not in ("pad", "block", "strum"):
        return played
    changes = [span.start - first for span in conditioning.chords if 0.01 < span.start - first < beats - 0.01]
    added = [Stroke(at, 0.0, 0.8) for at in changes if all(abs(at - stroke.at) > 0.2 for stroke in played)]
    return sorted([*played, *added], key=lambda stroke: stroke.at)


def _length(
    stroke: Stroke, following: float, first: int, chord: Chord, conditioning: Conditioning, part: Part
) -> float:
    if part.style == "stabs":
        return max(_STAB, min(stroke.length, 0.9) * 0.9)
    until = following if part.style == "pad" or not stroke.length else min(following, stroke.at + stroke.length)
    end = _end_of_chord(first + stroke.at, conditioning)
    held = min(until, max(end - first, stroke.at + 0.1)) - stroke.at
    return held * (0.98 if part.style == "pad" else 0.92)


def _end_of_chord(at: float, conditioning: Conditioning) -> float:
    span = conditioning.span_at(at)
    return span.end if span else at


def _root_below(chord: Chord, part: Part) -> int:
    """The bass tone in the octave below the part's register."""
    low = part.low - 12
    return low + (chord.bass - low) % 12


def _struck(
    style: str, voicing: tuple[int, ...], at: float, length: float, velocity: float, number: int, rng: random.Random
) -> list[Event]:
    if style in ("arpeggio", "ringing"):
        up_and_down = [*range(len(voicing)), *range(len(voicing) - 2, 0, -1)]
        return [Event(at, max(length, 0.4), voicing[up_and_down[number % len(up_and_down)]], velocity)]
    if style == "strum":
        order = list(voicing) if number % 2 == 0 else list(reversed(voicing))
        return [
            Event(at + string * _STRUM, max(0.1, length - string * _STRUM), pitch, velocity - 2 * string)
            for string, pitch in enumerate(order)
        ]
    accent = rng.uniform(-2, 2)
    return [Event(at, length, pitch, velocity + accent) for pitch in voicing]
