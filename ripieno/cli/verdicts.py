"""`ripieno ops verdicts`: what is accepted and rejected, by engine and style."""

from __future__ import annotations

import click
import cloup

from ripieno.cli.options import connect, examples, json_option
from ripieno.cli.output import print_json, print_rows


@cloup.command(epilog=examples("ripieno ops verdicts", "ripieno ops verdicts --json"))
@json_option
def verdicts(as_json: bool) -> None:
    """What is accepted and rejected, by engine and style."""
    with connect() as ripieno:
        found = ripieno.verdict_counts()
    if as_json:
        print_json(found)
    elif found.items:
        rows = [(one.engine, one.style, str(one.accepted), str(one.rejected), _share(one)) for one in found.items]
        print_rows(("engine", "style", "accepted", "rejected", "of which"), rows)
    else:
        click.echo("nobody has accepted or rejected anything yet", err=True)


def _share(one) -> str:
    return f"{one.accepted / (one.accepted + one.rejected):.0%}"
