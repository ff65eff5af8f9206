"""`ripieno analyze`: files in, findings out, with the progress of every file while one waits."""

from __future__ import annotations

import hashlib
import sys
import time
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import click
import cloup

from ripieno.cli import exits, places
from ripieno.cli.bars import Bar, Bars
from ripieno.cli.findings import show_analyzed
from ripieno.cli.options import connect, examples, json_option
from ripieno.cli.output import print_json
from ripieno.cli.shapes import Analyzed, WrittenStem
from ripieno.cli.songs import WAIT_SECONDS
from ripieno.cli.watch import Watch, audio_files
from ripieno.client import Ripieno, RipienoError
from ripieno.contracts.audio import AudioFile, Failure
from ripieno.contracts.enums import AudioFileStatus

MOST_AT_ONCE = 8
WATCH_SECONDS = 2.0
_SHOWN = (
    "bpm",
    "key",
    "mode",
    "time_signature",
    "tuning_frequency",
    "beats",
    "sections",
    "chords",
    "mood",
    "styles",
    "confidence",
)


@cloup.command(
    epilog=examples(
        "ripieno analyze song.mp3", "ripieno analyze album/ --out found/", "ripieno analyze album/ --json > found.jsonl"
    )
)
@cloup.argument(
    "paths", nargs=-1, required=True, type=cloup.Path(exists=True, path_type=Path), help="Files or folders."
)
@cloup.option(
    "--out",
    type=cloup.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="Also write stems and JAMS, each song's into a folder of its own below DIR.",
)
@cloup.option("--watch", is_flag=True, help="Go on with files that appear or change in the folders, until Ctrl-C.")
@json_option
def analyze(paths: tuple[Path, ...], as_json: bool, out: Path | None, watch: bool) -> None:
    """Analyse songs: what is in them, and their stems.

    Tempo, beats, key, chords, sections and tuning. The same bytes twice are the same song, and are not analysed again.
    """
    if watch and not any(path.is_dir() for path in paths):
        raise click.UsageError("--watch needs a folder to watch")
    files = list(audio_files(list(paths)))
    if not files and not watch:
        raise click.UsageError(f"no audio files in {', '.join(map(str, paths))}")
    with connect() as ripieno:
        ripieno.health()  # one clear sentence when nobody is there, instead of one for each file
        if watch:
            well = _watched(ripieno, [path for path in paths if path.is_dir()], as_json=as_json, out=out)
        else:
            well = analyze_files(ripieno, files, as_json=as_json, out=out)
    sys.exit(exits.WELL if well else exits.FAILED)


def analyze_files(ripieno: Ripieno, files: list[Path], *, as_json: bool, out: Path | None) -> bool:
    """Upload files, some at a time, and wait for them in order; whether all went well."""
    well = True
    under_way: deque[_UnderWay] = deque()
    left = deque(files)
    with Bars() as bars:
        try:
            while left or under_way:
                while left and len(under_way) < MOST_AT_ONCE:
                    under_way.append(_upload(ripieno, left[0], bars))
                    left.popleft()
                result = _finish(ripieno, under_way[0], out)
                under_way.popleft().bar.remove()
                well &= result.status == AudioFileStatus.ANALYZED
                print_json(result) if as_json else show_analyzed(result)
        except KeyboardInterrupt:
            _say_what_goes_on([one.song_id for one in under_way if one.song_id], len(left))
            raise
    return well


@dataclass
class _UnderWay:
    """A file that is being taken in: its song's id, or why there is none."""

    file: Path
    bar: Bar
    song_id: str | None = None
    fault: RipienoError | None = None


def _upload(ripieno: Ripieno, file: Path, bars: Bars) -> _UnderWay:
    one = _UnderWay(file, bars.add(file.name))
    try:
        one.song_id = ripieno.upload(file, one.bar.sending)
    except OSError as fault:
        one.fault = RipienoError("unreadable_file", f"{file} cannot be read: {fault.strerror or fault}")
    except RipienoError as fault:
        one.fault, one.song_id = fault, fault.audio_file_id
    return one


def _finish(ripieno: Ripieno, one: _UnderWay, out: Path | None) -> Analyzed:
    """Wait for one file and gather what was found."""
    try:
        if one.fault is not None:
            raise one.fault
        assert one.song_id is not None
        song = ripieno.wait(one.song_id, one.bar.song, timeout=WAIT_SECONDS)
        if song.status == AudioFileStatus.FAILED:
            return _failed(one, song.error or Failure(code="failed", message="the analysis failed"), song)
        result = _found(ripieno, one.file, song)
        if out is not None:
            _write(ripieno, result, song, out)
        return result
    except (RipienoError, TimeoutError) as fault:
        code = fault.code if isinstance(fault, RipienoError) else "timeout"
        return _failed(one, Failure(code=code, message=str(fault)))


def _found(ripieno: Ripieno, file: Path, song: AudioFile) -> Analyzed:
    analysis = ripieno.analysis(song.audio_file_id).model_dump()
    return Analyzed(
        audio_file_id=song.audio_file_id,
        status=song.status,
        file=str(file),
        duration_seconds=analysis["duration_seconds"],
        analysis={name: analysis[name] for name in (*_SHOWN, "keys")},
        stems=[WrittenStem(**stem.model_dump()) for stem in ripieno.stems(song.audio_file_id).stems],
        jams_url=ripieno.jams_url(song.audio_file_id),
        engines=analysis["engines"],
    )


def _failed(one: _UnderWay, error: Failure, song: AudioFile | None = None) -> Analyzed:
    return Analyzed(
        audio_file_id=one.song_id,
        status=AudioFileStatus.FAILED,
        file=str(one.file),
        error=error,
        duration_seconds=song.duration_seconds if song else None,
    )


def _write(ripieno: Ripieno, result: Analyzed, song: AudioFile, out: Path) -> None:
    """`OUT/{song}/{stem}.flac` and `OUT/{song}/{song}.jams`."""
    folder = places.folder_of(out, Path(result.file).name, song.audio_file_id)
    for stem in result.stems:
        stem.path = str(
            places.write(folder, stem.stem_type, f".{stem.format}", lambda to, s=stem: ripieno.download(s.blob_url, to))
        )
    result.jams_path = str(write_jams(ripieno, song.audio_file_id, folder, folder.name))


def write_jams(ripieno: Ripieno, song_id: str, folder: Path, name: str, suffix: str = ".jams") -> Path:
    document = ripieno.jams(song_id).encode()
    digest = hashlib.sha256(document).hexdigest()
    return places.write(folder, name, suffix, lambda to: to.write_bytes(document), sha256=digest)


def _watched(ripieno: Ripieno, folders: list[Path], *, as_json: bool, out: Path | None) -> bool:
    """Analyse what is in the folders and what appears or changes there; whether all went well until Ctrl-C."""
    well = True
    click.echo("watching; Ctrl-C ends it", err=True)
    try:
        for files in _looks(Watch(folders)):
            well &= analyze_files(ripieno, files, as_json=as_json, out=out)
    except KeyboardInterrupt:
        return well
    raise AssertionError("a watch ends by Ctrl-C")


def _looks(watch: Watch) -> Iterator[list[Path]]:
    while True:
        yield watch.look()
        time.sleep(WATCH_SECONDS)


def _say_what_goes_on(song_ids: list[str], unsent: int) -> None:
    if song_ids:
        many = f"the analysis of {len(song_ids)} songs goes" if len(song_ids) > 1 else "the analysis goes"
        click.echo(f"{many} on without you: " + ", ".join(f"ripieno status {one}" for one in song_ids), err=True)
    if unsent:
        click.echo(f"{unsent} files were not sent: the same command again goes on with them", err=True)
