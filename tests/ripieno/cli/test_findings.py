"""Findings as musicians read them."""

from __future__ import annotations

import pytest

from ripieno.cli.findings import chord_name


@pytest.mark.parametrize(
    ("label", "name"),
    [
        ("C:maj", "C"), ("A:min", "Am"), ("D:maj7", "Dmaj7"), ("G:7", "G7"), ("F#:min7", "F#m7"), ("B:hdim7", "Bm7b5"),
        ("E:sus4", "Esus4"), ("C:maj/3", "C/E"), ("Bb:maj/5", "Bb/F"), ("C:min7/b3", "Cm7/Eb"), ("D:7/b7", "D7/C"),
    ],
)  # fmt: skip
def test_chords_are_written_as_musicians_write_them(label, name):
    assert chord_name(label) == name
