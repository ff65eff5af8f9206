"""What one says of new music, and looking at stems: approve, reject, cancel, generations."""

from __future__ import annotations

from itertools import islice
from pathlib import Path

import click
import cloup

from ripieno.cli import songs
from ripieno.cli.options import connect, examples, json_option
from ripieno.cli.output import day, print_json, print_rows
from ripieno.cli.shapes import Reviewed
from ripieno.cli.takes import show_generated, song_name, written
from ripieno.client import RipienoError
from ripieno.contracts.composition import CompositionView
from ripieno.contracts.enums import TakeStatus
from ripieno.contracts.generation import Generation, Take

_SHOWN = 50
_WORDS = 60
_generation = cloup.argument(
    "generation",
    metavar="GENERATION|COMPOSITION",
    shell_complete=songs.complete_made,
    help="An id, its beginning, `latest`, or a song: its newest generation.",
)


@cloup.command(epilog=examples("ripieno approve song.mp3", "ripieno approve latest bass --take 1"))
@_generation
@cloup.argument("stems", nargs=-1, help="Names of stems; else all that wait for a verdict.")
@cloup.option(
    "--take", "--version", type=int, help="Which take or version; else the latest. An earlier one may be, too."
)
@json_option
def approve(generation: str, stems: tuple[str, ...], take: int | None, as_json: bool) -> None:
    """Approve stems of a generation, or a version of a piece.

    A piece that waits after a stage goes on.
    """
    with connect() as ripieno:
        request = songs.made(ripieno, generation)
        if isinstance(request, CompositionView):
            piece = ripieno.approve_composition(request.composition_id, take)
            print_json(piece) if as_json else click.echo(piece.message)
            return
        waiting = [stem.name for stem in request.stems if stem.takes[-1].status == TakeStatus.GENERATED]
        if not stems and not waiting:
            raise RipienoError("nothing_to_review", "no stem of this generation waits for a verdict: name one")
        for stem in stems or waiting:
            request = ripieno.approve(request.generation_request_id, stem, take=take)
            if not as_json:
                click.echo(f"approved {stem}" + (f", take {take}" if take else ""))
    if as_json:
        print_json(_reviewed(request, list(stems or waiting)))


@cloup.command(epilog=examples('ripieno reject song.mp3 bass --comment "busier, an octave lower" --out session/'))
@_generation
@cloup.argument("stem", required=False, help="The name of a stem; none of a piece.")
@cloup.option("--comment", default="", help='What should be different: "busier, and an octave lower".')
@cloup.option("--take", "--version", type=int, help="Which take or version; else the latest.")
@cloup.option(
    "--out", type=cloup.Path(file_okay=False, path_type=Path), metavar="DIR", help="Wait for the new take and write it."
)
@json_option
def reject(generation: str, stem: str | None, comment: str, take: int | None, out: Path | None, as_json: bool) -> None:
    """Reject a stem, or a version of a piece.

    A comment asks for a new take, or a new version.
    """
    with connect() as ripieno:
        before = songs.made(ripieno, generation)
        if isinstance(before, CompositionView):
            told = ripieno.reject_composition(before.composition_id, comment, version=take)
            if as_json:
                print_json(told)
            else:
                click.echo("\n".join([told.message, *told.changes]))
            return
        if stem is None:
            raise click.UsageError("say which stem: ripieno reject GENERATION STEM")
        request_id = before.generation_request_id
        rejected = take or max((one.take for one in _takes(before, stem)), default=1)
        after = ripieno.reject(request_id, stem, comment, take=rejected)
        if not as_json:
            click.echo(f"rejected {stem}" + ("; a new take is being made" if comment else ""))
        if comment and out is not None:
            song = ripieno.get(after.audio_file_id) if after.audio_file_id else None
            ripieno.wait_take(request_id, stem, after=rejected)
            made = written(ripieno, ripieno.generation(request_id), out, song, only=stem)
            print_json(made) if as_json else show_generated(made)
        elif as_json:
            print_json(_reviewed(after, [stem]))


@cloup.command(epilog=examples("ripieno cancel latest"))
@_generation
@json_option
def cancel(generation: str, as_json: bool) -> None:
    """Stop what is being made.

    Takes and versions that are there stay.
    """
    with connect() as ripieno:
        known = songs.made(ripieno, generation)
        if isinstance(known, CompositionView):
            piece = ripieno.cancel_composition(known.composition_id)
            print_json(piece) if as_json else click.echo(f"cancelled {piece.composition_id}")
            return
        request = ripieno.cancel_generation(known.generation_request_id)
    if as_json:
        print_json(_reviewed(request, []))
    else:
        click.echo(f"cancelled {request.generation_request_id}")


@cloup.command(epilog=examples("ripieno generations", "ripieno generations song.mp3", "ripieno generations --json"))
@cloup.argument("song", required=False, shell_complete=songs.complete_song, help="Of this song; else of all.")
@json_option
def generations(song: str | None, as_json: bool) -> None:
    """The newest generations, with what was asked for."""
    with connect() as ripieno:
        song_id = songs.song(ripieno, song).audio_file_id if song else None
        found = list(islice(ripieno.generations(song_id), _SHOWN))
    if as_json:
        print_json([one.model_dump(mode="json", exclude={"stems", "mixes", "links"}) for one in found])
        return
    titles = ("id", "asked for", "song", "status", "stems", "prompt")
    print_rows(titles, [_row(one) for one in found], keep=("id",))


# -- parts --------------------------------------------------------------------------------------------------------


def _row(one: Generation) -> tuple[str, ...]:
    planned = [plan.name or plan.stem_type for plan in one.plan.stems] if one.plan else one.order.target_stems
    prompt = one.order.parameters.prompt
    words = prompt if len(prompt) <= _WORDS else f"{prompt[: _WORDS - 1]}…"
    return (one.generation_request_id, day(one.created_at), song_name(one) or "", one.status, ", ".join(planned), words)


def _reviewed(request: Generation, stems: list[str]) -> Reviewed:
    return Reviewed(generation_request_id=request.generation_request_id, status=request.status, stems=stems)


def _takes(request: Generation, stem: str) -> list[Take]:
    return next((one.takes for one in request.stems if one.name == stem), [])
