"""Progress while one waits: its clock runs on after the upload."""

from __future__ import annotations

import io

import makers
from rich.console import Console
from rich.progress import Progress

from ripieno.cli.bars import Bar
from ripieno.contracts.audio import Progress as Stage


def test_time_runs_while_a_song_is_analysed_and_what_is_left_is_told():
    now = 0.0
    shown = Progress(console=Console(file=io.StringIO(), force_terminal=True), get_time=lambda: now, auto_refresh=False)
    task = shown.add_task("song", total=1.0, message="")
    bar = Bar(shown, task)
    bar.sending(50, 100)
    now = 5.0
    bar.sending(100, 100)
    for fraction in (0.1, 0.2, 0.3):
        now += 10
        song = makers.song("local", status="analyzing", progress=Stage(stage="mir", fraction=fraction, message="beats"))
        bar.song(song)
    (seen,) = shown.tasks
    assert not seen.finished and seen.elapsed == 30  # of the analysis, not of the upload
    assert seen.time_remaining == 70
    assert seen.fields["message"] == "beats"
