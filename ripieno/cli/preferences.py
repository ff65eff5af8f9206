"""`ripieno preferences`: what you like, as it was learned from what you said."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import click
import cloup

from ripieno.cli import places
from ripieno.cli.options import connect, examples, json_option
from ripieno.cli.output import console, print_json, print_rows
from ripieno.contracts.preferences import Aspect, Preferences

_ALL = "all"


@cloup.command(
    epilog=examples(
        "ripieno preferences",
        "ripieno preferences --export taste.json",
        "ripieno preferences --reset density --reset styles",
        "ripieno preferences --rebuild --json",
    )
)
@cloup.option(
    "--reset", multiple=True, type=cloup.Choice([_ALL, *get_args(Aspect)]), help="Forget this; again for more of it."
)
@cloup.option("--rebuild", is_flag=True, help="Learn again from all that you said and that is still there.")
@cloup.option(
    "--export", type=cloup.Path(dir_okay=False, path_type=Path), metavar="FILE", help="Write all of it as JSON."
)
@json_option
def preferences(reset: tuple[Aspect, ...], rebuild: bool, export: Path | None, as_json: bool) -> None:
    """What you like, as it was learned from your verdicts.

    It is played where a request says nothing of it; what you ask for always wins.
    """
    if reset and rebuild:
        raise click.UsageError("--reset or --rebuild, not both: one forgets what the other brings back")
    with connect() as ripieno:
        for one in reset:
            ripieno.forget_preferences(None if one == _ALL else one)
        if rebuild:
            ripieno.rebuild_preferences()
        known = ripieno.preferences()
        if export is not None:
            whole = ripieno.export_preferences()
            text = whole.model_dump_json(indent=1) + "\n"
            path = places.write(export.parent, export.stem, export.suffix, lambda to: to.write_text(text, "utf-8"))
            click.echo(f"wrote {path}", err=True)
    print_json(known) if as_json else _show(known)


# -- parts --------------------------------------------------------------------------------------------------------


def _show(known: Preferences) -> None:
    if not known.verdicts:
        click.echo("nothing was learned yet: approve, reject, rate or refine something")
        return
    for sentence in known.sentences or ["Nothing is sure yet."]:
        click.echo(sentence)
    rows = [("style", one.name, f"{one.liked:.0%}", f"{one.told:g}") for one in known.styles]
    rows += [("engine", one.name, f"{one.liked:.0%}", f"{one.told:g}") for one in known.engines]
    rows += [
        (one.shade, one.stem_type or "all", f"{one.mean:+.2f} ± {one.deviation:.2f}", f"{one.told:g}")
        for one in known.shades
    ]
    print_rows(("what", "of", "liked", "told"), rows)
    console().print(f"[dim]from {known.verdicts} verdicts; ripieno preferences --reset WHAT forgets[/dim]")
