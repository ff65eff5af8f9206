"""The demo song: a small pop tune in D major at 112 bpm, so that there is something to analyse whose truth is known."""

from __future__ import annotations

import random

from ripieno.music.pitch import pitch_class
from ripieno.music.score import Note, Part, Score, Span

TITLE = "Coda in Daylight"
BPM = 112.0
KEY = ("D", "major")
BEATS_PER_BAR = 4
LEAD_IN = 0.35  # seconds of silence before the first bar
TAIL = 2.5

KICK, SNARE, CLOSED_HAT, OPEN_HAT, CRASH, TOM_HIGH, TOM_LOW, SHAKER = 36, 38, 42, 46, 49, 48, 45, 70

PROGRESSIONS = {
    "intro": ["D", "G", "D", "A"],
    "verse": ["D", "B:min", "G", "A", "D", "F#:min", "G", "A"],
    "chorus": ["G", "A", "D", "B:min", "G", "A", "D", "D"],
    "bridge": ["B:min", "F#:min", "G", "D", "E:min", "B:min", "A", "A"],
    "outro": ["G", "A", "D", "D"],
}
FORM = ["intro", "verse", "chorus", "verse", "chorus", "bridge", "chorus", "outro"]

# Melody by section, a bar each: (beat, length in beats, degree of D major counted from the tonic)
MOTIFS = {
    "verse": [(0, 1, 2), (1, 0.5, 1), (1.5, 1.5, 0), (3, 1, 2)],
    "chorus": [(0, 1.5, 4), (1.5, 0.5, 5), (2, 1, 4), (3, 1, 2)],
    "bridge": [(0, 2, 5), (2, 2, 4)],
}
SCALE = (0, 2, 4, 5, 7, 9, 11)
INTENSITY = {"intro": 0.55, "verse": 0.7, "chorus": 1.0, "bridge": 0.6, "outro": 0.5}


def compose(seed: int = 1) -> Score:
    """The song as a score with its truth; the same seed gives the same notes."""
    rng = random.Random(seed)
    beat = 60.0 / BPM
    drums = Part("drums", 0, is_drum=True, gain_db=-1.0)
    bass = Part("bass", 33, gain_db=1.0)
    piano = Part("piano", 0, gain_db=-3.0, pan=-0.3)
    guitar = Part("guitar", 25, gain_db=-6.0, pan=0.35)
    lead = Part("synth", 81, gain_db=-9.0, pan=0.1)
    chords: list[Span] = []
    sections: list[Span] = []
    beats: list[tuple[float, int]] = []

    def at(bar: int, beats_in: float) -> float:
        return LEAD_IN + (bar * BEATS_PER_BAR + beats_in) * beat

    def play(part: Part, bar: int, start: float, length: float, pitch: int, velocity: float) -> None:
        loudness = max(1, min(127, round(velocity + rng.uniform(-4, 4))))
        part.notes.append(Note(at(bar, start), at(bar, start + length) - 0.01, pitch, loudness))

    bar = 0
    for section in FORM:
        progression, force = PROGRESSIONS[section], INTENSITY[section]
        sections.append(Span(at(bar, 0), at(bar + len(progression), 0), section))
        for index, chord in enumerate(progression):
            root, tones = _tones(chord)
            last_bar = index == len(progression) - 1
            chords.append(Span(at(bar, 0), at(bar + 1, 0), chord if ":" in chord else f"{chord}:maj"))
            beats += [(at(bar, count), count + 1) for count in range(BEATS_PER_BAR)]
            _drums(play, drums, bar, section, force, first=index == 0, fill=last_bar)
            _bass(play, bass, bar, root, section, force)
            _chord_parts(play, piano, guitar, bar, tones, section, force)
            _melody(play, lead, bar, index, section, tones, force)
            bar += 1
    end = at(bar, 0)
    return Score(end + TAIL, BPM, KEY, BEATS_PER_BAR, [drums, bass, piano, guitar, lead], beats, chords, sections)


def _tones(chord: str) -> tuple[int, list[int]]:
    name, _, quality = chord.partition(":")
    root = pitch_class(name)
    return root, [root, (root + (3 if quality == "min" else 4)) % 12, (root + 7) % 12]


def _drums(play, drums: Part, bar: int, section: str, force: float, *, first: bool, fill: bool) -> None:
    if section == "intro":
        for eighth in range(8):
            play(drums, bar, eighth / 2, 0.2, CLOSED_HAT, 50 + 25 * (eighth % 2 == 0))
        play(drums, bar, 0, 0.2, KICK, 80)
        return
    if section == "outro":
        play(drums, bar, 0, 0.2, KICK, 85)
        play(drums, bar, 2, 0.2, SNARE, 60)
        for quarter in range(4):
            play(drums, bar, quarter, 0.2, CLOSED_HAT, 55)
        return
    if first:
        play(drums, bar, 0, 1, CRASH, 70 + 35 * force)
    for eighth in range(8):
        hat = OPEN_HAT if section == "chorus" and eighth == 7 else CLOSED_HAT
        play(
            drums, bar, eighth / 2, 0.2, SHAKER if section == "bridge" else hat, (78 if eighth % 2 == 0 else 55) * force
        )
    for when in (0, 2) if section == "bridge" else (0, 2, 2.5):
        play(drums, bar, when, 0.2, KICK, 112 * max(force, 0.75))
    if fill:
        for step, drum in enumerate((SNARE, TOM_HIGH, TOM_HIGH, TOM_LOW)):
            play(drums, bar, 3 + step / 4, 0.2, drum, 88 + 6 * step)
        play(drums, bar, 1, 0.2, SNARE, 108 * force)
    elif section != "bridge":
        for when in (1, 3):
            play(drums, bar, when, 0.2, SNARE, 110 * max(force, 0.8))
    else:
        play(drums, bar, 2, 0.2, SNARE, 85)


def _bass(play, bass: Part, bar: int, root: int, section: str, force: float) -> None:
    low = 28 + (root - 28) % 12
    if section in ("intro", "outro", "bridge"):
        play(bass, bar, 0, 2.9, low, 88 * max(force, 0.8))
        play(bass, bar, 3, 1, low, 76)
        return
    for when in range(8):
        step = low + 12 if section == "chorus" and when == 7 else low + 7 if when == 6 and low < 36 else low
        play(bass, bar, when / 2, 0.45, step, (100 if when % 2 == 0 else 82) * max(force, 0.8))


def _chord_parts(play, piano: Part, guitar: Part, bar: int, tones: list[int], section: str, force: float) -> None:
    voicing = sorted(57 + (tone - 57) % 12 for tone in tones)
    for hit, length in ((0, 2), (2, 2)) if section != "chorus" else ((0, 1.5), (1.5, 1), (2.5, 1.5)):
        for pitch in voicing:
            play(piano, bar, hit, length, pitch, 74 * max(force, 0.7))
    if section in ("chorus", "bridge", "outro"):
        strum = sorted(50 + (tone - 50) % 12 for tone in tones) + [62 + (tones[0] - 62) % 12]
        for eighth in (0, 2, 3, 5, 6) if section == "chorus" else (0, 4):
            for lag, pitch in enumerate(strum):
                play(guitar, bar, eighth / 2 + lag * 0.02, 0.9, pitch, 70 * force)


def _melody(play, lead: Part, bar: int, index: int, section: str, tones: list[int], force: float) -> None:
    motif = MOTIFS.get(section)
    if motif is None or (section == "verse" and index % 4 == 3):
        return
    lift = (0, 1, 0, -1, 0, 1, 2, 0)[index % 8]
    for when, length, degree in motif:
        step = degree + lift
        pitch = 74 + 12 * (step // 7) + SCALE[step % 7]
        if when in (0, 2):  # strong beats rest on a tone of the chord
            pitch = min(
                (pitch + shift for shift in range(-3, 4) if (pitch + shift) % 12 in tones), key=lambda p: abs(p - pitch)
            )
        play(lead, bar, when, length * 0.95, pitch, 84 * force)
