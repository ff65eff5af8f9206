"""`ripieno set`: DJ sets, made, looked at, taken home. What changes one is in `set_edits`."""

from __future__ import annotations

import sys
from itertools import islice
from pathlib import Path
from typing import get_args

import click
import cloup

from ripieno.cli import exits, places, songs
from ripieno.cli.bars import Bars
from ripieno.cli.options import connect, examples, json_option
from ripieno.cli.output import clock, console, day, print_changes, print_json, print_rows
from ripieno.cli.shapes import DownloadedSet
from ripieno.client import Ripieno
from ripieno.contracts.dj_sets import SetComparison, SetDownloadFormat, SetView
from ripieno.contracts.enums import GenerationStatus
from ripieno.contracts.sets import SetOrder

WAIT_SECONDS = 6 * 3600
_SHOWN = 50
_WITH_THE_MIX: tuple[SetDownloadFormat, ...] = ("cue", "tracklist")
_SUFFIXES = {"tracklist": ".txt", "chapters": ".ffmeta.txt"}
its_set = cloup.argument("dj_set", metavar="SET", shell_complete=songs.complete_set,
                         help="Its id, the beginning of it, or `latest`.")  # fmt: skip


class _MakesBySentence(cloup.Group):
    """A group whose first argument may be a sentence instead of a command: then a set is made of it."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if args and args[0] not in self.commands and args[0] not in ("-h", "--help"):
            args = ["make", *args]
        return super().parse_args(ctx, args)


@cloup.group(name="set", cls=_MakesBySentence)
def dj_set() -> None:
    """DJ sets: songs in an order along a journey, mixed into one.

    `ripieno set "an hour from my library, from dusk to peak to home"` makes one.
    """


@dj_set.command(
    epilog=examples(
        "ripieno set make --song song.mp3 --song short.mp3 --persona vesper --out night/",
        'ripieno set "two songs from my library, from dusk to peak" --out night/',
    )
)
@cloup.argument("brief", required=False, default="", help="What you want to hear, in a sentence.")
@cloup.option_group(
    "What wins over the sentence",
    cloup.option(
        "--song", "chosen", multiple=True, shell_complete=songs.complete_song, help="A song to play; several."
    ),
    cloup.option("--minutes", type=float, help="How long."),
    cloup.option("--count", type=int, help="How many songs."),
    cloup.option("--persona", help="Who plays: `ripieno catalogue personas`."),
    cloup.option("--announced/--silent", default=None, help="Whether the persona speaks."),
    cloup.option("--bridges", is_flag=True, help="Compose what is missing between two songs."),
    cloup.option("--title", help="What it is called."),
    cloup.option("--seed", type=int, help="The same seed plans the same set."),
)
@cloup.option(
    "--format", "stem_format", type=cloup.Choice(["flac", "wav"]), default="flac", show_default=True, help="24 bit."
)
@cloup.option("--out", type=cloup.Path(file_okay=False, path_type=Path), metavar="DIR", help="Folder to write to.")
@json_option
def make(
    brief: str,
    chosen: tuple[str, ...],
    minutes: float | None,
    count: int | None,
    persona: str | None,
    announced: bool | None,
    bridges: bool,
    title: str | None,
    seed: int | None,
    stem_format: str,
    out: Path | None,
    as_json: bool,
) -> None:
    """Make a set from a sentence, from songs, or both.

    Writes the mix, its cue sheet and its tracklist, and says what is played and why.
    """
    with connect() as ripieno:
        ripieno.health()
        its_songs = [songs.song_or_file(ripieno, one).audio_file_id for one in chosen]
        try:
            order = SetOrder.model_validate({
                "brief": brief, "songs": its_songs, "count": count, "persona": persona, "announced": announced,
                "bridges": bridges, "title": title, "random_seed": seed, "stem_format": stem_format,
                "duration_seconds": None if minutes is None else 60 * minutes,
            })  # fmt: skip
        except ValueError as fault:
            raise click.UsageError(str(fault)) from None
        made = waited(ripieno, ripieno.make_set(order), as_json=as_json)
        paths = _written(ripieno, made, made.mix.format if made.mix else "flac", out or Path(), with_lists=True)
    if as_json:
        print_json(made)
    else:
        show_set(made)
        for path in paths:
            click.echo(path)


@dj_set.command(name="list", epilog=examples("ripieno set list"))
@cloup.option("--status", type=cloup.Choice([one.value for one in GenerationStatus]), help="Only those that stand so.")
@json_option
def list_sets(status: str | None, as_json: bool) -> None:
    """The newest sets."""
    with connect() as ripieno:
        found = list(islice(ripieno.sets(status=status), _SHOWN))
    if as_json:
        print_json([one.model_dump(mode="json", exclude={"plan", "mix", "talks", "lines"}) for one in found])
        return
    rows = [
        (one.set_id, day(one.created_at), one.title, str(one.status), str(one.current), clock(one.duration_seconds),
         one.order.brief[:60])
        for one in found
    ]  # fmt: skip
    print_rows(("id", "asked for", "title", "status", "version", "length", "brief"), rows, keep=("id",))


@dj_set.command(epilog=examples("ripieno set show latest --version 1"))
@its_set
@cloup.option("--version", type=int, help="Which version; else the one that is heard.")
@json_option
def show(dj_set: str, version: int | None, as_json: bool) -> None:
    """What is played when, and every version."""
    with connect() as ripieno:
        found = songs.dj_set(ripieno, dj_set)
        found = ripieno.dj_set(found.set_id, version) if version is not None else found
    if as_json:
        print_json(found)
        return
    show_set(found)
    _show_versions(found)


@dj_set.command(epilog=examples("ripieno set versions latest", "ripieno set versions latest --compare 1 1"))
@its_set
@cloup.option("--compare", type=int, nargs=2, metavar="A B", help="What is another in version B than in A.")
@json_option
def versions(dj_set: str, compare: tuple[int, int] | None, as_json: bool) -> None:
    """Show every version of a set and what was changed."""
    with connect() as ripieno:
        found = songs.dj_set(ripieno, dj_set)
        if compare is not None:
            both = ripieno.compare_set_versions(found.set_id, *compare)
            print_json(both) if as_json else _show_comparison(both)
            return
    print_json(found.versions) if as_json else _show_versions(found)


@dj_set.command(
    epilog=examples("ripieno set download latest --out night/", "ripieno set download latest --format tracklist")
)
@its_set
@cloup.option(
    "--format",
    "wanted",
    type=cloup.Choice(list(get_args(SetDownloadFormat))),
    default="flac",
    show_default=True,
    help="The mix, its cue sheet, chapter marks for FFmpeg, or the songs in their order.",
)
@cloup.option("--version", type=int, help="Which version; else the one that is heard.")
@cloup.option("--out", type=cloup.Path(file_okay=False, path_type=Path), metavar="DIR", help="Folder to write to.")
@json_option
def download(dj_set: str, wanted: SetDownloadFormat, version: int | None, out: Path | None, as_json: bool) -> None:
    """Write a set to a file.

    What is not there in the format is made first.
    """
    with connect() as ripieno:
        found = songs.dj_set(ripieno, dj_set)
        found = ripieno.dj_set(found.set_id, version) if version is not None else found
        paths = _written(ripieno, found, wanted, out or Path(), with_lists=False, version=version)
    if as_json:
        number = version or found.current
        print_json(DownloadedSet(set_id=found.set_id, version=number, paths=[str(path) for path in paths]))
        return
    for path in paths:
        click.echo(path)


# -- what the other commands share --------------------------------------------------------------------------------


def waited(ripieno: Ripieno, set_id: str, *, as_json: bool) -> SetView:
    """The set once its newest version can be heard; the command ends where it cannot."""
    with Bars() as bars:
        try:
            made = ripieno.wait_set(set_id, bars.add("set").dj_set, timeout=WAIT_SECONDS)
        except KeyboardInterrupt:
            click.echo(f"it goes on without you: ripieno set show {set_id}", err=True)
            raise
    if made.versions[-1].status != "made":
        print_json(made) if as_json else click.echo(made.message, err=True)
        sys.exit(exits.FAILED)
    return made


def show_set(made: SetView) -> None:
    """The songs with their places, and the transitions between them."""
    screen = console()
    if made.plan is None:
        screen.print(made.message, markup=False)
        return
    plan = made.plan
    screen.print(f"{plan.title}  {clock(plan.duration_seconds)}  {plan.persona}", style="bold", markup=False)
    into = {one.to_song: one for one in plan.transitions}
    for song in plan.songs:
        step = into.get(song.song)
        if step is not None:
            length = f" over {step.bars} bars" if step.bars else ""
            screen.print(f"      {step.kind}{length}", style="dim", markup=False)
        tempo = f"{song.bpm:.0f} bpm" if song.bpm else ""
        name = f"{song.artist} - {song.title}" if song.artist else song.title
        line = f"{song.position:>3}  {clock(song.start_seconds):>8}  {name}  {tempo} {song.camelot or ''}"
        screen.print(f"{line}  energy {10 * song.energy:.0f}", markup=False, highlight=False)
    for remark in [*made.remarks, *plan.not_understood]:
        screen.print(remark, style="yellow", markup=False)
    screen.print(f"set {made.set_id}, version {made.current}  [dim]{made.message}[/dim]")


# -- parts --------------------------------------------------------------------------------------------------------


def _show_versions(made: SetView) -> None:
    for one in made.versions:
        mark = "*" if one.number == made.current else " "
        what = "; ".join(one.changes) or one.asked
        console().print(f"{mark} version {one.number}  {one.status}  {what}"[:200], markup=False, highlight=False)


def _show_comparison(both: SetComparison) -> None:
    screen = console()
    print_changes(both.changes, both.undone)
    for sentence in both.said:
        screen.print(sentence, markup=False, highlight=False)
    if both.is_same_mix:
        screen.print("both sound the same")


def _written(
    ripieno: Ripieno, made: SetView, wanted: str, out: Path, *, with_lists: bool, version: int | None = None
) -> list[Path]:
    """The files of a set; with its lists the mix, its cue sheet and its tracklist, all of one name."""
    number = version or made.current
    name = (made.title or "set") + (f" (version {number})" if number > 1 else "")
    formats: list[SetDownloadFormat] = [wanted, *(_WITH_THE_MIX if with_lists else ())]  # pyright: ignore
    paths = []
    with Bars() as bars:
        bar = bars.add("download")
        for one in formats:
            bar.message(one)
            paths.append(
                places.write(
                    out,
                    name,
                    _SUFFIXES.get(one, f".{one}"),
                    lambda to, one=one: ripieno.download_set(
                        made.set_id, to, format=one, version=number, timeout=WAIT_SECONDS
                    ),
                )
            )
    return paths
