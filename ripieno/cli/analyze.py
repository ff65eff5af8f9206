"""`ripieno analyze`: files in, findings out, with the progress of every file while one waits."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from ripieno.cli.findings import show
from ripieno.cli.options import connect
from ripieno.client import Ripieno, RipienoError
from ripieno.contracts.audio import AudioFile
from ripieno.contracts.enums import AudioFileStatus

SUFFIXES = {".wav", ".mp3", ".flac", ".ogg", ".oga", ".opus", ".m4a", ".mp4", ".aac", ".aif", ".aiff"}
WATCH_SECONDS = 2.0
WAIT_SECONDS = 12 * 3600


@click.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a file, a line each, as each is done.")
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), help="Also write stems and JAMS below here.")
@click.option("--watch", is_flag=True, help="Go on with files that appear in the folders, until Ctrl-C.")
def analyze(paths: tuple[Path, ...], as_json: bool, out: Path | None, watch: bool) -> None:
    """Analyse songs: files, or folders of them."""
    if watch and not any(path.is_dir() for path in paths):
        raise click.UsageError("--watch needs a folder to watch")
    files = list(_files(paths))
    if not files and not watch:
        raise click.UsageError(f"no audio files in {', '.join(map(str, paths))}")
    with connect() as ripieno:
        ripieno.health()  # one clear sentence when nobody is there, instead of one for each file
        well = analyze_files(ripieno, files, as_json=as_json, out=out)
        if watch:
            well &= _watch(ripieno, paths, set(files), as_json=as_json, out=out)
    sys.exit(0 if well else 1)


def analyze_files(ripieno: Ripieno, files: list[Path], *, as_json: bool, out: Path | None) -> bool:
    """Upload and wait for files in order; whether all went well."""
    well = True
    console = Console(stderr=True)
    stage = TextColumn("{task.percentage:>3.0f}% {task.fields[message]}")
    columns = (TextColumn("{task.description}"), BarColumn(), stage, TimeElapsedColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal) as bars:
        uploads = [(file, *_upload(ripieno, file, bars)) for file in files]
        for file, bar, uploaded in uploads:
            result = _finish(ripieno, file, bar, uploaded, bars, out)
            well &= result["status"] == AudioFileStatus.ANALYZED
            if as_json:
                click.echo(json.dumps(result, ensure_ascii=False))
            else:
                show(result, console=Console())
    return well


def _upload(ripieno: Ripieno, file: Path, bars: Progress) -> tuple[TaskID, str | RipienoError]:
    bar = bars.add_task(file.name, total=1.0, message="uploading")
    try:
        uploaded: str | RipienoError = ripieno.upload(
            file, lambda sent, total: bars.update(bar, completed=sent / total, message="uploading")
        )
        bars.update(bar, completed=0, message="queued")
    except OSError as fault:
        uploaded = RipienoError("unreadable_file", f"{file} cannot be read: {fault.strerror or fault}")
    except RipienoError as fault:
        uploaded = fault
    return bar, uploaded


def _finish(
    ripieno: Ripieno, file: Path, bar: TaskID, uploaded: str | RipienoError, bars: Progress, out: Path | None
) -> dict[str, Any]:
    """Wait for one file and gather what `analyze --json` prints of it."""

    def on_progress(song: AudioFile) -> None:
        if song.progress:
            bars.update(bar, completed=song.progress.fraction, message=song.progress.message)

    try:
        if isinstance(uploaded, RipienoError):
            raise uploaded
        song = ripieno.wait(uploaded, on_progress, timeout=WAIT_SECONDS)
        if song.status == AudioFileStatus.FAILED:
            error = song.error.model_dump() if song.error else {"code": "failed", "message": "the analysis failed"}
            return _failed(file, song.audio_file_id, error, song.duration_seconds)
        result = _found(ripieno, file, song)
        if out is not None:
            _write(ripieno, result, out)
        return result
    except (RipienoError, TimeoutError) as fault:
        code = fault.code if isinstance(fault, RipienoError) else "timeout"
        known = fault.audio_file_id if isinstance(fault, RipienoError) else None
        song_id = known or (uploaded if isinstance(uploaded, str) else None)
        return _failed(file, song_id, {"code": code, "message": str(fault)}, None)


def _found(ripieno: Ripieno, file: Path, song: AudioFile) -> dict[str, Any]:
    analysis = ripieno.analysis(song.audio_file_id).model_dump()
    shown = ("bpm", "key", "mode", "time_signature", "tuning_frequency", "beats", "sections", "chords", "confidence")
    return {
        "audio_file_id": song.audio_file_id,
        "status": song.status,
        "file": str(file),
        "duration_seconds": analysis["duration_seconds"],
        "analysis": {name: analysis[name] for name in shown},
        "stems": [stem.model_dump() for stem in ripieno.stems(song.audio_file_id).stems],
        "jams_url": ripieno.jams_url(song.audio_file_id),
        "engines": analysis["engines"],
    }


def _failed(file: Path, song_id: str | None, error: dict, duration: float | None) -> dict[str, Any]:
    return {
        "audio_file_id": song_id, "status": AudioFileStatus.FAILED.value, "file": str(file),
        "duration_seconds": duration, "analysis": None, "stems": [], "jams_url": None, "engines": {}, "error": error,
    }  # fmt: skip


def _write(ripieno: Ripieno, result: dict[str, Any], out: Path) -> None:
    """`OUT/{file}/{stem}.flac` and `OUT/{file}/{file}.jams`."""
    folder = out / Path(result["file"]).stem
    folder.mkdir(parents=True, exist_ok=True)
    for stem in result["stems"]:
        path = ripieno.download(stem["blob_url"], folder / f"{stem['stem_type']}.{stem['format']}")
        stem["path"] = str(path)
    jams_path = folder / f"{folder.name}.jams"
    jams_path.write_text(ripieno.jams(result["audio_file_id"]))
    result["jams_path"] = str(jams_path)


def _files(paths: tuple[Path, ...]) -> Iterator[Path]:
    """Files as they are named, and the audio files below folders, in the order of their names."""
    for path in paths:
        if path.is_dir():
            yield from sorted(
                file for file in path.rglob("*") if file.suffix.lower() in SUFFIXES and not file.name.startswith(".")
            )
        else:
            yield path


def _watch(ripieno: Ripieno, paths: tuple[Path, ...], seen: set[Path], *, as_json: bool, out: Path | None) -> bool:
    """Analyse files that appear, once they have stopped growing; whether all went well until Ctrl-C."""
    well = True
    sizes: dict[Path, int] = {}
    click.echo("watching; Ctrl-C ends it", err=True)
    try:
        while True:
            for file in _files(tuple(path for path in paths if path.is_dir())):
                if file in seen:
                    continue
                size = file.stat().st_size
                if size and sizes.get(file) == size:
                    seen.add(file)
                    well &= analyze_files(ripieno, [file], as_json=as_json, out=out)
                sizes[file] = size
            time.sleep(WATCH_SECONDS)
    except KeyboardInterrupt:
        return well
