"""`ripieno lyrics`, `harmonize`: one stage of a piece alone."""

from __future__ import annotations

import sys
from pathlib import Path

import click
import cloup

from ripieno.cli import exits
from ripieno.cli.bars import Bars
from ripieno.cli.options import connect, examples, json_option
from ripieno.cli.output import console, print_json, print_rows
from ripieno.contracts.composition import CompositionOrder, Refinement, Stage
from ripieno.contracts.generation import Meter

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
    epilog=examples(
        "ripieno download latest --format midi --out melodies/ && ripieno harmonize melodies/*.mid --key 'C major'"
    )
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
