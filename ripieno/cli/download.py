"""`ripieno download`: a piece taken home, in the format one wants."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import click
import cloup

from ripieno.cli import places, songs
from ripieno.cli.bars import Bars
from ripieno.cli.options import connect, examples, json_option
from ripieno.cli.output import print_json
from ripieno.cli.shapes import Downloaded
from ripieno.contracts.composition import DownloadFormat

_SUFFIXES = {"midi": ".mid", "stems.zip": ".zip"}
WAIT_SECONDS = 6 * 3600


@cloup.command(
    epilog=examples(
        "ripieno download latest --format mp3",
        "ripieno download latest --format stems.zip --version 1 --out session/",
        "ripieno download latest --format jams",
    )
)
@cloup.argument(
    "composition", shell_complete=songs.complete_composition, help="Its id, the beginning of it, or `latest`."
)
@cloup.option(
    "--format",
    "wanted",
    type=cloup.Choice(list(get_args(DownloadFormat))),
    default="wav",
    show_default=True,
    help="The whole piece, its stems, notes, words, or what it was made from.",
)
@cloup.option("--version", type=int, help="Which version; else the one that is heard.")
@cloup.option(
    "--out",
    type=cloup.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="Folder to write to; else the working folder.",
)
@json_option
def download(composition: str, wanted: DownloadFormat, version: int | None, out: Path | None, as_json: bool) -> None:
    """Write a piece to a file, in any format.

    What is not there in the format is made first.
    """
    with connect() as ripieno:
        its = songs.composition(ripieno, composition)
        number = version or its.current
        name = its.title or "piece"
        if number > 1:
            name += f" (version {number})"
        if wanted == "stems.zip":
            name += " stems"
        with Bars() as bars:
            bars.add(wanted).message("being made")
            path = places.write(
                out or Path(),
                name,
                _SUFFIXES.get(wanted, f".{wanted}"),
                lambda to: ripieno.download_composition(
                    its.composition_id, to, format=wanted, version=number, timeout=WAIT_SECONDS
                ),
            )
    if as_json:
        print_json(Downloaded(composition_id=its.composition_id, version=number, format=wanted, path=str(path)))
    else:
        click.echo(path)
