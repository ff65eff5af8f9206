"""What several commands share: where Ripieno is, and the filters of a listing."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import click

from ripieno.cli.extras import checkout
from ripieno.client import Ripieno, local_url


def home() -> Path:
    """The folder of the local stack: `RIPIENO_HOME`, else `.ripieno` in the checkout, else in the user's home."""
    return Path(os.environ.get("RIPIENO_HOME") or (checkout() or Path.home()) / ".ripieno")


def connect() -> Ripieno:
    return Ripieno(local_url(home()), key=os.environ.get("RIPIENO_KEY"))


def filters(command: Callable) -> Callable:
    """The filters of `GET /api/audio`."""
    for option in reversed([
        click.option("--bpm-min", type=float, help="Slowest tempo."),
        click.option("--bpm-max", type=float, help="Fastest tempo."),
        click.option("--key", help="Tonic, such as C, F# or Bb."),
        click.option("--mode", type=click.Choice(["major", "minor"])),
        click.option("--status", type=click.Choice(["uploaded", "analyzing", "analyzed", "failed"])),
        click.option("--chords", help="Chords that follow each other: C,G,Am,F."),
        click.option("--form", help="Sections that follow each other: verse,chorus,bridge."),
        click.option("--uploaded-after", help="ISO 8601 time, UTC where it names no zone."),
        click.option("--uploaded-before", help="ISO 8601 time, UTC where it names no zone."),
    ]):  # fmt: skip
        command = option(command)
    return command
