"""Random songs with exact truth, composed here: wide enough to hurt, and blind to what the engines assume.

Meters count as musicians tap them: 6/8 has two beats (dotted quarters) in a bar.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field, replace

from ripieno.music.pitch import SHARP_NAMES
from ripieno.music.score import Note, Part, Score, Span

METERS = {"4/4": (4, 2), "3/4": (3, 2), "6/8": (2, 3), "5/4": (5, 2)}  # beats in a bar, subdivisions of a beat
SCALES = {
    "major": (0, 2, 4, 5, 7, 9, 11), "minor": (0, 2, 3, 5, 7, 8, 10),
    "dorian": (0, 2, 3, 5, 7, 9, 10), "mixolydian": (0, 2, 4, 5, 7, 9, 10),
}  # fmt: skip
QUALITIES = {
    "maj": (0, 4, 7), "min": (0, 3, 7), "dim": (0, 3, 6), "sus4": (0, 5, 7), "sus2": (0, 2, 7),
    "7": (0, 4, 7, 10), "maj7": (0, 4, 7, 11), "min7": (0, 3, 7, 10), "hdim7": (0, 3, 6, 10),
}  # fmt: skip
# Degrees (0 is the tonic) that close: most progressions come home, some do not.
CYCLES = {
    "major": [
        (0, 4, 5, 3),
        (0, 5, 3, 4),
        (0, 3, 4, 0),
        (5, 3, 0, 4),
        (0, 2, 3, 4),
        (1, 4, 0, 0),
        (0, 3, 1, 4),
        (3, 4, 2, 5),
    ],
    "minor": [(0, 5, 2, 6), (0, 3, 4, 0), (0, 6, 5, 4), (0, 3, 6, 2), (0, 5, 3, 4), (0, 4, 0, 3), (0, 6, 5, 6)],
}
FORMS = [
    [
        ("intro", 4),
        ("verse", 8),
        ("chorus", 8),
        ("verse", 8),
        ("chorus", 8),
        ("bridge", 8),
        ("chorus", 8),
        ("outro", 4),
    ],
    [("verse", 8), ("verse", 8), ("bridge", 8), ("verse", 8), ("outro", 4)],
    [("intro", 8), ("build", 8), ("drop", 16), ("break", 8), ("build", 8), ("drop", 16), ("outro", 8)],
    [("intro", 4), ("verse", 16), ("chorus", 8), ("solo", 8), ("verse", 8), ("chorus", 8)],
    [("intro", 2), ("verse", 12), ("chorus", 8), ("verse", 12), ("chorus", 8), ("outro", 4)],
]
ENERGY = {
    "intro": 0.45, "verse": 0.65, "chorus": 1.0, "bridge": 0.6, "outro": 0.45, "solo": 0.85, "break": 0.35,
    "build": 0.7, "drop": 1.0,
}  # fmt: skip
KITS = ("none", "rock", "four on the floor", "shuffle", "brushes")
KEYS_PROGRAMS, PLUCKED, PADS, BASSES, LEADS = (
    (0, 4, 5, 16),
    (24, 25, 27, 46),
    (48, 50, 89, 91),
    (32, 33, 34, 38),
    (56, 65, 73, 80, 81),
)


Chord = tuple[int, str, int]  # root, quality, bass


@dataclass
class Traits:
    """What kind of song it is; the benchmark reports by these."""

    seed: int
    bpm: float
    meter: str
    mode: str
    tonic: int
    sevenths: bool
    colours: bool
    kit: str
    swing: float
    drift: float
    pickup: float
    fade: bool
    tuning: float
    form: int
    soundfont: int = 0
    damage: str = "none"
    modulation: int = 0  # semitones up, from the last repeat of a section on
    tags: list[str] = field(default_factory=list)


def draw_traits(seed: int) -> Traits:
    rng = random.Random(seed)
    meter = rng.choices(list(METERS), (62, 16, 14, 8))[0]
    slow, fast = (60, 180) if meter != "6/8" else (45, 110)
    traits = Traits(
        seed=seed,
        bpm=round(rng.uniform(slow, fast), rng.choice((0, 1, 2))),
        meter=meter,
        mode=rng.choices(list(SCALES), (45, 35, 10, 10))[0],
        tonic=rng.randrange(12),
        sevenths=rng.random() < 0.4,
        colours=rng.random() < 0.4,
        kit=rng.choices(KITS, (15, 35, 20, 15, 15))[0],
        swing=rng.choice((0, 0, 0, 0.62, 0.66)),
        drift=rng.choice((0, 0, 0, 0.02, 0.05)),
        pickup=rng.choice((0, 0, 0, 1)),
        fade=rng.random() < 0.15,
        tuning=rng.choice((440.0, 440.0, 440.0, round(rng.uniform(432, 446), 1))),
        form=rng.randrange(len(FORMS)),
        soundfont=rng.randrange(2),
        damage=rng.choices(("none", "noise", "mp3", "reverb"), (55, 15, 15, 15))[0],
        modulation=rng.choice((0, 0, 0, 0, 0, 0, 1, 2, 3)),
    )
    traits.tags = [
        traits.meter, traits.mode, "sevenths" if traits.sevenths else "triads",
        "no drums" if traits.kit == "none" else "drums", "swing" if traits.swing else "straight",
        "drifting" if traits.drift else "steady", f"damage: {traits.damage}",
        "modulating" if traits.modulation else "one key",
    ]  # fmt: skip
    return traits


class Clock:
    """Beat numbers to seconds, with a tempo that wanders slowly by up to `drift`."""

    def __init__(self, traits: Traits, rng: random.Random, total_beats: int, start: float):
        self.times = [start]
        bend = 0.0
        for _ in range(total_beats + 8):
            bend = 0.97 * bend + rng.gauss(0, traits.drift * 0.12)
            bend = max(-traits.drift, min(traits.drift, bend))
            self.times.append(self.times[-1] + 60 / traits.bpm / (1 + bend))

    def at(self, beat: float) -> float:
        whole = int(beat // 1)
        if whole < 0:
            return self.times[0] + beat * (self.times[1] - self.times[0])
        whole = min(whole, len(self.times) - 2)
        return self.times[whole] + (beat - whole) * (self.times[whole + 1] - self.times[whole])


def compose(traits: Traits) -> Score:
    rng = random.Random(traits.seed * 7919 + 1)
    per_bar, division = METERS[traits.meter]
    form = FORMS[traits.form]
    if traits.bpm / per_bar < 22:  # slow bars: half as many, or the song takes ten minutes
        form = [(name, max(2, bars // 2)) for name, bars in form]
    total = sum(bars for _, bars in form) * per_bar
    clock = Clock(traits, rng, total, 0.3 + rng.random() + traits.pickup * 60 / traits.bpm)
    players = _band(traits, rng)
    longest = {name: max(bars for other, bars in form if other == name) for name, _ in form}
    material = {name: _material(traits, rng, bars) for name, bars in longest.items()}
    score = Score(
        0.0, traits.bpm, (SHARP_NAMES[traits.tonic], traits.mode), per_bar, list(players.values()), [], [], []
    )
    if traits.pickup:
        pitch = 60 + traits.tonic
        _play(players["lead"], clock, -0.5, 0.45, pitch, 80, rng)

    bar = 0
    turning = _turning_point(form) if traits.modulation else len(form)
    for number, (section, bars) in enumerate(form):
        start = bar * per_bar
        shift = traits.modulation if number >= turning else 0
        local = replace(traits, tonic=(traits.tonic + shift) % 12)
        _add_key(score, local, clock.at(start), clock.at(start + bars * per_bar))
        score.sections.append(Span(clock.at(start), clock.at(start + bars * per_bar), section))
        for index in range(bars):
            beat = (bar + index) * per_bar
            score.beats += [(clock.at(beat + count), count + 1) for count in range(per_bar)]
            chords = _transposed(material[section][index], shift)
            for offset, length, chord in chords:
                _add_chord(score, clock, beat + offset, length, chord)
                _comp(traits, players, clock, rng, beat + offset, length, chord, section)
            _drums(traits, players, clock, rng, beat, per_bar, division, section, index, bars)
            _lead(local, players, clock, rng, beat, per_bar, chords, section, index)
        bar += bars
    score.duration = clock.at(total) + 1.5 + rng.random()
    score.parts = [part for part in score.parts if part.notes]
    return score


def _turning_point(form: list[tuple[str, int]]) -> int:
    """The number of the last section that has been heard before: where songs change key."""
    return max(number for number in range(len(form)) if form[number][0] in [name for name, _ in form[:number]])


def _add_key(score: Score, traits: Traits, start: float, end: float) -> None:
    label = f"{SHARP_NAMES[traits.tonic]}:{traits.mode}"
    if score.keys and score.keys[-1].label == label:
        score.keys[-1] = Span(score.keys[-1].start, end, label)
    else:
        score.keys.append(Span(start, end, label))


def _transposed(chords: list[tuple[float, float, Chord]], shift: int) -> list[tuple[float, float, Chord]]:
    return [
        (offset, length, ((root + shift) % 12, quality, (bass + shift) % 12))
        for offset, length, (root, quality, bass) in chords
    ]


def _band(traits: Traits, rng: random.Random) -> dict[str, Part]:
    return {
        "drums": Part("drums", rng.choice((0, 8, 16, 25)), is_drum=True, gain_db=rng.uniform(-3, 1)),
        "bass": Part("bass", rng.choice(BASSES), gain_db=rng.uniform(-2, 3)),
        "keys": Part("piano", rng.choice(KEYS_PROGRAMS), gain_db=rng.uniform(-5, -1), pan=-0.3),
        "plucked": Part("guitar", rng.choice(PLUCKED), gain_db=rng.uniform(-8, -3), pan=0.35),
        "pad": Part("synth", rng.choice(PADS), gain_db=rng.uniform(-12, -6)),
        "lead": Part("other", rng.choice(LEADS), gain_db=rng.uniform(-9, -4), pan=0.1),
    }


def _material(traits: Traits, rng: random.Random, bars: int) -> list[list[tuple[float, float, Chord]]]:
    """Chords of a section, bar by bar: (beat in the bar, length in beats, chord). It repeats with the section."""
    per_bar, _ = METERS[traits.meter]
    family = "major" if traits.mode in ("major", "mixolydian") else "minor"
    cycle = rng.choice(CYCLES[family])
    split = rng.random() < 0.3 and per_bar in (2, 4)
    chords = [_chord(traits, rng, degree) for degree in cycle]
    home = _chord(traits, rng, 0)
    found = []
    for bar in range(bars):
        chord = home if bar == bars - 1 and rng.random() < 0.6 else chords[bar % len(chords)]
        if split and bar % 4 == 3:
            half = per_bar / 2
            found.append([(0.0, half, chord), (half, half, chords[(bar + 1) % len(chords)])])
        else:
            found.append([(0.0, float(per_bar), chord)])
    return found


def _chord(traits: Traits, rng: random.Random, degree: int) -> Chord:
    scale = SCALES[traits.mode]
    root = (traits.tonic + scale[degree]) % 12
    third = (scale[(degree + 2) % 7] - scale[degree]) % 12
    fifth = (scale[(degree + 4) % 7] - scale[degree]) % 12
    seventh = (scale[(degree + 6) % 7] - scale[degree]) % 12
    quality = {(4, 7): "maj", (3, 7): "min", (3, 6): "dim"}.get((third, fifth), "maj")
    if traits.mode == "minor" and degree == 4 and rng.random() < 0.8:
        quality, seventh = "maj", 10  # the leading tone
    if traits.sevenths and rng.random() < 0.6:
        quality = {
            ("maj", 11): "maj7",
            ("maj", 10): "7",
            ("min", 10): "min7",
            ("dim", 10): "hdim7",
        }.get((quality, seventh), quality)
    elif traits.colours and quality in ("maj", "min") and rng.random() < 0.15:
        quality = rng.choice(("sus4", "sus2"))
    bass = root
    if traits.colours and rng.random() < 0.15:
        bass = (root + rng.choice(QUALITIES[quality][1:3])) % 12
    return root, quality, bass


_DEGREES = {2: "2", 3: "b3", 4: "3", 5: "4", 6: "b5", 7: "5"}


def _add_chord(score: Score, clock: Clock, beat: float, length: float, chord: Chord) -> None:
    root, quality, bass = chord
    label = f"{SHARP_NAMES[root]}:{quality}" + ("" if bass == root else f"/{_DEGREES[(bass - root) % 12]}")
    if score.chords and score.chords[-1].label == label:
        score.chords[-1] = Span(score.chords[-1].start, clock.at(beat + length), label)
    else:
        score.chords.append(Span(clock.at(beat), clock.at(beat + length), label))


def _play(
    part: Part, clock: Clock, beat: float, length: float, pitch: int, velocity: float, rng: random.Random
) -> None:
    start = clock.at(beat) + rng.gauss(0, 0.003)
    loud = max(1, min(127, round(velocity + rng.gauss(0, 4))))
    part.notes.append(Note(max(0.0, start), clock.at(beat + length) - 0.01, pitch, loud))


def _comp(traits, players, clock, rng, beat, length, chord, section) -> None:
    root, quality, bass = chord
    energy = ENERGY[section]
    low = 28 + (bass - 28) % 12
    if section not in ("break",):
        steps = [0.0] if energy < 0.6 else [float(n) for n in range(int(length))]
        for step in steps:
            hold = (length if energy < 0.6 else 1.0) * 0.92
            _play(
                players["bass"],
                clock,
                beat + step,
                hold,
                low if step == 0 or rng.random() < 0.8 else low + 12,
                80 + 20 * energy,
                rng,
            )
    pitches = sorted(54 + (root + tone - 54) % 12 for tone in QUALITIES[quality])
    for pitch in pitches:
        if traits.seed % 3 != 1 or section in ("chorus", "drop"):
            for step in range(0, int(length), 2):
                _play(players["keys"], clock, beat + step, min(2, length - step) * 0.95, pitch, 55 + 30 * energy, rng)
        if traits.seed % 3 == 1 or section in ("chorus", "break"):
            _play(players["pad"], clock, beat, length * 0.98, pitch + 12, 50 + 25 * energy, rng)
    if traits.seed % 2 and energy > 0.5:
        for number in range(int(length * 2)):
            swung = traits.swing if number % 2 and traits.swing else 0.5 * (number % 2)
            _play(
                players["plucked"],
                clock,
                beat + number // 2 + swung,
                0.45,
                pitches[number % len(pitches)] + 12,
                45 + 25 * energy,
                rng,
            )


KICK, SNARE, RIM, HAT, OPEN, RIDE, CRASH = 36, 38, 37, 42, 46, 51, 49


def _drums(traits, players, clock, rng, beat, per_bar, division, section, index, bars) -> None:
    if traits.kit == "none" or section == "break" or (section == "intro" and traits.seed % 2):
        return
    drums, energy = players["drums"], ENERGY[section]

    def hit(when: float, drum: int, velocity: float) -> None:
        _play(drums, clock, beat + when, 0.2, drum, velocity * (0.6 + 0.4 * energy), rng)

    if index == 0 and energy > 0.8:
        hit(0, CRASH, 105)
    for count in range(per_bar):
        strong = count == 0 or (per_bar in (4,) and count == 2) or (per_bar == 5 and count == 3)
        if traits.kit == "four on the floor":
            hit(count, KICK, 112)
        elif strong:
            hit(count, KICK, 110)
        back = count % 2 == 1 if per_bar in (2, 4) else count == per_bar - 1 or (per_bar == 5 and count == 2)
        if back:
            hit(count, RIM if traits.kit == "brushes" else SNARE, 105)
        for sub in range(division):
            when = sub / division
            if division == 2 and sub == 1 and traits.swing:
                when = traits.swing
            cymbal = (
                RIDE
                if traits.kit in ("brushes", "shuffle")
                else OPEN
                if energy > 0.9 and sub == 1 and count == per_bar - 1
                else HAT
            )
            hit(count + when, cymbal, 78 if sub == 0 else 58)
    if index == bars - 1:
        for step in range(3):
            hit(per_bar - 0.75 + step / 4, SNARE, 90 + 6 * step)
    elif traits.kit == "rock" and rng.random() < 0.4:
        hit(per_bar - 0.5, KICK, 90)


def _lead(traits, players, clock, rng, beat, per_bar, chords, section, index) -> None:
    if section in ("intro", "break", "build", "outro") or (section == "verse" and index % 4 == 3):
        return
    scale = [(traits.tonic + step) % 12 for step in SCALES[traits.mode]]
    motif = random.Random(f"{traits.seed}{section}{index % 4}")
    position = 0.0
    while position < per_bar - 0.01:
        length = motif.choice((0.5, 1.0, 1.0, 1.5))
        length = min(length, per_bar - position)
        chord = next((c for offset, size, c in chords if offset <= position < offset + size), chords[0][2])
        tones = [(chord[0] + tone) % 12 for tone in QUALITIES[chord[1]]]
        pool = tones if position % 1 == 0 and motif.random() < 0.75 else scale
        pitch = 67 + (motif.choice(pool) - 67) % 12
        if motif.random() < 0.85:
            _play(players["lead"], clock, beat + position, length * 0.9, pitch, 70 + 25 * ENERGY[section], rng)
        position += length
