"""What was understood, as a line a statement, and what was not."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from ripieno.cli.understand import in_words, show_not_understood
from ripieno.music.language import understand


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("no drums in the intro", ["left out · drums · in intro"]),
        ("busier but not louder", ["density +0.6 · everything", "not: dynamics +0.6 · everything"]),
        ("everything but the bass 3 dB louder", ["loudness +3 dB · everything but bass"]),
        ("only bars 17-24", ["range · only in bars 17 to 24"]),
        ("no vocals until the chorus", ["left out · vocals · before chorus"]),
        ("120 bpm", ["tempo 120 bpm · everything"]),
    ],
)
def test_a_statement_is_a_line(said, shown):
    assert [in_words(one) for one in understand(said).statements] == shown


@pytest.mark.parametrize(("said", "shown"), [("darker, with zorblax", "not understood: “zorblax”\n"), ("darker", "")])
def test_what_was_not_understood_is_shown(said, shown):
    screen = Console(file=io.StringIO(), width=100)
    show_not_understood(understand(said), screen)
    show_not_understood(None, screen)
    assert screen.file.getvalue() == shown
