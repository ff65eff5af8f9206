"""New stems: `ripieno generate`, and what one says of them: approve, reject, cancel."""

from __future__ import annotations

import itertools
import json
import re
import sys
import time
from pathlib import Path
from typing import Any

import click
from pydantic import ValidationError
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from ripieno.cli.options import connect
from ripieno.client import POLL_SECONDS, Ripieno, RipienoError
from ripieno.contracts.enums import AudioFileStatus, GenerationStatus, StemType, TakeStatus
from ripieno.contracts.generation import Generation, GenerationOrder, GenerationParameters, MixOrder, Take
from ripieno.contracts.names import slug

WAIT_SECONDS = 6 * 3600
_BARS = re.compile(r"^\s*(\d+)\s*(?:-\s*(\d+))?\s*$")
_SHARES = {
    GenerationStatus.PENDING: 0.02, GenerationStatus.PLANNING: 0.05, GenerationStatus.GENERATING: 0.1,
}  # fmt: skip


@click.command()
@click.argument("song", required=False)
@click.option("--stems", help="Such as bass,synth; else those that the prompt names.")
@click.option("--prompt", default="", help='In your words: "a bass line and a pad, a bit darker, under chorus 2".')
@click.option("--style", help="Such as rock, jazz, hip hop, bossa; or a blend: 'house 70%, bossa 30%'.")
@click.option("--section", help="A part of the song: chorus, or chorus 2 for the second.")
@click.option("--bars", help="A part of the song: 17-24.")
@click.option("--chords", help="Chords instead of the song's, one a bar: C,Am,F,G7.")
@click.option("--lyrics", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Words for the vocals.")
@click.option("--engine", default="auto", help="auto, symbolic, musicgen-melody, stable-audio-open, ...")
@click.option("--temperature", type=float, default=1.0, help="How daring a learned engine is, 0 to 2.")
@click.option("--seed", type=int, help="The same seed makes the same stems.")
@click.option("--bpm", type=float, help="Without a song: the tempo.")
@click.option("--meter", help="Without a song: 4/4, 3/4, 6/8, ...; else the style's own.")
@click.option("--duration", type=float, help="Without a song: seconds.")
@click.option("--format", "stem_format", type=click.Choice(["wav", "flac"]), default="wav")
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), default=Path(), help="Folder to write to.")
@click.option("--mix", is_flag=True, help="Also write the original and the stems as one file.")
@click.option("--master", help="Master that mix: streaming, club, broadcast, warm or gentle.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def generate(song: str | None, out: Path, mix: bool, master: str | None, as_json: bool, **chosen: Any) -> None:
    """Make new stems that fit SONG (a file, or the id of an analysed song), or none."""
    stems, parameters = _stems(chosen), _parameters(chosen)
    with connect() as ripieno:
        ripieno.health()  # one clear sentence when nobody is there
        song_id = _song_id(ripieno, song) if song is not None else None
        try:
            order = GenerationOrder(
                audio_file_id=song_id, target_stems=stems, engine=chosen["engine"], parameters=parameters
            )
        except ValueError as fault:
            raise click.UsageError(_plainly(fault)) from None
        made = _waited(ripieno, ripieno.generate(order))
        result = _written(ripieno, made, out)
        if (mix or master) and any(stem["path"] for stem in result["stems"]):
            result["mix"] = str(_mixed(ripieno, made, out, master, chosen["stem_format"]))
    if as_json:
        click.echo(json.dumps(result, ensure_ascii=False))
    else:
        _show(result)
    well = made.status != GenerationStatus.FAILED and all(stem["status"] != "failed" for stem in result["stems"])
    sys.exit(0 if well else 1)


@click.command()
@click.argument("generation")
@click.argument("stems", nargs=-1)
@click.option("--take", type=int, help="Which take; else the latest.")
def approve(generation: str, stems: tuple[str, ...], take: int | None) -> None:
    """Approve stems of a generation: the named ones, or all that wait for it."""
    with connect() as ripieno:
        waiting = [
            stem.name for stem in ripieno.generation(generation).stems
            if stem.takes[-1].status == TakeStatus.GENERATED
        ]  # fmt: skip
        if not stems and not waiting:
            raise RipienoError("nothing_to_review", "no stem of this generation waits for a review")
        for stem in stems or waiting:
            ripieno.approve(generation, stem, take=take)
            click.echo(f"approved {stem}")


@click.command()
@click.argument("generation")
@click.argument("stem")
@click.option("--comment", default="", help='What should be different: "busier, and an octave lower".')
@click.option("--take", type=int, help="Which take; else the latest.")
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), help="Wait for the new take and write it.")
def reject(generation: str, stem: str, comment: str, take: int | None, out: Path | None) -> None:
    """Reject a stem; with a comment, a new take is made that heeds it."""
    with connect() as ripieno:
        before = ripieno.generation(generation)
        rejected = take or max((one.take for one in _takes(before, stem)), default=1)
        ripieno.reject(generation, stem, comment, take=rejected)
        click.echo(f"rejected {stem}" + ("; a new take is being made" if comment else ""))
        if comment and out is not None:
            _show(_written(ripieno, _next_take(ripieno, generation, stem, rejected), out, only=stem))


@click.command()
@click.argument("generation")
def cancel(generation: str) -> None:
    """Stop what is being made for a generation; takes that are there stay."""
    with connect() as ripieno:
        ripieno.cancel_generation(generation)
    click.echo(f"cancelled {generation}")


@click.command()
@click.argument("audio_file_id", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON array.")
def generations(audio_file_id: str | None, as_json: bool) -> None:
    """The newest generations, of one song or of all."""
    with connect() as ripieno:
        found = list(itertools.islice(ripieno.generations(audio_file_id), 50))
    if as_json:
        click.echo(json.dumps([one.model_dump(mode="json", exclude={"stems", "mixes", "links"}) for one in found]))
        return
    for one in found:
        stems = ", ".join(one.order.target_stems or [plan.stem_type for plan in one.plan.stems] if one.plan else [])
        click.echo(f"{one.generation_request_id}  {one.status:<16} {stems}")


COMMANDS = (generate, approve, reject, cancel, generations)


# -- parts --------------------------------------------------------------------------------------------------------


def _stems(chosen: dict[str, Any]) -> list[StemType]:
    known = [stem.value for stem in StemType]
    stems = [stem.strip() for stem in (chosen["stems"] or "").split(",") if stem.strip()]
    unknown = [stem for stem in stems if stem not in known]
    if unknown:
        raise click.UsageError(f"--stems: there is no {', '.join(unknown)}; choose from {', '.join(known)}")
    if not stems and not chosen["prompt"]:
        raise click.UsageError("say which stems: --stems bass,synth, or name them in --prompt")
    return [StemType(stem) for stem in stems]


def _parameters(chosen: dict[str, Any]) -> GenerationParameters:
    try:
        return GenerationParameters(
            target_bpm=chosen["bpm"], time_signature=chosen["meter"], duration_seconds=chosen["duration"],
            style=chosen["style"],
            chord_progression=[one.strip() for one in (chosen["chords"] or "").split(",") if one.strip()],
            section=chosen["section"], bars=_bars(chosen["bars"]), prompt=chosen["prompt"],
            lyrics=chosen["lyrics"].read_text() if chosen["lyrics"] else "", temperature=chosen["temperature"],
            random_seed=chosen["seed"], stem_format=chosen["stem_format"],
        )  # fmt: skip
    except ValueError as fault:
        raise click.UsageError(_plainly(fault)) from None


def _plainly(fault: ValueError) -> str:
    """What pydantic found wrong, without its scaffolding."""
    if not isinstance(fault, ValidationError):
        return str(fault)
    return "; ".join(f"{'.'.join(map(str, one['loc']))} {one['msg']}".strip() for one in fault.errors())


def _bars(text: str | None) -> tuple[int, int] | None:
    if text is None:
        return None
    found = _BARS.match(text)
    if not found:
        raise click.UsageError(f"--bars: {text!r} are no bars; write 17-24")
    return int(found[1]), int(found[2] or found[1])


def _song_id(ripieno: Ripieno, song: str) -> str:
    """The id itself, or that of a file once it is analysed."""
    path = Path(song)
    if not path.is_file():
        return song
    with _bar() as bars:
        bar = bars.add_task(path.name, total=1.0, message="uploading")
        song_id = ripieno.upload(path, lambda sent, total: bars.update(bar, completed=sent / total))
        done = ripieno.wait(
            song_id,
            lambda one: bars.update(
                bar,
                completed=one.progress.fraction if one.progress else 0,
                message=one.progress.message if one.progress else "",
            ),
            timeout=WAIT_SECONDS,
        )
    if done.status == AudioFileStatus.FAILED:
        raise RipienoError("song_failed", done.error.message if done.error else "the song could not be analysed")
    return song_id


def _bar() -> Progress:
    console = Console(stderr=True)
    stage = TextColumn("{task.percentage:>3.0f}% {task.fields[message]}")
    return Progress(
        TextColumn("{task.description}"), BarColumn(), stage, TimeElapsedColumn(),
        console=console, disable=not console.is_terminal,
    )  # fmt: skip


def _waited(ripieno: Ripieno, request_id: str) -> Generation:
    with _bar() as bars:
        bar = bars.add_task("stems", total=1.0, message="waiting")

        def show(request: Generation) -> None:
            planned = len(request.plan.stems) if request.plan else 1
            heard = sum(stem.takes[-1].status != TakeStatus.GENERATING for stem in request.stems)
            share = _SHARES.get(GenerationStatus(request.status), 1.0)
            bars.update(bar, completed=max(share, 0.1 + 0.9 * heard / planned), message=request.message)

        return ripieno.wait_generation(request_id, show, timeout=WAIT_SECONDS)


def _written(ripieno: Ripieno, request: Generation, out: Path, only: str | None = None) -> dict[str, Any]:
    """Fetch every stem's latest take, and say what each is."""
    out.mkdir(parents=True, exist_ok=True)
    stems = []
    for stem in request.stems:
        if only not in (None, stem.name):
            continue
        take = stem.takes[-1]
        about: dict[str, Any] = {
            "name": stem.name, "stem_type": stem.stem_type, "take": take.take, "status": take.status,
            "error": take.error,
            "path": None, "midi_path": None, "score": None, "engine": None, "plan": take.plan.model_dump(),
        }  # fmt: skip
        if take.stem is not None and take.blob_url:
            about["path"] = str(ripieno.download(take.blob_url, out / f"{slug(stem.name)}.{take.stem.format}"))
            about |= {"score": take.stem.score.model_dump(), "engine": take.stem.engine.model_dump()}
            about |= {
                "start_seconds": take.stem.start_seconds, "duration_seconds": take.stem.duration_seconds,
                "random_seed": take.stem.random_seed,
            }  # fmt: skip
            if take.midi_url:
                about["midi_path"] = str(ripieno.download(take.midi_url, out / f"{slug(stem.name)}.mid"))
        stems.append(about)
    return {
        "generation_request_id": request.generation_request_id, "audio_file_id": request.audio_file_id,
        "status": request.status, "error": request.error, "stems": stems, "mix": None,
        "planner": request.plan.planner.model_dump() if request.plan else None,
    }  # fmt: skip


def _mixed(ripieno: Ripieno, request: Generation, out: Path, master: str | None, stem_format: str) -> Path:
    order = MixOrder.model_validate({"master": master, "stem_format": stem_format})
    mixed = ripieno.mix(request.generation_request_id, order)
    assert mixed.blob_url is not None  # it is there
    return ripieno.download(mixed.blob_url, out / f"mix.{mixed.format}")


def _takes(request: Generation, stem: str) -> list[Take]:
    return next((one.takes for one in request.stems if one.name == stem), [])


def _next_take(ripieno: Ripieno, request_id: str, stem: str, rejected: int) -> Generation:
    """The request once the take after a rejected one can be heard, or cannot be made."""
    deadline = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < deadline:
        request = ripieno.wait_generation(request_id, timeout=WAIT_SECONDS)
        newest = _takes(request, stem)[-1]
        if newest.take > rejected and newest.status != TakeStatus.GENERATING:
            return request
        time.sleep(POLL_SECONDS)
    raise TimeoutError(f"no new take of the {stem} came")


def _show(result: dict[str, Any]) -> None:
    console = Console()
    if result["error"]:
        console.print(f"[red]✗[/] {result['error']}")
    table = Table(box=None, pad_edge=False, header_style="bold")
    for title in ("stem", "take", "engine", "style", "from", "length", "fits", "file"):
        table.add_column(title, overflow="fold")
    for stem in result["stems"]:
        if stem["path"] is None:
            table.add_row(stem["name"], str(stem["take"]), "", "", "", "", stem["status"], stem["error"] or "")
            continue
        table.add_row(
            stem["name"], str(stem["take"]), stem["engine"]["engine"], stem["plan"]["style"],
            f"{int(stem['start_seconds'] // 60)}:{stem['start_seconds'] % 60:04.1f}",
            f"{stem['duration_seconds']:.1f} s", f"{stem['score']['overall']:.0%}", stem["path"],
        )  # fmt: skip
    console.print(table)
    for stem in result["stems"]:
        for remark in (stem["score"] or {}).get("remarks", []):
            console.print(f"[dim]{stem['name']}: {remark}[/]")
    planner = result["planner"]
    if planner and planner["reason"]:
        console.print(f"[dim]planned by {planner['engine']}: {planner['reason']}[/]")
    if result["mix"]:
        console.print(f"mix: {result['mix']}")
    if any(stem["path"] for stem in result["stems"]):
        console.print(f'[dim]ripieno approve {result["generation_request_id"]}, or reject STEM --comment "..."[/]')
