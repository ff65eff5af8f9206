"""Looking into the library: list, search, show, status, stems, jams, delete."""

from __future__ import annotations

import sys
from itertools import islice
from pathlib import Path
from typing import Any

import click
import cloup

from ripieno.cli import exits, places, songs
from ripieno.cli.analyze import write_jams
from ripieno.cli.findings import show_song
from ripieno.cli.options import connect, examples, filters, json_option
from ripieno.cli.output import clock, day, print_json, print_rows
from ripieno.cli.pieces import show_composition
from ripieno.cli.shapes import SHOWN_OF_A_SONG, ChartLine, Deleted, ShownSong, WrittenFiles
from ripieno.cli.takes import show_generation
from ripieno.client import Ripieno
from ripieno.contracts.audio import AudioFile, AudioSummary, Removal
from ripieno.contracts.composition import CompositionView
from ripieno.contracts.enums import AudioFileStatus
from ripieno.contracts.generation import Generation
from ripieno.music.chart import chart
from ripieno.music.composing import moods

_NEWEST_GENERATIONS = 10
_ANYTHING = "SONG|GENERATION|COMPOSITION"
_song = cloup.argument(
    "song", shell_complete=songs.complete_song, help="An id, its beginning, a name, or a file of the same bytes."
)


@cloup.command(
    name="list",
    epilog=examples(
        "ripieno list",
        "ripieno list --mood calm --style house",
        "ripieno list --status failed",
        "ripieno list | cut -f2",
    ),
)
@filters
@json_option
def list_songs(as_json: bool, **chosen: Any) -> None:
    """The songs of the library, newest first."""
    _print(chosen, as_json)


@cloup.command(
    epilog=examples(
        "ripieno search --key D --mode major --bpm-min 100",
        "ripieno search --chords G,D,A",
        "ripieno search --form verse,chorus",
    )
)
@filters
@json_option
def search(as_json: bool, **chosen: Any) -> None:
    """The songs that match every filter given.

    Newest first; slowest first when the tempo is one of the filters, calmest first when the mood is.
    """
    if not any(value is not None for value in chosen.values()):
        raise click.UsageError("search needs a filter, such as --key D or --bpm-min 120 (list shows every song)")
    _print(chosen, as_json)


@cloup.command(epilog=examples("ripieno show song.mp3", "ripieno show song.mp3 --json", "ripieno show latest"))
@cloup.argument(
    "song",
    metavar=_ANYTHING,
    shell_complete=songs.complete_song,
    help="A song, by id, name or file; or a generation or composition, by id or `latest`.",
)
@json_option
def show(song: str, as_json: bool) -> None:
    """Everything found in a song, with its chords bar by bar.

    Or everything about a generation: what was asked for, every take, every mix. Of a composition what is settled, and
    how far each stage is.
    """
    _show(song, as_json)


@cloup.command(epilog=examples("ripieno status song.mp3", "ripieno status song.mp3 --wait"))
@cloup.argument(
    "song",
    metavar=_ANYTHING,
    shell_complete=songs.complete_song,
    help="A song, by id, name or file; or a generation or composition, by id or `latest`.",
)
@cloup.option("--wait", is_flag=True, help="Until it has ended.")
@json_option
def status(song: str, wait: bool, as_json: bool) -> None:
    """How far a song or new music is, and what is known.

    Exits with 1 where it has failed.
    """
    if wait:
        with connect() as ripieno:
            song = _ended(ripieno, song)
    _show(song, as_json, fails=True)


def _ended(ripieno: Ripieno, text: str) -> str:
    """The id of a song, or of what is being made, once it has ended; a file is taken in first."""
    found = None if Path(text).is_file() else songs.anything(ripieno, text)
    match found:
        case CompositionView():
            return ripieno.wait_composition(found.composition_id, timeout=songs.WAIT_SECONDS).composition_id
        case Generation():
            request = found.generation_request_id
            return ripieno.wait_generation(request, timeout=songs.WAIT_SECONDS).generation_request_id
        case _:
            return songs.song_or_file(ripieno, text).audio_file_id


@cloup.command(epilog=examples("ripieno jams song.mp3 > song.jams", "ripieno jams song.mp3 --out song.jams"))
@_song
@cloup.option(
    "--out",
    type=cloup.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Write to a file instead of the terminal.",
)
@json_option
def jams(song: str, out: Path | None, as_json: bool) -> None:
    """A song's analysis as a JAMS file."""
    with connect() as ripieno:
        song_id = songs.song(ripieno, song).audio_file_id
        if out is None:
            click.echo(ripieno.jams(song_id))
            return
        path = write_jams(ripieno, song_id, out.parent, out.stem, out.suffix or ".jams")
    print_json(WrittenFiles(audio_file_id=song_id, paths=[str(path)])) if as_json else click.echo(path)


@cloup.command(epilog=examples("ripieno stems song.mp3", "ripieno stems song.mp3 --out session/"))
@_song
@cloup.option(
    "--out",
    type=cloup.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="Folder to write to; else one of the song's name.",
)
@json_option
def stems(song: str, out: Path | None, as_json: bool) -> None:
    """Download a song's stems."""
    with connect() as ripieno:
        known = songs.song(ripieno, song)
        found = ripieno.stems(known.audio_file_id)
        folder = out or places.default_folder(known)
        if found.approximate:
            click.echo(f"approximate stems: made by {found.engine}, without a separation model", err=True)
        paths = [
            places.write(folder, stem.stem_type, f".{stem.format}", lambda to, s=stem: ripieno.download(s.blob_url, to))
            for stem in found.stems
        ]
    if as_json:
        print_json(WrittenFiles(audio_file_id=known.audio_file_id, paths=[str(path) for path in paths]))
        return
    for path in paths:
        click.echo(path)


@cloup.command(epilog=examples("ripieno delete song.mp3", "ripieno delete song.mp3 --wait"))
@cloup.argument(
    "chosen",
    metavar=_ANYTHING,
    nargs=-1,
    required=True,
    shell_complete=songs.complete_song,
    help="Songs, by ids, names or files; generations and compositions by ids.",
)
@cloup.option("--wait", is_flag=True, help="Until everything made from them is gone from storage too.")
@json_option
def delete(chosen: tuple[str, ...], wait: bool, as_json: bool) -> None:
    """Delete songs and all that was made from them, or new music.

    There is no way back.
    """
    well = True
    with connect() as ripieno:
        meant = [songs.anything(ripieno, text) for text in chosen]  # all of them, before any is deleted
        removals = [(one, _deleted(ripieno, one)) for one in meant]
        for one, removal in removals:
            done = ripieno.wait_removal(removal.instance_id) if wait else removal
            well &= done.status != "failed"
            if as_json:
                told = done.model_dump(include={"status", "message", "instance_id"})
                print_json(Deleted.model_validate(_ids(one) | told))
            elif done.status == "failed":
                click.echo(f"not deleted {_named(one)}: {done.message}", err=True)
            else:
                click.echo(f"deleted {_named(one)} ({next(iter(_ids(one).values()))})")
    sys.exit(exits.WELL if well else exits.FAILED)


def _deleted(ripieno: Ripieno, one: AudioFile | Generation | CompositionView) -> Removal:
    match one:
        case AudioFile():
            return ripieno.delete(one.audio_file_id)
        case CompositionView():
            return ripieno.delete_composition(one.composition_id)
        case Generation():
            return ripieno.delete_generation(one.generation_request_id)


def _ids(one: AudioFile | Generation | CompositionView) -> dict[str, str]:
    match one:
        case AudioFile():
            return {"audio_file_id": one.audio_file_id}
        case CompositionView():
            return {"composition_id": one.composition_id}
        case Generation():
            return {"generation_request_id": one.generation_request_id}


def _named(one: AudioFile | Generation | CompositionView) -> str:
    match one:
        case AudioFile():
            return one.original_file_name
        case CompositionView():
            return one.title or "the composition"
        case Generation():
            return one.order.parameters.prompt or "new stems"


def _show(text: str, as_json: bool, *, fails: bool = False) -> None:
    with connect() as ripieno:
        found = songs.anything(ripieno, text)
        shown = _everything(ripieno, found) if isinstance(found, AudioFile) else found
    if as_json:
        print_json(shown)
    elif isinstance(shown, ShownSong):
        show_song(shown)
    elif isinstance(shown, CompositionView):
        show_composition(shown)
    else:
        show_generation(shown)
    sys.exit(exits.FAILED if fails and found.error else exits.WELL)


def _everything(ripieno: Ripieno, song: AudioFile) -> ShownSong:
    shown = ShownSong(song=song)
    if song.status == AudioFileStatus.ANALYZED:
        shown.analysis = ripieno.analysis(song.audio_file_id)
        shown.stems = ripieno.stems(song.audio_file_id).stems
        shown.chart = [
            ChartLine(bar=bar.number, start_time=bar.start_time, section=bar.section, chords=list(bar.chords))
            for bar in chart(shown.analysis)
        ]
    shown.generations = list(islice(ripieno.generations(song.audio_file_id), _NEWEST_GENERATIONS))
    return shown


def _print(chosen: dict[str, Any], as_json: bool) -> None:
    with connect() as ripieno:
        found = list(ripieno.search(**chosen, limit=200))
    if as_json:
        print_json([song.model_dump(mode="json", include=SHOWN_OF_A_SONG) for song in found])
    elif found:
        titles = ("id", "song", "status", "tempo", "key", "length", "uploaded", "mood", "style")
        print_rows(titles, [_row(song) for song in found], keep=("id",))
    else:
        click.echo(
            "no song matches" if any(chosen.values()) else "the library is empty: ripieno analyze FILE", err=True
        )


def _row(song: AudioSummary) -> tuple[str, ...]:
    return (
        song.audio_file_id,
        song.original_file_name,
        song.status,
        f"{song.bpm:.1f} bpm" if song.bpm else "",
        f"{song.key} {song.mode}" if song.key else "",
        clock(song.duration_seconds),
        day(song.uploaded_at),
        moods.nearest(song.valence, song.arousal, 1)[0]
        if song.valence is not None and song.arousal is not None
        else "",
        song.styles[0] if song.styles else "",
    )
