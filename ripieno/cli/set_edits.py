"""`ripieno set move`, `swap`, `pin`, `ban`, `why`, `talk`, ...: what changes a set, and what it says."""

from __future__ import annotations

import sys
from pathlib import Path

import click
import cloup

from ripieno.cli import exits, songs
from ripieno.cli.bars import Bars
from ripieno.cli.options import connect, examples, json_option
from ripieno.cli.output import print_json
from ripieno.cli.sets import WAIT_SECONDS, dj_set, its_set, show_set, waited
from ripieno.client import Ripieno
from ripieno.contracts.dj_sets import SetChange, SetView
from ripieno.contracts.enums import GenerationStatus
from ripieno.contracts.sets import SetEdit, TransitionKind, TransitionPlace

_KINDS = ("blend", "cut", "echo", "loop", "stems")
_song = cloup.argument("song", type=int, help="Its place in the set, from 1.")
_some_song = cloup.argument("song", type=int, required=False, help="Its place in the set, from 1.")
_transition = cloup.option("--transition", type=int, metavar="N", help="The transition after song N instead.")
_kind = cloup.option("--kind", type=cloup.Choice(list(_KINDS)), help="Of transition.")


@dj_set.command(epilog=examples("ripieno set move latest 2 1"))
@its_set
@_song
@cloup.argument("to", type=int, help="The place that it is to have.")
@json_option
def move(dj_set: str, song: int, to: int, as_json: bool) -> None:
    """Move a song; the rest is planned again around it."""
    _edited(dj_set, lambda made: SetEdit(do="move", song=_song_at(made, song), to=to), as_json=as_json)


@dj_set.command(epilog=examples("ripieno set swap latest 1 2"))
@its_set
@_some_song
@cloup.argument("other", required=False, help="Another place in the set, or a song of the library.")
@_transition
@_kind
@json_option
def swap(
    dj_set: str, song: int | None, other: str | None, transition: int | None, kind: TransitionKind | None, as_json: bool
) -> None:
    """Swap songs, or a transition for another kind.

    Two songs of the set, or one for a song of the library; without another song the planner chooses one.
    """

    def edit(made: SetView, ripieno: Ripieno) -> SetEdit:
        if transition is not None:
            return SetEdit(do="swap", transition=_place(made, transition), kind=kind)
        there = None
        if other is not None:
            is_place = other.isdigit() and len(other) <= 3
            there = _song_at(made, int(other)) if is_place else songs.song(ripieno, other).audio_file_id
        return SetEdit(do="swap", song=_song_at(made, song), other=there)

    _edited(dj_set, edit, as_json=as_json, with_client=True)


@dj_set.command(epilog=examples("ripieno set pin latest 1"))
@its_set
@_some_song
@_transition
@json_option
def pin(dj_set: str, song: int | None, transition: int | None, as_json: bool) -> None:
    """Keep a song where it is, or a transition as it is."""

    def edit(made: SetView) -> SetEdit:
        if transition is not None:
            return SetEdit(do="pin", transition=_place(made, transition))
        return SetEdit(do="pin", song=_song_at(made, song))

    _edited(dj_set, edit, as_json=as_json)


@dj_set.command(epilog=examples("ripieno set ban latest 2"))
@its_set
@_some_song
@_transition
@_kind
@json_option
def ban(dj_set: str, song: int | None, transition: int | None, kind: TransitionKind | None, as_json: bool) -> None:
    """Never play a song again, or never go over like that."""

    def edit(made: SetView) -> SetEdit:
        if transition is not None:
            return SetEdit(do="ban", transition=_place(made, transition), kind=kind)
        if song is None and kind is not None:
            return SetEdit(do="ban", kind=kind)
        return SetEdit(do="ban", song=_song_at(made, song))

    _edited(dj_set, edit, as_json=as_json)


@dj_set.command(epilog=examples("ripieno set why latest", "ripieno set why latest 1"))
@its_set
@_some_song
@_transition
@cloup.option("--language", type=cloup.Choice(["en", "de", "es", "fr"]), default="en", show_default=True, help="Of it.")
@json_option
def why(dj_set: str, song: int | None, transition: int | None, language: str, as_json: bool) -> None:
    """Why the set, a song or a transition is as it is."""
    with connect() as ripieno:
        found = songs.dj_set(ripieno, dj_set)
        told = ripieno.explain_set(
            found.set_id,
            song=song,
            transition=transition,
            language=language,  # pyright: ignore[reportArgumentType]
        )
    if as_json:
        print_json(told)
        return
    click.echo(told.answer)
    for line in told.why:
        click.echo(f"  {line}")


@dj_set.command(epilog=examples('ripieno set talk latest "why is the first song there?"'))
@its_set
@cloup.argument("said", help="What you say, in words; or a file with a recording of it.")
@cloup.option("--answer", type=cloup.Path(dir_okay=False, path_type=Path), help="A file for the spoken answer.")
@json_option
def talk(dj_set: str, said: str, answer: Path | None, as_json: bool) -> None:
    """Say something to the set.

    It is understood, done and answered, in English, German, Spanish and French: `move the third song to the end`,
    `ruhiger am Ende`, `¿por qué?`. A recording needs a recogniser (`ripieno models pull whisper-small`).
    """
    path = Path(said)
    with connect() as ripieno, Bars() as bars:
        found = songs.dj_set(ripieno, dj_set)
        bars.add("talk").message("listening")
        talk_id = ripieno.talk_to_set(found.set_id, path if path.is_file() else said)
        told = ripieno.wait_talk(found.set_id, talk_id, timeout=WAIT_SECONDS)
        if told.answer and answer is not None:
            told = ripieno.wait_answer(found.set_id, talk_id, timeout=WAIT_SECONDS)
            if told.answer_url is not None:
                ripieno.download(told.answer_url, answer)
        if told.version is not None:
            ripieno.wait_set(found.set_id, timeout=WAIT_SECONDS)
    if as_json:
        print_json(told)
    else:
        click.echo(told.answer or told.error or "", err=not told.answer)
    sys.exit(exits.WELL if told.status == "answered" else exits.FAILED)


@dj_set.command(epilog=examples("ripieno set rollback latest --to 1"))
@its_set
@cloup.option("--to", type=int, help="The version to hear again, else the one that this one was made from.")
@json_option
def rollback(dj_set: str, to: int | None, as_json: bool) -> None:
    """Go back to an earlier version; the later ones stay."""
    with connect() as ripieno:
        made = ripieno.roll_back_set(songs.dj_set(ripieno, dj_set).set_id, to)
    print_json(made) if as_json else click.echo(f"version {made.current} of {made.title} is heard again")


@dj_set.command(epilog=examples("ripieno set branch latest --version 1"))
@its_set
@cloup.option("--version", type=int, help="The version that it begins as; else the one that is heard.")
@json_option
def branch(dj_set: str, version: int | None, as_json: bool) -> None:
    """Begin a further set as a version of this one.

    It is changed on its own from then on; this one stays as it is.
    """
    with connect() as ripieno:
        branched = ripieno.branch_set(songs.dj_set(ripieno, dj_set).set_id, version)
        made = waited(ripieno, branched, as_json=as_json)
    print_json(made) if as_json else show_set(made)


@dj_set.command(epilog=examples("ripieno set cancel latest"))
@its_set
@json_option
def cancel(dj_set: str, as_json: bool) -> None:
    """Stop what is being made; the version before stands."""
    with connect() as ripieno:
        made = songs.dj_set(ripieno, dj_set)
        is_made = GenerationStatus(made.status).is_being_made
        made = ripieno.cancel_set(made.set_id) if is_made else made
    if as_json:
        print_json(made)
    else:
        click.echo(made.message if is_made else "nothing is being made")


@dj_set.command(epilog=examples("ripieno set delete latest"))
@its_set
@json_option
def delete(dj_set: str, as_json: bool) -> None:
    """Delete a set with every version of it; its songs stay."""
    with connect() as ripieno:
        found = songs.dj_set(ripieno, dj_set)
        gone = ripieno.wait_removal(ripieno.delete_set(found.set_id).instance_id)
    print_json(gone) if as_json else click.echo(f"{found.title or found.set_id}: {gone.message}")


# -- parts --------------------------------------------------------------------------------------------------------


def _edited(dj_set: str, edit, *, as_json: bool, with_client: bool = False) -> None:
    """Change a set and wait for its next version."""
    with connect() as ripieno:
        found = songs.dj_set(ripieno, dj_set)
        one: SetEdit = edit(found, ripieno) if with_client else edit(found)
        accepted = ripieno.edit_set(found.set_id, SetChange(edits=[one]))
        for change in accepted.changes:
            click.echo(change, err=True)
        made = waited(ripieno, found.set_id, as_json=as_json)
    print_json(made) if as_json else show_set(made)


def _song_at(made: SetView, place: int | None) -> str:
    planned = made.plan.songs if made.plan else []
    if place is None:
        raise click.UsageError("say which song, by its place in the set; or --transition, or --kind")
    if not 1 <= place <= len(planned):
        raise click.UsageError(f"there is no song {place}: the set has {len(planned)}")
    return planned[place - 1].song


def _place(made: SetView, number: int) -> TransitionPlace:
    steps = made.plan.transitions if made.plan else []
    if not 1 <= number <= len(steps):
        raise click.UsageError(f"there is no transition {number}: the set has {len(steps)}")
    return TransitionPlace(from_song=steps[number - 1].from_song, to_song=steps[number - 1].to_song)
