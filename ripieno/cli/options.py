"""What several commands share: where Ripieno is, examples in the help, the filters of a listing."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cloup

from ripieno.cli.extras import checkout
from ripieno.client import Ripieno, local_url
from ripieno.client.address import local_token


def home() -> Path:
    """The folder of the local stack: `RIPIENO_HOME`, else `.ripieno` in the checkout, else in the user's home."""
    return Path(os.environ.get("RIPIENO_HOME") or (checkout() or Path.home()) / ".ripieno")


def connect(*, timeout: float = 60.0) -> Ripieno:
    """The Ripieno of `RIPIENO_URL`, else of the stack on this machine; as whom `RIPIENO_TOKEN` or `login` says, and for
    whom `RIPIENO_OWNER` does."""
    owner = os.environ.get("RIPIENO_OWNER")
    return Ripieno(local_url(home()), token=local_token(home()), owner=owner, timeout=timeout)


def examples(*lines: str) -> str:
    """The end of a command's help; a test runs every line."""
    return "\b\nExamples:\n" + "\n".join(f"  {line}" for line in lines)


json_option = cloup.option("--json", "as_json", is_flag=True, help="Print JSON instead; docs/cli.md has its shape.")


def filters(command: Callable[..., Any]) -> Callable[..., Any]:
    """The filters of `GET /api/audio`."""
    return cloup.option_group(
        "Filters (all that are given must hold)",
        cloup.option("--named", help="The beginning of a name, or of an id."),
        cloup.option("--bpm-min", type=float, help="Slowest tempo."),
        cloup.option("--bpm-max", type=float, help="Fastest tempo."),
        cloup.option("--key", help="Tonic, such as C, F# or Bb."),
        cloup.option("--mode", type=cloup.Choice(["major", "minor"]), help="Of the key."),
        cloup.option("--mood", help="A word for one: calm, happy, sad, tense, energetic."),
        cloup.option("--style", help="A genre that it is like: house, jazz, ballad."),
        cloup.option("--valence-min", type=float, help="From -1, sad, to 1, glad."),
        cloup.option("--valence-max", type=float, help="From -1, sad, to 1, glad."),
        cloup.option("--arousal-min", type=float, help="From -1, calm, to 1, excited."),
        cloup.option("--arousal-max", type=float, help="From -1, calm, to 1, excited."),
        cloup.option(
            "--status", type=cloup.Choice(["uploaded", "analyzing", "analyzed", "failed"]), help="How far it is."
        ),
        cloup.option("--chords", help="Chords that follow each other: C,G,Am,F."),
        cloup.option("--form", help="Sections that follow each other: verse,chorus,bridge."),
        cloup.option("--uploaded-after", metavar="TIME", help="ISO 8601; UTC where it names no zone."),
        cloup.option("--uploaded-before", metavar="TIME", help="ISO 8601; UTC where it names no zone."),
    )(command)
