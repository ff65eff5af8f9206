"""Melodies: a motif that belongs to its section's name and returns with it, moved onto the chords it meets.

A phrase is four bars: motif, motif varied, motif, cadence. Strong beats have tones of the chord, weak ones steps of the
scale; the cadence rests on the chord's third or root.
"""

from __future__ import annotations

import random

from ripieno.music.arranging.feel import Event
from ripieno.music.arranging.rhythm import Stroke, strokes
from ripieno.music.chord import Chord
from ripieno.music.conditioning import Conditioning
from ripieno.music.genres import Genre, Part

_PHRASE_BARS = 4
# Heights in steps above or below where the motif lies, stroke after stroke.
_CONTOURS = (
    (0, 1, 2, 1, 0, -1),
    (0, 2, 3, 1, 0),
    (2, 1, 0, -1, 0),
    (0, 1, 0, 3, 1, 0),
    (0, -1, -2, 0, 1),
    (3, 2, 0, 1),
)
_STEP = 1.8  # semitones
_RESTS = {"sung": 0.18, "riff": 0.1}


def write(conditioning: Conditioning, genre: Genre, part: Part, seed: int) -> list[Event]:
    """The line, in beats."""
    rhythm = part.compound if conditioning.timeline.compound else part.four
    events: list[Event] = []
    previous = (part.low + part.high) // 2
    for bar in conditioning.bars():
        energy = conditioning.energy_of(bar)
        section = conditioning.section_at(bar.first)
        if conditioning.fullness_of(bar) < part.from_energy or (
            part.style == "sung" and section.label in ("intro", "break", "outro")
        ):
            continue
        place = conditioning.bar_of_section(bar) % _PHRASE_BARS
        motif = random.Random(f"{seed} {section.label} {part.style} {1 if place == 1 else 0}")
        contour = motif.choice(_CONTOURS)
        lies = (part.low + part.high) / 2 + motif.uniform(-4, 2) + 3 * (energy - 0.6)
        played = strokes(rhythm, bar.beats, swing=genre.feel.swing, density=part.density)
        if place == _PHRASE_BARS - 1:
            played = _cadence(played, bar.beats)
        for number, stroke in enumerate(played):
            rests = motif.random() < _RESTS.get(part.style, 0.1) and number > 0
            chord = conditioning.chord_at(bar.first + stroke.at)
            if chord is None or rests:
                continue
            is_final = place == _PHRASE_BARS - 1 and number == len(played) - 1
            wanted = 0.75 * (lies + _STEP * contour[number % len(contour)]) + 0.25 * previous
            scale = conditioning.key_at(bar.first + stroke.at).scale
            pitch = _pitch(chord, stroke, wanted, scale, part, is_final=is_final)
            following = played[number + 1].at if number + 1 < len(played) else float(bar.beats)
            length = max(stroke.length, min(following - stroke.at, 1.0)) * 0.92
            events.append(Event(bar.first + stroke.at, length, pitch, (66 + 40 * energy) * stroke.force))
            previous = pitch
    return events


def _cadence(played: list[Stroke], beats: int) -> list[Stroke]:
    """The first half of the bar, its last tone held."""
    kept = [stroke for stroke in played if stroke.at <= beats / 2] or played[:1]
    return [*kept[:-1], Stroke(kept[-1].at, max(1.0, beats - kept[-1].at - 0.5), 1.0)]


def _pitch(chord: Chord, stroke: Stroke, wanted: float, scale: tuple[int, ...], part: Part, *, is_final: bool) -> int:
    """The tone nearest to where the contour goes that fits the beat."""
    strong = abs(stroke.at - round(stroke.at)) < 1e-6
    if is_final:
        allowed = {chord.root, (chord.root + chord.tones[1]) % 12}
    elif strong:
        allowed = set(chord.pitch_classes)
    else:
        clash = {(tone + 1) % 12 for tone in chord.pitch_classes} - set(chord.pitch_classes)
        allowed = (set(scale) | set(chord.pitch_classes)) - (clash - set(scale))
    pitches = [pitch for pitch in range(part.low, part.high + 1) if pitch % 12 in allowed]
    return min(pitches, key=lambda pitch: (abs(pitch - wanted), pitch))
