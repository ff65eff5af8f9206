"""`ripieno compositions`, `rate`: looking at whole pieces, and saying what one thinks of them."""

from __future__ import annotations

import json
from itertools import islice

import click
import cloup

from ripieno.cli import songs
from ripieno.cli.options import connect, examples, json_option
from ripieno.cli.output import clock, console, day, print_changes, print_json, print_rows
from ripieno.cli.takes import show_withdrawn
from ripieno.contracts.composition import CompositionView, VersionComparison
from ripieno.contracts.enums import GenerationStatus

_SHOWN = 50
_WIDEST = 48


@cloup.command(
    epilog=examples(
        "ripieno compositions", "ripieno compositions --status awaiting_review", "ripieno compositions --json"
    )
)
@cloup.argument("song", required=False, shell_complete=songs.complete_song, help="From this song; else all.")
@cloup.option("--status", type=cloup.Choice([one.value for one in GenerationStatus]), help="Only those that stand so.")
@json_option
def compositions(song: str | None, status: str | None, as_json: bool) -> None:
    """The newest pieces, with what was asked for."""
    with connect() as ripieno:
        song_id = songs.song(ripieno, song).audio_file_id if song else None
        found = list(islice(ripieno.compositions(song_id, status=status), _SHOWN))
    if as_json:
        print_json([one.model_dump(mode="json", exclude={"context", "words", "layers", "mixes"}) for one in found])
        return
    titles = ("id", "asked for", "title", "status", "version", "length", "brief")
    print_rows(titles, [_row(one) for one in found], keep=("id",))


@cloup.command(epilog=examples('ripieno rate latest 4 --comment "the chorus lifts"', "ripieno rate latest --skip"))
@cloup.argument(
    "made",
    metavar="COMPOSITION|GENERATION",
    shell_complete=songs.complete_made,
    help="Its id, its beginning, or `latest`.",
)
@cloup.argument("rating", type=click.IntRange(1, 5), required=False, help="1 (not at all) to 5 (just right).")
@cloup.option("--skip", is_flag=True, help="You went on to the next one.")
@cloup.option("--version", type=int, help="Which version; else the one that is heard.")
@cloup.option("--comment", default="", help="Why, in your words.")
@json_option
def rate(made: str, rating: int | None, skip: bool, version: int | None, comment: str, as_json: bool) -> None:
    """Say what you think of new music.

    It is kept with it, and removed with it.
    """
    if rating is None and not skip and not comment:
        raise click.UsageError("say what you think: a rating from 1 to 5, --skip or --comment")
    if rating is not None and skip:
        raise click.UsageError("a rating or --skip, not both")
    with connect() as ripieno:
        meant = songs.made(ripieno, made)
        its = meant.composition_id if isinstance(meant, CompositionView) else meant.generation_request_id
        said = ripieno.rate(its, rating, skip=skip, version=version, comment=comment)
    print_json(said) if as_json else click.echo(f"kept what you think of {said.target}")


def show_composition(made: CompositionView) -> None:
    """What is settled of a piece, and how far each stage of its newest version is."""
    screen, newest = console(), made.versions[-1]
    if made.context is not None:
        known = made.context
        screen.print(
            f"{known.title}  {known.tempo:g} bpm in {known.meter}  {known.key}  {known.bars} bars",
            style="bold",
            markup=False,
        )
        screen.print(" ".join(f"{one.label} {one.bars}" for one in known.sections), markup=False)
    for state in newest.stages:
        if state.status in ("done", "failed"):
            mark = "[green]✓[/green]" if state.status == "done" else "[red]✗[/red]"
            screen.print(f"{mark} {state.stage:<12}", end="")
            screen.print(state.message, markup=False, highlight=False)
    show_withdrawn(made.voices)
    if newest.status != "made" or made.current != newest.number:
        screen.print(made.message, markup=False)
    if made.duration_seconds:
        screen.print(f"{clock(made.duration_seconds)}  composition {made.composition_id}, version {made.current}")


def show_comparison(both: VersionComparison) -> None:
    """What is another in one version than in the other."""
    screen = console()
    print_changes(both.changes, both.undone)
    print_rows(
        ("field", f"version {both.a}", f"version {both.b}"),
        [(one.field, _cell(one.a), _cell(one.b)) for one in both.fields],
    )
    for layer in both.layers:
        screen.print(f"{layer.name}: {layer.change}", markup=False, highlight=False)
    if both.is_same_mix:
        screen.print("both sound the same")


def _cell(value: object) -> str:
    text = value if isinstance(value, str) else "" if value is None else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _WIDEST else f"{text[: _WIDEST - 1]}…"


# -- parts --------------------------------------------------------------------------------------------------------


def _row(one: CompositionView) -> tuple[str, ...]:
    length = clock(one.duration_seconds) if one.duration_seconds else ""
    return (one.composition_id, day(one.created_at), one.title, one.status, str(one.current), length,
            one.order.brief[:60])  # fmt: skip
