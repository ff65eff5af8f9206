"""Findings as musicians read them."""

from __future__ import annotations

import pytest

from ripieno.cli.findings import chart_lines, chord_name
from ripieno.cli.output import clock, clock_ms
from ripieno.cli.shapes import ChartLine


@pytest.mark.parametrize(
    ("label", "name"),
    [
        ("C:maj", "C"),
        ("A:min", "Am"),
        ("D:maj7", "Dmaj7"),
        ("G:7", "G7"),
        ("F#:min7", "F#m7"),
        ("B:hdim7", "Bm7b5"),
        ("E:sus4", "Esus4"),
        ("C:maj/3", "C/E"),
        ("Bb:maj/5", "Bb/F"),
        ("C:min7/b3", "Cm7/Eb"),
        ("D:7/b7", "D7/C"),
        ("N", "–"),
    ],
)
def test_chords_are_written_as_musicians_write_them(label, name):
    assert chord_name(label) == name


def test_a_chart_has_four_bars_a_line_and_a_new_line_for_each_section():
    bars = [ChartLine(bar=n, start_time=2 * n, chords=[(1, "C:maj")]) for n in range(1, 8)]
    bars[0].section, bars[5].section = "verse", "chorus"
    bars[1].chords = [(1, "A:min"), (4, "G:7")]
    lines = [line.split("|", 1) for line in chart_lines(bars)]
    assert [music.split() for _, music in lines] == [
        ["C", "|", "Am", ".", ".", "G7", "|", "C", "|", "C", "|"],
        ["C", "|"],
        ["C", "|", "C", "|"],
    ]
    assert [("verse" in head, "chorus" in head) for head, _ in lines] == [(True, False), (False, False), (False, True)]


def test_times_are_rounded_whole_and_never_show_sixty_seconds():
    assert (clock(59.96), clock(0), clock(3599.99), clock(None)) == ("1:00.0", "0:00.0", "60:00.0", "")
    assert (clock_ms(59.9996), clock_ms(60.3456)) == ("1:00.000", "1:00.346")
