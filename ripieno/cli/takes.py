"""New stems fetched into a folder, and shown."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rich.markup import escape
from rich.table import Table

from ripieno.cli import places
from ripieno.cli.output import clock, clock_ms, console, day
from ripieno.cli.shapes import Generated, WrittenTake
from ripieno.cli.understand import show_not_understood
from ripieno.client import Ripieno
from ripieno.contracts.audio import AudioFile
from ripieno.contracts.consent import UsedVoice
from ripieno.contracts.generation import FreeStanding, Generation, StemTakes
from ripieno.contracts.names import slug


def written(
    ripieno: Ripieno, request: Generation, out: Path, song: AudioFile | None, only: str | None = None
) -> Generated:
    """Fetch every stem's latest take, and say what each is."""
    return Generated(
        generation_request_id=request.generation_request_id,
        audio_file_id=request.audio_file_id,
        song_name=song.original_file_name if song else None,
        status=request.status,
        error=request.error,
        stems=[_written(ripieno, stem, out) for stem in request.stems if only in (None, stem.name)],
        planner=request.plan.planner if request.plan else None,
        taste=request.plan.taste if request.plan else [],
        free_standing=request.plan.free_standing if request.plan else None,
        understood=request.plan.understood if request.plan else None,
    )


def _written(ripieno: Ripieno, stem: StemTakes, out: Path) -> WrittenTake:
    take = stem.takes[-1]
    about = WrittenTake(
        name=stem.name, stem_type=stem.stem_type, take=take.take, status=take.status, error=take.error, plan=take.plan
    )
    if take.stem is None or not take.blob_url:
        return about
    made, address, midi = take.stem, take.blob_url, take.midi_url
    name = slug(stem.name) if take.take == 1 else f"{slug(stem.name)}-take-{take.take}"
    path = places.write(out, name, f".{made.format}", lambda to: ripieno.download(address, to), sha256=made.sha256)
    about.path, about.score, about.engine = str(path), made.score, made.engine
    about.start_seconds, about.duration_seconds = made.start_seconds, made.duration_seconds
    about.random_seed = made.random_seed
    if midi:
        about.midi_path = str(places.write(out, path.stem, ".mid", lambda to: ripieno.download(midi, to)))
    return about


def show_generated(result: Generated) -> None:
    """What `generate` made and wrote, and why the rest is not there."""
    screen = console()
    if result.error:
        screen.print(f"[red]✗[/red] {escape(result.error)}")
    for stem in result.stems:
        if stem.path is None:
            screen.print(f"[red]✗[/red] {stem.name}, take {stem.take}: {escape(stem.error or stem.status)}")
    heard = [stem for stem in result.stems if stem.path is not None]
    if not heard:
        return
    screen.print(_table(heard))
    for stem in heard:
        for remark in stem.score.remarks if stem.score else []:
            screen.print(f"[dim]{stem.name}: {escape(remark)}[/dim]")
    if result.free_standing:
        screen.print(f"[dim]{escape(_played_to(result.free_standing))}[/dim]")
    if result.planner and result.planner.reason:
        screen.print(f"[dim]planned by {result.planner.engine}: {escape(result.planner.reason)}[/dim]")
    for line in result.taste:
        screen.print(f"[dim]{escape(line)}[/dim]")
    show_not_understood(result.understood, screen)
    if result.mix:
        screen.print(f"mix: {escape(result.mix)}")
    known = result.generation_request_id
    screen.print(f'[dim]ripieno approve {known}, or ripieno reject {known} STEM --comment "…"[/dim]')


def _played_to(chosen: FreeStanding) -> str:
    chords = " ".join(chosen.chord_progression)
    return f"{chosen.target_bpm:g} bpm in {chosen.time_signature}, {chosen.duration_seconds:g} s: {chords}"


def _table(stems: list[WrittenTake]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for title in ("stem", "take", "engine", "style", "from", "length", "fits", "file"):
        table.add_column(title, overflow="fold")
    for stem in stems:
        table.add_row(
            stem.name,
            str(stem.take),
            stem.engine.engine if stem.engine else "",
            escape(stem.plan.style) if stem.plan else "",
            clock_ms(stem.start_seconds or 0),
            clock_ms(stem.duration_seconds or 0),
            f"{stem.score.overall:.0%}" if stem.score else "",
            escape(stem.path or ""),
        )
    return table


def show_generation(request: Generation) -> None:
    """Everything about a generation: what was asked for, every take, every mix."""
    screen = console()
    screen.print(
        f"[bold]generation {request.generation_request_id}[/bold]  {request.status}  {escape(request.message)}"
    )
    given = request.order.parameters
    asked = {
        "asked for": day(request.created_at),
        "song": song_name(request) or "",
        "stems": ", ".join(request.order.target_stems),
        "prompt": given.prompt,
        "style": given.style or "",
        "section": given.section or "",
        "bars": "–".join(map(str, given.bars)) if given.bars else "",
        "from": f"{clock_ms(request.start_seconds)} for {clock_ms(request.duration_seconds or 0)}"
        if request.start_seconds is not None
        else "",
    }
    for title, text in asked.items():
        if text:
            screen.print(f"  [dim]{title:<10}[/dim] {escape(text)}")
    for line in request.plan.taste if request.plan else []:
        screen.print(f"  [dim]{'liked':<10}[/dim] {escape(line)}")
    if request.error:
        screen.print(f"[red]✗[/red] {escape(request.error)}")
    for stem in request.stems:
        for take in stem.takes:
            fits = f"fits {take.stem.score.overall:.0%}" if take.stem else escape(take.error or "")
            said = f"  “{escape(take.comment)}”" if take.comment else ""
            screen.print(f"  [bold]{stem.name:<10}[/bold] take {take.take}  {take.status:<10} {fits}{said}")
    show_withdrawn(request.voices)
    for one in request.mixes:
        loud = f"  {one.loudness_lufs:.1f} LUFS" if one.loudness_lufs is not None else ""
        screen.print(f"  [bold]{one.kind:<10}[/bold] {one.name}  {one.status}  {clock(one.duration_seconds)}{loud}")


def show_withdrawn(voices: Sequence[UsedVoice]) -> None:
    """Whose voices are in it that may not be used any more."""
    for one in voices:
        if one.withdrawn_at is not None:
            console().print(f"[yellow]![/yellow] voice {one.voice_id}: {escape(one.withdrawn_because)}")


def song_name(one: Generation) -> str | None:
    return one.song_name if one.audio_file_id else "free-standing"
