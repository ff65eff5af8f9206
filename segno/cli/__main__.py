"""`segno`: the command line. Exit code 0 when all went well, 1 when something failed, 2 for a bad command."""

from __future__ import annotations

import sys

import click

from segno import __version__
from segno.cli import analyze, generate, library, models, stack
from segno.client import SegnoError


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="segno")
def segno() -> None:
    """Songs in; stems, tempo, beats, key, chords, sections and tuning out; then new stems that fit them."""


for command in (
    stack.up,
    stack.down,
    stack.doctor,
    analyze.analyze,
    models.models,
    *generate.COMMANDS,
    *library.COMMANDS,
):
    segno.add_command(command)


def main() -> None:
    try:
        segno(standalone_mode=True)
    except SegnoError as fault:
        click.echo(f"segno: {fault}", err=True)
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
