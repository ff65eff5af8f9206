"""`ripieno lyrics`, `harmonize`, `master`: one stage of a piece alone."""

from __future__ import annotations

import sys
from pathlib import Path

import click
import cloup

from ripieno.cli import exits, places, songs
from ripieno.cli.bars import Bars
from ripieno.cli.options import connect, examples, json_option
from ripieno.cli.output import clock, console, print_json, print_rows
from ripieno.cli.shapes import Mixed
from ripieno.contracts.analysis import StemFormat
from ripieno.contracts.composition import CompositionOrder, Refinement, Stage
from ripieno.contracts.generation import Meter
from ripieno.contracts.masters import SongMasterOrder

WAIT_SECONDS = 3600
_METERS = ("2/4", "3/4", "4/4", "5/4", "6/8", "9/8", "12/8")


@cloup.command(
    epilog=examples('ripieno lyrics "the sea at night"', 'ripieno lyrics "Regen auf dem Dach" --language de --pick 2')
)
@cloup.argument("theme", help="What they are about.")
@cloup.option("--language", type=cloup.Choice(["en", "de", "es", "fr"]), help="Else that of the theme.")
@cloup.option("--mood", default="", help="In words: sad, tender.")
@cloup.option("--style", default="", help="The genre that they are for.")
@cloup.option("--pick", type=click.IntRange(1, 8), help="Which draft to keep.")
@cloup.option("--seed", type=int, help="The same seed writes the same words.")
@json_option
def lyrics(
    theme: str, language: str | None, mood: str, style: str, pick: int | None, seed: int | None, as_json: bool
) -> None:
    """Write lyrics about something: drafts to choose from.

    They are a piece that waits: `ripieno approve` has it sung and played, `ripieno refine --draft` takes another draft.
    """
    order = CompositionOrder.model_validate({
        "brief": " ".join(filter(None, (mood, style))), "theme": theme, "language": language, "random_seed": seed,
        "instrumental": False, "stop_at": Stage.LYRICS,
    })  # fmt: skip
    with connect() as ripieno, Bars() as bars:
        made = ripieno.wait_composition(ripieno.compose(order), bars.add("lyrics").composition, timeout=WAIT_SECONDS)
        if pick is not None and made.versions[-1].status == "waiting":
            ripieno.refine(made.composition_id, Refinement(draft=pick, stop_at=Stage.LYRICS))
            made = ripieno.wait_composition(made.composition_id, timeout=WAIT_SECONDS)
    if as_json:
        print_json(made)
    elif made.context is not None and made.versions[-1].status == "waiting":
        screen = console()
        chosen = [made.context.lyrics] if pick is not None and made.context.lyrics else made.context.drafts
        for number, draft in enumerate(chosen, start=pick or 1):
            screen.print(f"draft {number}: {draft.title}", style="bold", markup=False)
            screen.print(draft.text, markup=False, highlight=False)
            screen.print("")
        screen.print(f"[dim]ripieno approve {made.composition_id} has it sung and played[/dim]")
    else:
        click.echo(made.message, err=True)
    sys.exit(exits.WELL if made.versions[-1].status == "waiting" else exits.FAILED)


@cloup.command(
    epilog=examples("ripieno harmonize melody.mid", "ripieno harmonize melody.mid --key 'C major' --sevenths")
)
@cloup.argument(
    "melody",
    type=cloup.Path(exists=True, dir_okay=False, path_type=Path),
    help="A MIDI file that begins at a downbeat.",
)
@cloup.option("--key", help="Such as 'A minor'; else the one that it is most likely in.")
@cloup.option("--meter", type=cloup.Choice(list(_METERS)), help="Else that of the file.")
@cloup.option("--sevenths", is_flag=True, help="Chords with sevenths.")
@json_option
def harmonize(melody: Path, key: str | None, meter: Meter | None, sevenths: bool, as_json: bool) -> None:
    """Find chords for a melody, one a bar."""
    with connect() as ripieno:
        found = ripieno.harmonize(melody, key=key, meter=meter, sevenths=sevenths)
    if as_json:
        print_json(found)
        return
    click.echo(f"{found.key} in {found.meter}, {found.fit:.0%} of the melody on tones of its chord", err=True)
    rows = [(str(at + 1), " | ".join(found.chords[at : at + 4])) for at in range(0, len(found.chords), 4)]
    print_rows(("bar", "chords"), rows)


@cloup.command(
    epilog=examples("ripieno master song.mp3 --out mastered/", "ripieno master song.mp3 --preset club --loudness -10")
)
@cloup.argument("song", shell_complete=songs.complete_song, help="An id, its beginning, a name, or a file.")
@cloup.option("--preset", default="streaming", show_default=True, help="One of `ripieno catalogue mastering`.")
@cloup.option("--loudness", type=float, metavar="LUFS", help="Instead of the preset's.")
@cloup.option("--reference", shell_complete=songs.complete_song, help="A song that it is to sound like: an id or file.")
@cloup.option(
    "--format", "stem_format", type=cloup.Choice(["wav", "flac"]), default="wav", show_default=True, help="24 bit."
)
@cloup.option(
    "--out",
    type=cloup.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="Folder to write to; else one of the song's name.",
)
@json_option
def master(
    song: str,
    preset: str,
    loudness: float | None,
    reference: str | None,
    stem_format: StemFormat,
    out: Path | None,
    as_json: bool,
) -> None:
    """Master a song: its loudness, its peaks, its balance."""
    with connect() as ripieno:
        known = songs.song_or_file(ripieno, song)
        like = songs.song_or_file(ripieno, reference).audio_file_id if reference is not None else None
        order = SongMasterOrder(preset=preset, loudness_lufs=loudness, reference_id=like, stem_format=stem_format)
        with Bars() as bars:
            bars.add("master").message("being made")
            made = ripieno.master(known.audio_file_id, order, timeout=WAIT_SECONDS)
        file = made.file
        address = file.blob_url
        assert address is not None  # it is there
        path = places.write(
            out or places.default_folder(known),
            f"master-{preset}",
            f".{file.format}",
            lambda to: ripieno.download(address, to),
            sha256=file.sha256,
        )
    if as_json:
        print_json(Mixed(**file.model_dump(), generation_request_id=made.master_id, path=str(path)))
        return
    loud = f", {file.loudness_lufs:.1f} LUFS" if file.loudness_lufs is not None else ""
    click.echo(f"{path}  {clock(file.duration_seconds)}{loud}")
    for remark in file.remarks:
        click.echo(remark, err=True)
