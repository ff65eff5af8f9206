"""Bass lines: what sounds on each stroke of the genre's rhythm, by style.

roots, octaves between them, roots and fifths in turn, syncopated and dub figures on chord tones, walking lines,
off-beats, pedals; before a change of chord most styles approach the next root by a step.
"""

from __future__ import annotations

import random
from bisect import bisect_left
from dataclasses import replace

from ripieno.music.arranging.feel import Event
from ripieno.music.arranging.rhythm import Stroke, strokes, variation
from ripieno.music.chord import Chord
from ripieno.music.conditioning import Conditioning
from ripieno.music.genres import Genre, Part

_APPROACHES = {"walking": 0.85, "roots": 0.35, "syncopated": 0.5, "dub": 0.3, "fifths": 0.2, "offbeat": 0.25}
_STEADY = ("walking", "pedal", "offbeat")  # every bar alike
_BESIDE_KICK, _TOGETHER = 0.25, 0.02  # beats
_ON_KICK, _OFF_KICK = 1.06, 0.92
_GATE = {"dub": 0.85, "walking": 0.95, "pedal": 0.7, "offbeat": 0.6, "syncopated": 0.8}


def write(conditioning: Conditioning, genre: Genre, part: Part, seed: int) -> list[Event]:
    """The line, in beats."""
    rhythm = part.compound if conditioning.timeline.compound else part.four
    rng = random.Random(f"{seed} bass")
    events: list[Event] = []
    previous = (part.low + part.high) // 2
    for bar in conditioning.bars():
        energy = conditioning.energy_of(bar)
        fullness = conditioning.fullness_of(bar)
        if fullness < part.from_energy:
            continue
        density = part.density
        if part.style not in _STEADY:
            density += variation(seed, conditioning.section_at(bar.first).label, conditioning.bar_of_section(bar))
        played = strokes(rhythm, bar.beats, swing=genre.feel.swing, density=density)
        if fullness < 0.35:
            played = played[:1]
        for number, stroke in enumerate(played):
            at = bar.first + stroke.at
            chord = conditioning.chord_at(at)
            if chord is None:
                continue
            following = played[number + 1].at if number + 1 < len(played) else float(bar.beats)
            coming = conditioning.chord_at(bar.first + following)
            is_last = coming is not None and coming.bass != chord.bass
            begins = number == 0 or conditioning.chord_at(bar.first + played[number - 1].at) != chord
            scale = conditioning.key_at(at).scale
            pitch = _pitch(part, chord, coming if is_last else None, stroke, previous, scale, rng, begins=begins)
            length = (stroke.length or following - stroke.at) * _GATE.get(part.style, 0.9)
            events.append(Event(at, length, pitch, (70 + 38 * energy) * stroke.force))
            previous = pitch
    return _with_kick(events, conditioning.kick, moves=part.style not in _STEADY) if conditioning.kick else events


def _with_kick(events: list[Event], kicks: tuple[float, ...], *, moves: bool) -> list[Event]:
    """Together with the kick: a tone that begins a sixteenth or less beside one begins with it where there is room, and
    those that do are louder than the rest."""
    taken = {round(event.at, 3) for event in events}
    found = []
    for event in events:
        near = bisect_left(kicks, event.at - _BESIDE_KICK - 1e-3)
        beside = [kick for kick in kicks[near : near + 4] if abs(kick - event.at) <= _BESIDE_KICK + 1e-3]
        kick = min(beside, key=lambda one: abs(one - event.at), default=None)
        if kick is None:
            found.append(replace(event, velocity=event.velocity * _OFF_KICK))
            continue
        if moves and abs(kick - event.at) > 1e-3 and round(kick, 3) not in taken and event.at % 1:
            event = replace(event, at=kick, length=max(0.1, event.length + event.at - kick))
            taken.add(round(kick, 3))
        on_it = abs(kick - event.at) <= _TOGETHER
        found.append(replace(event, velocity=event.velocity * (_ON_KICK if on_it else _OFF_KICK)))
    return sorted(found, key=lambda event: event.at)


def _pitch(
    part: Part,
    chord: Chord,
    coming: Chord | None,
    stroke: Stroke,
    previous: int,
    scale: tuple[int, ...],
    rng: random.Random,
    *,
    begins: bool,
) -> int:
    """The root where a chord begins; then what the style plays, or a step towards the next root."""
    root = _nearest(chord.bass, previous if part.style == "walking" else (part.low * 2 + part.high) // 3, part)
    if begins or part.style == "pedal":
        return root
    if coming is not None and rng.random() < _APPROACHES.get(part.style, 0.0):
        target = _nearest(coming.bass, root, part)
        return _within(target + rng.choice(_steps_towards(target, root, scale)), part)
    fifth = (chord.root + chord.tones[2 if len(chord.tones) > 2 else 1]) % 12
    match part.style:
        case "walking":
            return _walk(chord, previous, scale, part, rng)
        case "fifths":
            return _nearest(fifth, root + 5, part) if 0.5 <= stroke.at % 2 < 1.5 else root
        case "syncopated" | "dub":
            tones = [root, root, _nearest(fifth, root, part), _within(root + 12, part)]
            return rng.choice(tones)
        case "offbeat":
            return _within(root + 12, part) if rng.random() < 0.25 else root
    return _within(root + 12, part) if stroke.force >= 1.0 and rng.random() < 0.15 else root


def _walk(chord: Chord, previous: int, scale: tuple[int, ...], part: Part, rng: random.Random) -> int:
    """A chord tone or a step of the scale, on in the direction there is room for."""
    upwards = previous < part.low + (part.high - part.low) * rng.uniform(0.35, 0.75)
    reach = range(previous + 1, previous + 6) if upwards else range(previous - 1, previous - 6, -1)
    tones = [pitch for pitch in reach if pitch % 12 in chord.pitch_classes]
    steps = [pitch for pitch in reach[:2] if pitch % 12 in scale]
    choice = tones if tones and (not steps or rng.random() < 0.65) else steps or list(reach[:1])
    return _within(choice[0], part)


def _steps_towards(target: int, origin: int, scale: tuple[int, ...]) -> list[int]:
    """A scale step from the side the line comes from, or the leading semitone."""
    side = -1 if origin <= target else 1
    step = next((side * step for step in (1, 2) if (target + side * step) % 12 in scale), side)
    return [step, side]


def _nearest(pitch_class: int, to: float, part: Part) -> int:
    """The pitch of this class in the part's register that lies nearest."""
    pitches = [pitch for pitch in range(part.low, part.high + 1) if pitch % 12 == pitch_class % 12]
    return min(pitches or [part.low + (pitch_class - part.low) % 12], key=lambda pitch: (abs(pitch - to), pitch))


def _within(pitch: int, part: Part) -> int:
    while pitch > part.high:
        pitch -= 12
    while pitch < part.low:
        pitch += 12
    return pitch
