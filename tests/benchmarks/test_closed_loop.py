"""A slice of the closed loop that `python -m benchmarks.generation` runs in full: what is generated is heard again."""

from __future__ import annotations

import pytest

from benchmarks.generation import run
from benchmarks.generation.cells import Cell, grid

SLICE = [Cell("rock", "4/4", 130.0), Cell("waltz", "3/4", 132.0), Cell("ballad", "6/8", 47.5)]


@pytest.mark.parametrize("cell", SLICE, ids=lambda cell: cell.genre)
def test_what_was_asked_for_is_heard(cell, tmp_path):
    row = run.heard(cell, "symbolic", tmp_path, library=False)
    assert row["beats F"] >= 0.97 and row["tempo error %"] <= 0.3
    assert row["chords"] >= 0.85 and row["key"] == 1.0
    assert row["clipped"] == 0 and row["length error"] == 0
    assert row["energy"] > 0.5 and row["fits"] > 0.8


def test_seeds_differ_and_return():
    line = run.diversity_line(SLICE[:1], "symbolic")
    assert line.startswith("same seed equal: 100%")
    assert int(line.rpartition(": ")[2].rstrip("%")) > 15


def test_the_grid_is_every_genre_in_every_meter_at_three_tempi():
    assert len(grid()) == len(set(grid())) == 14 * 3 * 3
