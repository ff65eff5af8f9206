"""`ripieno mix`: the original and the stems as one file."""

from __future__ import annotations

from pathlib import Path

import click
import cloup

from ripieno.cli import places, songs
from ripieno.cli.bars import Bars
from ripieno.cli.options import connect, examples, json_option
from ripieno.cli.output import clock, print_json
from ripieno.cli.shapes import Mixed
from ripieno.client import Ripieno
from ripieno.contracts.generation import Generation, MixOrder

_MOST_DB, _LEAST_DB = 12.0, -60.0


@cloup.command(
    epilog=examples(
        "ripieno mix song.mp3",
        "ripieno mix song.mp3 --gain bass=-3 --gain original=-1",
        "ripieno mix latest --master streaming --out session/",
    )
)
@cloup.argument(
    "generation",
    shell_complete=songs.complete_generation,
    help="An id, its beginning, `latest`, or a song: its newest generation.",
)
@cloup.option(
    "--gain",
    "gains",
    multiple=True,
    metavar="NAME=DB",
    help="Louder or softer, by a stem's name or `original`, -60 to 12 dB; may be repeated.",
)
@cloup.option(
    "--take",
    "takes",
    multiple=True,
    metavar="NAME=N",
    help="Which take of a stem; else the approved one, or the latest. May be repeated.",
)
@cloup.option("--original/--no-original", default=True, help="With the song itself, or the new stems alone.")
@cloup.option("--master", help="Master it: streaming, club, broadcast, warm or gentle.")
@cloup.option(
    "--format",
    "stem_format",
    type=cloup.Choice(["wav", "flac"]),
    default="wav",
    show_default=True,
    help="24 bit, 44.1 kHz.",
)
@cloup.option(
    "--out",
    type=cloup.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="Folder to write to; else one of the song's name.",
)
@json_option
def mix(
    generation: str,
    gains: tuple[str, ...],
    takes: tuple[str, ...],
    original: bool,
    master: str | None,
    stem_format: str,
    out: Path | None,
    as_json: bool,
) -> None:
    """Mix new stems with their song into one file.

    Equal mixes are made once.
    """
    order = MixOrder.model_validate(
        {
            "gains": {name: _decibels(name, value) for name, value in _pairs("--gain", gains, "bass=-3")},
            "takes": {name: _number(name, value) for name, value in _pairs("--take", takes, "bass=2")},
            "include_original": original,
            "master": master,
            "stem_format": stem_format,
        }
    )
    with connect() as ripieno:
        request = songs.generation(ripieno, generation)
        song = ripieno.get(request.audio_file_id) if out is None and request.audio_file_id else None
        made = write_mix(ripieno, request, order, out or places.default_folder(song))
    if as_json:
        print_json(made)
        return
    loud = f", {made.loudness_lufs:.1f} LUFS" if made.loudness_lufs is not None else ""
    down = -(made.gain_db or 0.0)
    turned = f", turned down by {down:.1f} dB so that nothing clips" if down > 0.05 else ""
    click.echo(f"{made.path}  {clock(made.duration_seconds)}{loud}{turned}")
    for remark in made.remarks:
        click.echo(remark, err=True)


def write_mix(ripieno: Ripieno, request: Generation, order: MixOrder, out: Path) -> Mixed:
    """Have a mix made, and fetch it into a folder."""
    with Bars() as bars:
        bars.add("mix").message("being made")
        made = ripieno.mix(request.generation_request_id, order)
    address = made.blob_url
    assert address is not None  # it is there
    name = f"mix-{order.master}" if order.master else "mix"
    path = places.write(out, name, f".{made.format}", lambda to: ripieno.download(address, to), sha256=made.sha256)
    return Mixed(**made.model_dump(), generation_request_id=request.generation_request_id, path=str(path))


def _pairs(option: str, given: tuple[str, ...], example: str) -> list[tuple[str, str]]:
    pairs = []
    for one in given:
        name, equals, value = one.rpartition("=")
        if not equals or not name.strip():
            raise click.UsageError(f"{option}: {one!r} is no pair; write {option} {example}")
        pairs.append((name.strip(), value.strip()))
    return pairs


def _decibels(name: str, text: str) -> float:
    try:
        value = float(text.lower().removesuffix("db"))
    except ValueError:
        raise click.UsageError(f"--gain: {text!r} is no level for {name}; write {name}=-3") from None
    if not _LEAST_DB <= value <= _MOST_DB:
        raise click.UsageError(f"--gain: {name} can be set from {_LEAST_DB:g} to {_MOST_DB:g} dB, not to {value:g}")
    return value


def _number(name: str, text: str) -> int:
    if not text.isdecimal() or not int(text):
        raise click.UsageError(f"--take: {text!r} is no take of {name}; write {name}=1")
    return int(text)
