"""Looking into the library: status, list, search, jams, stems, delete."""

from __future__ import annotations

import json
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from ripieno.cli.options import connect, filters
from ripieno.contracts.audio import AudioSummary

_WIDE = 110
_LEAST_WIDTH = {"id": 36, "status": 9, "tempo": 9, "key": 8}
SHOWN = ("audio_file_id", "original_file_name", "status", "bpm", "key", "mode", "duration_seconds", "uploaded_at")


@click.command()
@click.argument("audio_file_id")
@click.option("--json", "as_json", is_flag=True, help="Print everything known, as one JSON object.")
def status(audio_file_id: str, as_json: bool) -> None:
    """How far a song is, and what is known of it."""
    with connect() as ripieno:
        song = ripieno.get(audio_file_id)
    if as_json:
        click.echo(song.model_dump_json())
        return
    click.echo(f"{song.original_file_name}: {song.status}")
    if song.progress:
        click.echo(f"  {song.progress.fraction:.0%} {song.progress.message}")
    if song.bpm or song.key:
        click.echo(f"  {_tempo(song.bpm)}, {song.key or '?'} {song.mode or ''}")
    if song.error:
        click.echo(f"  {song.error.code}: {song.error.message}")


@click.command(name="list")
@filters
@click.option("--json", "as_json", is_flag=True, help="Print one JSON array.")
def list_songs(as_json: bool, **chosen) -> None:
    """The songs of the library, newest first."""
    _print(chosen, as_json)


@click.command()
@filters
@click.option("--json", "as_json", is_flag=True, help="Print one JSON array.")
def search(as_json: bool, **chosen) -> None:
    """The songs that match every filter given; slowest first when the tempo is one of them."""
    if not any(value is not None for value in chosen.values()):
        raise click.UsageError("search needs a filter, such as --key D or --bpm-min 120 (list shows every song)")
    _print(chosen, as_json)


@click.command()
@click.argument("audio_file_id")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Write to a file instead of the terminal.")
def jams(audio_file_id: str, out: Path | None) -> None:
    """A song's analysis as a JAMS file."""
    with connect() as ripieno:
        document = ripieno.jams(audio_file_id)
    if out is None:
        click.echo(document)
    else:
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_text(document)
        click.echo(out)


@click.command()
@click.argument("audio_file_id")
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), default=Path(), help="Folder to write to.")
def stems(audio_file_id: str, out: Path) -> None:
    """Download a song's stems."""
    with connect() as ripieno:
        found = ripieno.stems(audio_file_id)
        out.mkdir(parents=True, exist_ok=True)
        if found.approximate:
            click.echo(f"approximate stems: made by {found.engine}, without a separation model", err=True)
        for stem in found.stems:
            click.echo(ripieno.download(stem.blob_url, out / f"{stem.stem_type}.{stem.format}"))


@click.command()
@click.argument("audio_file_ids", nargs=-1, required=True)
@click.option("--wait", is_flag=True, help="Return when everything made from them is gone from storage too.")
def delete(audio_file_ids: tuple[str, ...], wait: bool) -> None:
    """Delete songs and everything made from them."""
    with connect() as ripieno:
        removals = [(audio_file_id, ripieno.delete(audio_file_id)) for audio_file_id in audio_file_ids]
        for audio_file_id, removal in removals:
            done = ripieno.wait_removal(removal.instance_id) if wait else removal
            click.echo(f"deleted {audio_file_id}" if done.status != "failed" else f"not deleted: {done.message}")


COMMANDS = (status, list_songs, search, jams, stems, delete)


def _print(chosen: dict, as_json: bool) -> None:
    with connect() as ripieno:
        songs = list(ripieno.search(**chosen, limit=200))
    if as_json:
        click.echo(json.dumps([song.model_dump(include=set(SHOWN)) for song in songs], ensure_ascii=False))
    elif songs:
        console = Console()
        console.print(_table(songs, width=console.width))
    else:
        click.echo("no song matches" if any(chosen.values()) else "the library is empty: ripieno analyze FILE")


def _table(songs: list[AudioSummary], *, width: int) -> Table:
    """Ids are always whole, to be copied; a narrow terminal gets fewer columns and shortened names."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    titles = ["id", "song", "status", "tempo", "key", "length", "uploaded"]
    shown = titles if width >= _WIDE else titles[:-2]
    room_for_name = None if width >= _WIDE else max(8, width - sum(_LEAST_WIDTH.values()) - 2 * len(shown))
    for title in shown:
        table.add_column(
            title,
            overflow="ellipsis",
            no_wrap=True,
            min_width=_LEAST_WIDTH.get(title),
            max_width=room_for_name if title == "song" else None,
        )
    for song in songs:
        seconds = song.duration_seconds or 0
        cells = {
            "id": song.audio_file_id,
            "song": song.original_file_name,
            "status": song.status,
            "tempo": _tempo(song.bpm),
            "key": f"{song.key} {song.mode}" if song.key else "",
            "length": f"{int(seconds // 60)}:{int(seconds % 60):02}" if seconds else "",
            "uploaded": song.uploaded_at[:16].replace("T", " "),
        }
        table.add_row(*(cells[title] for title in shown))
    return table


def _tempo(bpm: float | None) -> str:
    return f"{bpm:.1f} bpm" if bpm else ""
