"""Chords for melodies: of the key, under the notes, leading home."""

from __future__ import annotations

import pytest

from ripieno.music.chord import parse
from ripieno.music.composing import harmonizing
from ripieno.music.composing.harmonies import key_of
from ripieno.music.midi_files import FileNote


def melody(*bars: str, quarters: float = 4.0) -> list[FileNote]:
    """Notes by their names, those of a bar of equal length, `C5 E5`."""
    steps = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
    found = []
    for number, bar in enumerate(bars):
        names = bar.split()
        for place, name in enumerate(names):
            pitch = 12 * (int(name[-1]) + 1) + steps[name[0]] + name.count("#") - name[1:].count("b")
            found.append(FileNote(number * quarters + place * quarters / len(names), quarters / len(names), pitch, 90))
    return found


TWINKLE = melody(
    "C4 C4 G4 G4",
    "A4 A4 G4 G4",
    "F4 F4 E4 E4",
    "D4 D4 C4 C4",
    "G4 G4 F4 F4",
    "E4 E4 D4 D4",
    "G4 G4 F4 F4",
    "E4 E4 D4 D4",
    "C4 C4 G4 G4",
    "A4 A4 G4 G4",
    "F4 F4 E4 E4",
    "D4 G4 C4 C4",
)
SCARBOROUGH = melody(
    "A4 A4 E5",
    "E5 B4 C5 B4",
    "A4 A4 A4",
    "E5 G5 A5",
    "G5 E5 F5 D5",
    "E5 E5 E5",
    "A5 A5 A5",
    "G5 E5 E5",
    "D5 C5 B4",
    "A4 G4 G4",
    "A4 E5 D5 C5",
    "B4 A4 G4",
    "A4 A4 A4",
    quarters=3.0,
)


@pytest.mark.parametrize(("notes", "key"), [(TWINKLE, (0, "major")), (SCARBOROUGH, (9, "minor"))])
def test_the_key_is_heard_in_the_notes(notes, key):
    assert harmonizing.likely_key(notes) == key
    up = [FileNote(one.start, one.length, one.pitch + 6, one.velocity) for one in notes]
    assert harmonizing.likely_key(up) == ((key[0] + 6) % 12, key[1])


def test_a_tune_gets_the_chords_that_it_has():
    found = harmonizing.harmonized(TWINKLE, 4.0)
    assert found.chords[0] == "C" == found.chords[-1] and found.fit > 0.5
    assert found.chords[1] in ("F", "Am") and found.chords[7] in ("G", "C", "Am")
    assert set(found.chords) <= {"C", "Dm", "Em", "F", "G", "Am"}


def test_a_bar_that_is_a_chord_gets_that_chord():
    found = harmonizing.harmonized(melody("C4 E4 G4", "F4 A4 C5", "G4 B4 D5", "C4 E4 G4"), 4.0, key=(0, "major"))
    assert found.chords == ["C", "F", "G", "C"] and found.fit == pytest.approx(1.0)
    flat = harmonizing.harmonized(melody("Db4 F4 Ab4", "Gb4 Bb4 Db5", "Db4 F4 Ab4"), 4.0, key=key_of("Db major"))
    assert flat.chords == ["Db", "Gb", "Db"]


def test_bars_without_notes_have_chords_and_long_notes_go_on_into_them():
    notes = [FileNote(0, 4, 60, 90), FileNote(12, 8, 67, 90)]
    found = harmonizing.harmonized(notes, 4.0, key=(0, "major"), sevenths=True)
    assert len(found.chords) == 5 and all(parse(one) for one in found.chords) and found.chords[0] == "Cmaj7"


def test_what_has_no_chords_is_refused():
    with pytest.raises(ValueError, match="without notes"):
        harmonizing.harmonized([], 4.0)
    with pytest.raises(ValueError, match="1000 are the most"):
        harmonizing.harmonized([FileNote(10_000, 1, 60, 90)], 4.0)
