"""`ripieno`: the command line. Exit code 0 when all went well, 1 when something failed, 2 for a bad command."""

from __future__ import annotations

import sys

import click

from ripieno import __version__
from ripieno.cli import analyze, generate, library, models, stack
from ripieno.client import RipienoError


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="ripieno")
def ripieno() -> None:
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
    ripieno.add_command(command)


def main() -> None:
    try:
        ripieno(standalone_mode=True)
    except RipienoError as fault:
        click.echo(f"ripieno: {fault}", err=True)
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
