"""`ripieno generate`: new stems that fit a song, or none."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any

import click
import cloup
from pydantic import ValidationError

from ripieno.cli import exits, places, songs
from ripieno.cli.bars import Bars
from ripieno.cli.mix import write_mix
from ripieno.cli.options import connect, examples, json_option
from ripieno.cli.output import print_json
from ripieno.cli.takes import show_generated, written
from ripieno.client import Ripieno
from ripieno.contracts.enums import GenerationStatus, StemType
from ripieno.contracts.generation import Generation, GenerationOrder, GenerationParameters, MixOrder

WAIT_SECONDS = 6 * 3600
_BARS = re.compile(r"^\s*(\d+)\s*(?:-\s*(\d+))?\s*$")


@cloup.command(
    epilog=examples(
        'ripieno generate song.mp3 --stems bass --section "second chorus"',
        'ripieno generate song.mp3 --prompt "a bass line and a pad, a bit darker, under the second chorus" --mix',
        "ripieno generate song.mp3 --stems drums --style house --bars 17-24 --seed 7 --out session/",
        "ripieno generate --stems drums,bass,piano --style bossa",
    )
)
@cloup.argument(
    "song",
    required=False,
    shell_complete=songs.complete_song,
    help="An id, its beginning, a name, or a file; without one the music is free-standing.",
)
@cloup.option_group(
    "What",
    cloup.option("--stems", help="Such as bass,synth; else those that the prompt names."),
    cloup.option("--prompt", default="", help='In your words: "a pad, a bit darker, under chorus 2".'),
    cloup.option("--style", help="Such as rock, jazz, hip hop, bossa; or a blend: 'house 70%, bossa 30%'."),
    cloup.option("--chords", help="Chords instead of the song's, one a bar: C,Am,F,G7."),
    cloup.option(
        "--lyrics",
        type=cloup.Path(exists=True, dir_okay=False, path_type=Path),
        metavar="FILE",
        help="Words for the vocals.",
    ),
    cloup.option("--voice", help="Who sings them: a voice of `ripieno voice list`, or an installed one."),
)
@cloup.option_group(
    "Where in the song",
    cloup.option("--section", help="Such as chorus, 'second chorus', 'last verse'."),
    cloup.option("--bars", help="Such as 17-24, counted from 1."),
    cloup.option(
        "--tempo",
        type=cloup.Choice(["constant", "smooth", "follow"]),
        default="smooth",
        show_default=True,
        help="One tempo; the song's, without jitter; or every beat as it was heard.",
    ),
)
@cloup.option_group(
    "Without a song (each has a default)",
    cloup.option("--bpm", type=float, help="The tempo."),
    cloup.option("--meter", help="4/4, 3/4, 6/8, ..."),
    cloup.option("--duration", type=float, metavar="SECONDS"),
)
@cloup.option_group(
    "How",
    cloup.option("--engine", default="auto", help="auto, symbolic, musicgen-melody, stable-audio-open, ..."),
    cloup.option("--temperature", type=float, default=1.0, help="How daring a learned engine is, 0 to 2."),
    cloup.option("--seed", type=int, help="The same seed makes the same stems."),
)
@cloup.option_group(
    "Files",
    cloup.option(
        "--out",
        type=cloup.Path(file_okay=False, path_type=Path),
        metavar="DIR",
        help="Folder to write to; else one of the song's name. Nothing in it is overwritten.",
    ),
    cloup.option(
        "--format",
        "stem_format",
        type=cloup.Choice(["wav", "flac"]),
        default="wav",
        show_default=True,
        help="24 bit, 44.1 kHz.",
    ),
    cloup.option("--mix", is_flag=True, help="Also write the original and the stems as one file."),
    cloup.option("--master", help="Master that mix: streaming, club, broadcast, warm or gentle."),
)
@json_option
def generate(song: str | None, out: Path | None, mix: bool, master: str | None, as_json: bool, **chosen: Any) -> None:
    """Make new stems that fit a song, or free-standing ones.

    They come as WAV (its place in the song in its BWF chunk) with MIDI beside it.
    """
    stems, parameters = _stems(chosen), _parameters(chosen)
    with connect() as ripieno:
        ripieno.health()  # one clear sentence when nobody is there
        known = songs.song_or_file(ripieno, song) if song is not None else None
        try:
            order = GenerationOrder(
                audio_file_id=known.audio_file_id if known else None,
                target_stems=stems,
                engine=chosen["engine"],
                voice=chosen["voice"],
                parameters=parameters,
            )
        except ValueError as fault:
            raise click.UsageError(_plainly(fault)) from None
        made = _waited(ripieno, ripieno.generate(order))
        folder = out or places.default_folder(known)
        result = written(ripieno, made, folder, known)
        if (mix or master) and any(stem.path for stem in result.stems):
            mixing = MixOrder.model_validate({"master": master, "stem_format": chosen["stem_format"]})
            result.mix = write_mix(ripieno, made, mixing, folder).path
    print_json(result) if as_json else show_generated(result)
    well = made.status != GenerationStatus.FAILED and all(stem.status != "failed" for stem in result.stems)
    sys.exit(exits.WELL if well else exits.FAILED)


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
            target_bpm=chosen["bpm"],
            time_signature=chosen["meter"],
            duration_seconds=chosen["duration"],
            style=chosen["style"],
            tempo=chosen["tempo"],
            chord_progression=[one.strip() for one in (chosen["chords"] or "").split(",") if one.strip()],
            section=chosen["section"],
            bars=_bars(chosen["bars"]),
            prompt=chosen["prompt"],
            lyrics=chosen["lyrics"].read_text() if chosen["lyrics"] else "",
            temperature=chosen["temperature"],
            random_seed=chosen["seed"],
            stem_format=chosen["stem_format"],
        )
    except ValueError as fault:
        raise click.UsageError(_plainly(fault)) from None


_OPTION_OF = {
    "target_bpm": "--bpm",
    "time_signature": "--meter",
    "duration_seconds": "--duration",
    "chord_progression": "--chords",
    "random_seed": "--seed",
    "stem_format": "--format",
}


def _plainly(fault: ValueError) -> str:
    """What pydantic found wrong, by the options' names."""
    if not isinstance(fault, ValidationError):
        return str(fault)
    return "; ".join(
        f"{_option(one['loc'])} {one['msg'].removeprefix('Value error, ')}".strip() for one in fault.errors()
    )


def _option(where: tuple[int | str, ...]) -> str:
    """`--bpm:` of the field that it fills."""
    named = [str(part) for part in where if isinstance(part, str) and part != "parameters"]
    return f"{_OPTION_OF.get(named[0], f'--{named[0]}')}:" if named else ""


def _bars(text: str | None) -> tuple[int, int] | None:
    if text is None:
        return None
    found = _BARS.match(text)
    if not found:
        raise click.UsageError(f"--bars: {text!r} are no bars; write 17-24")
    return int(found[1]), int(found[2] or found[1])


def _waited(ripieno: Ripieno, request_id: str) -> Generation:
    with Bars() as bars:
        try:
            return ripieno.wait_generation(request_id, bars.add("stems").generation, timeout=WAIT_SECONDS)
        except KeyboardInterrupt:
            click.echo(
                f"it goes on without you: `ripieno show {request_id}` shows how far it is, `ripieno cancel"
                f" {request_id}` ends it",
                err=True,
            )
            raise
