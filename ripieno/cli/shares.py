"""`ripieno share`, `shares`, `unshare`: what you let others look at."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import islice

import click
import cloup

from ripieno.cli import songs
from ripieno.cli.exits import NotFound
from ripieno.cli.options import connect, examples, json_option
from ripieno.cli.output import day, print_json, print_rows
from ripieno.client import Ripieno, RipienoError
from ripieno.contracts.audio import AudioFile
from ripieno.contracts.composition import CompositionView
from ripieno.contracts.shares import Share, ShareKind

_SHOWN = 100
_ID_CHARACTERS = 32


@cloup.command(
    epilog=examples("ripieno share song.mp3 --with ben", "ripieno share song.mp3 --with ben --until 2099-12-31")
)
@cloup.argument(
    "what",
    metavar="SONG|GENERATION|COMPOSITION|SET",
    shell_complete=songs.complete_song,
    help="A song, by id, name or file; or what was made, by id or `latest`.",
)
@cloup.option("--with", "receiver", required=True, metavar="OWNER", help="Who may look at it.")
@cloup.option(
    "--until", type=cloup.DateTime(), metavar="TIME", help="When that ends (UTC); else when you take it back."
)
@json_option
def share(what: str, receiver: str, until: datetime | None, as_json: bool) -> None:
    """Let somebody read, hear and download something of yours."""
    with connect() as ripieno:
        kind, item_id = _meant(ripieno, what)
        given = ripieno.share(kind, item_id, receiver, until=until.replace(tzinfo=UTC) if until else None)
    if as_json:
        print_json(given)
    else:
        click.echo(f"{given.with_} may look at {given.name or given.id}; ripieno unshare {given.share_id} ends it")


@cloup.command(
    epilog=examples("ripieno shares", "ripieno shares --received", "ripieno shares --received --kind songs --json")
)
@cloup.option("--received", is_flag=True, help="What others let you look at.")
@cloup.option("--kind", type=cloup.Choice(["songs", "works", "sets"]), help="Only these.")
@json_option
def shares(received: bool, kind: ShareKind | None, as_json: bool) -> None:
    """What you let others look at, newest first."""
    with connect() as ripieno:
        found = list(islice(ripieno.shares("received" if received else "given", kind=kind), _SHOWN))
    if as_json:
        print_json([one.model_dump(mode="json") for one in found])
    elif found:
        titles = ("id", "kind", "what", "name", "by" if received else "with", "since", "until")
        print_rows(titles, [_row(one, received=received) for one in found], keep=("id", "what"))
    else:
        click.echo("nothing is shared with you" if received else "you share nothing", err=True)


@cloup.command(epilog=examples("ripieno unshare latest"))
@cloup.argument("share_id", metavar="SHARE", help="Its id, the beginning of it, or `latest`.")
@json_option
def unshare(share_id: str, as_json: bool) -> None:
    """Take a share back: it stops at once."""
    with connect() as ripieno:
        ended = ripieno.end_share(_given(ripieno, share_id))
    print_json(ended) if as_json else click.echo(f"{ended.with_} may not look at {ended.name or ended.id} any more")


# -- parts --------------------------------------------------------------------------------------------------------


def _meant(ripieno: Ripieno, text: str) -> tuple[ShareKind, str]:
    """The kind and id of what is meant. Raises `NotFound`."""
    try:
        found = songs.anything(ripieno, text)
    except NotFound as nothing:
        try:
            return "sets", songs.dj_set(ripieno, text).set_id
        except RipienoError:
            raise nothing from None
    if isinstance(found, AudioFile):
        return "songs", found.audio_file_id
    if isinstance(found, CompositionView):
        return "works", found.composition_id
    return "works", found.generation_request_id


def _given(ripieno: Ripieno, text: str) -> str:
    """The id of the share that is meant. Raises `NotFound`."""
    if len(text) >= _ID_CHARACTERS:
        return text
    newest = list(islice(ripieno.shares(), _SHOWN))
    begun = newest[:1] if text == "latest" else [one for one in newest if one.share_id.startswith(text)]
    if len(begun) != 1:
        raise NotFound(f"{'several shares begin' if begun else 'no share begins'} with {text!r}: `ripieno shares`")
    return begun[0].share_id


def _row(one: Share, *, received: bool) -> tuple[str, ...]:
    whom = one.owner if received else one.with_
    return (one.share_id, one.kind, one.id, one.name, whom, day(one.created_at), day(one.until) if one.until else "")
