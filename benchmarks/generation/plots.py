"""A picture of what is written: four stems of one request as piano rolls."""

from __future__ import annotations

from pathlib import Path

import matplotlib

matplotlib.use("svg")
import matplotlib.pyplot as plt

from benchmarks.generation.cells import Cell
from ripieno.music.arranging.arrange import arrange
from ripieno.music.genres.blending import blend

_COLOURS = {"drums": "#1c2740", "bass": "#2563eb", "piano": "#0f766e", "vocals": "#b45309"}
_BARS = 8


def piano_rolls(cell: Cell, path: Path) -> None:
    """The first eight bars; the darker a note, the louder it is."""
    given = cell.conditioning
    lines = [given.timeline.at(bar.first) for bar in given.bars()[: _BARS + 1]]
    matplotlib.rcParams["svg.hashsalt"] = "ripieno"  # the same picture is the same file
    figure, rows = plt.subplots(len(_COLOURS), 1, figsize=(11, 6.4), sharex=True)
    for axis, (stem, colour) in zip(rows, _COLOURS.items(), strict=True):
        notes = [note for note in arrange(stem, given, blend(cell.genre), seed=7).notes if note.start < lines[-1]]
        for note in notes:
            axis.plot(
                [note.start, min(note.end, lines[-1])],
                [note.pitch] * 2,
                color=colour,
                linewidth=3.2,
                alpha=0.25 + 0.75 * note.velocity / 127,
                solid_capstyle="butt",
            )
        for line in lines:
            axis.axvline(line, color="#c4d0e4", linewidth=0.8, zorder=0)
        axis.set_ylabel(stem, rotation=0, ha="right", va="center")
        axis.set_yticks([])
        for side in ("top", "right", "left"):
            axis.spines[side].set_visible(False)
    rows[-1].set_xticks(lines[:-1], [f"{n + 1}" for n in range(len(lines) - 1)])
    rows[-1].set_xlabel(f"bar ({cell.genre}, {cell.meter}, {cell.bpm:g} bpm)")
    figure.tight_layout()
    figure.savefig(path, metadata={"Date": None})
    plt.close(figure)
