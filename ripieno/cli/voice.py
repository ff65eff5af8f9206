"""`ripieno voice`: voices that are somebody's, who let them be used, and what they sing."""

from __future__ import annotations

import sys
from itertools import islice
from pathlib import Path

import click
import cloup

from ripieno.cli import exits, places, songs, voices
from ripieno.cli.bars import Bars
from ripieno.cli.options import connect, examples, json_option
from ripieno.cli.output import day, print_json, print_rows
from ripieno.cli.shapes import VoiceDeleted
from ripieno.cli.takes import show_generated, written
from ripieno.contracts.analysis import StemFormat
from ripieno.contracts.consent import Purpose
from ripieno.contracts.enums import GenerationStatus
from ripieno.contracts.voice_profiles import ApplyOrder

_SHOWN = 200
_voice = cloup.argument(
    "voice", shell_complete=voices.complete, help="Its name, its id, the beginning of that, or `latest`."
)


@cloup.group(epilog=examples("ripieno voice list"))
def voice() -> None:
    """Voices of people, with their consent: create, add, sing."""


@voice.command(epilog=examples('ripieno voice create Anna --about "mezzo-soprano"'))
@cloup.argument("name", help="What it is called: 60 characters at most.")
@cloup.option("--about", default="", help="What to know of it.")
@json_option
def create(name: str, about: str, as_json: bool) -> None:
    """A voice by its name; it has nothing yet."""
    with connect() as ripieno:
        made = ripieno.create_voice(name, about)
    print_json(made) if as_json else click.echo(f"{made.voice_id}  {made.name}: add samples, then a consent")


@voice.command(epilog=examples("ripieno voice add Anna anna.wav"))
@_voice
@cloup.argument(
    "files",
    nargs=-1,
    required=True,
    type=cloup.Path(exists=True, dir_okay=False, path_type=Path),
    help="Recordings of this voice alone.",
)
@cloup.option("--spoken", is_flag=True, help="They are spoken, not sung.")
@json_option
def add(voice: str, files: tuple[Path, ...], spoken: bool, as_json: bool) -> None:
    """Add samples: recordings of the voice, checked one by one."""
    with connect() as ripieno, Bars() as bars:
        its = voices.meant(ripieno, voice)
        for path in files:
            bar = bars.add(path.name)
            sample = ripieno.add_sample(its.voice_id, path, bar.sending, kind="spoken" if spoken else "sung")
            bar.remove()
            if as_json:
                print_json(sample)
                continue
            click.echo(f"{sample.sample_id}  {sample.file_name}")
            for remark in sample.report.remarks if sample.report else []:
                click.echo(remark, err=True)


@voice.command(
    epilog=examples(
        'ripieno voice consent Anna --who "Anna Berg" --for singing --for conversion --for training'
        " --until 2099-12-31 --sentence sentence.wav"
    )
)
@_voice
@cloup.option("--who", required=True, help="Whose voice it is.")
@cloup.option(
    "--for",
    "purposes",
    multiple=True,
    required=True,
    type=cloup.Choice([one.value for one in Purpose]),
    help="What it may be used for; may be repeated.",
)
@cloup.option("--until", required=True, metavar="DAY", help="Until when: 2027-12-31.")
@cloup.option(
    "--sentence", required=True, metavar="FILE|SAMPLE", help="The spoken sentence: a recording, or a sample's id."
)
@json_option
def consent(voice: str, who: str, purposes: tuple[str, ...], until: str, sentence: str, as_json: bool) -> None:
    """Write down who lets the voice be used, for what, until when."""
    with connect() as ripieno:
        its = voices.meant(ripieno, voice)
        if Path(sentence).is_file():
            sentence = ripieno.add_sample(its.voice_id, sentence, kind="spoken").sample_id
        try:
            made = ripieno.give_consent(its.voice_id, who, purposes, until, sentence)
        except ValueError as fault:
            raise click.UsageError(f"--until: {until!r} is no day that can be read; write 2027-12-31") from fault
        if made.versions:
            made = ripieno.wait_voice(its.voice_id)
    print_json(made) if as_json else click.echo(made.message)


@voice.command(epilog=examples("ripieno voice train Anna --steps 20"))
@_voice
@cloup.option("--measure", is_flag=True, help="Measure it alone, without a model.")
@cloup.option("--steps", type=click.IntRange(min=1), help="How long to train; else what the samples are worth.")
@json_option
def train(voice: str, measure: bool, steps: int | None, as_json: bool) -> None:
    """A further version, from all samples there are."""
    with connect() as ripieno, Bars() as bars:
        its = voices.meant(ripieno, voice)
        bars.add(its.name).message("being measured" if measure else "being trained")
        ripieno.train_voice(its.voice_id, learn=not measure, steps=steps)
        made = ripieno.wait_voice(its.voice_id)
    if as_json:
        print_json(made)
        return
    click.echo(made.message)
    for remark in made.versions[-1].remarks:
        click.echo(remark, err=True)


@voice.command(name="list", epilog=examples("ripieno voice list", "ripieno voice list --json"))
@json_option
def list_voices(as_json: bool) -> None:
    """The voices, newest first, and whether they may be used."""
    with connect() as ripieno:
        found = list(islice(ripieno.voices(), _SHOWN))
    if as_json:
        print_json([one.model_dump(mode="json", exclude={"samples", "versions", "consents"}) for one in found])
        return
    rows = [(one.voice_id, one.name, one.status, str(one.current or ""), one.message) for one in found]
    print_rows(("id", "voice", "status", "version", "how it stands"), rows, keep=("id",))


@voice.command(epilog=examples("ripieno voice show Anna", "ripieno voice show Anna --json"))
@_voice
@json_option
def show(voice: str, as_json: bool) -> None:
    """A voice: its consent, its samples, its versions."""
    with connect() as ripieno:
        its = voices.meant(ripieno, voice)
    print_json(its) if as_json else voices.show(its)


@voice.command(
    name="versions", epilog=examples("ripieno voice versions Anna", "ripieno voice versions Anna --compare 1 2")
)
@_voice
@cloup.option("--compare", type=int, nargs=2, metavar="A B", help="What is another in version B than in A.")
@json_option
def list_versions(voice: str, compare: tuple[int, int] | None, as_json: bool) -> None:
    """Every version of a voice, or two beside each other."""
    with connect() as ripieno:
        its = voices.meant(ripieno, voice)
        if compare is not None:
            both = ripieno.compare_voice_versions(its.voice_id, *compare)
            print_json(both) if as_json else voices.show_comparison(both)
            return
        found = ripieno.voice_versions(its.voice_id)
    print_json(found) if as_json else voices.show_versions(found)


@voice.command(name="rollback", epilog=examples("ripieno voice rollback Anna", "ripieno voice rollback Anna --to 2"))
@_voice
@cloup.option("--to", type=int, help="The version to sing with again, else the one before the current one.")
@json_option
def roll_back(voice: str, to: int | None, as_json: bool) -> None:
    """Sing with an earlier version again; later ones stay."""
    with connect() as ripieno:
        made = ripieno.roll_back_voice(voices.meant(ripieno, voice).voice_id, to)
    print_json(made) if as_json else click.echo(f"version {made.current} of {made.name} is sung with again")


@voice.command(epilog=examples("ripieno voice apply Anna anna.wav --recording --strength 0.8 --out session/"))
@_voice
@cloup.argument("song", shell_complete=songs.complete_song, help="An id, its beginning, a name, or a file.")
@cloup.option("--recording", is_flag=True, help="The song is a vocal alone; else its separated vocals are sung.")
@cloup.option("--strength", type=click.FloatRange(0, 1), default=1.0, show_default=True, help="How much of the voice.")
@cloup.option("--shift", type=click.IntRange(-24, 24), help="Semitones to move the melody; else into its range.")
@cloup.option("--breath", type=click.FloatRange(-1, 1), default=0.0, help="Less (-1) or more (1) than it has.")
@cloup.option("--version", type=int, help="Which version of the voice; else the current one.")
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
def apply(
    voice: str,
    song: str,
    recording: bool,
    strength: float,
    shift: int | None,
    breath: float,
    version: int | None,
    stem_format: StemFormat,
    out: Path | None,
    as_json: bool,
) -> None:
    """Have a vocal that exists sung by the voice.

    Its melody and its words are kept.
    """
    with connect() as ripieno:
        its = voices.meant(ripieno, voice)
        known = songs.song_or_file(ripieno, song)
        order = ApplyOrder(
            audio_file_id=known.audio_file_id,
            source="recording" if recording else "stem",
            strength=strength,
            range_shift=shift,
            breath=breath,
            version=version,
            stem_format=stem_format,
        )
        with Bars() as bars:
            bar = bars.add(its.name)
            made = ripieno.wait_generation(
                ripieno.apply_voice(its.voice_id, order), bar.generation, timeout=songs.WAIT_SECONDS
            )
        result = written(ripieno, made, out or places.default_folder(known), known)
    print_json(result) if as_json else show_generated(result)
    sys.exit(exits.FAILED if made.status == GenerationStatus.FAILED else exits.WELL)


@voice.command(epilog=examples("ripieno voice uses Anna", "ripieno voice uses Anna --json"))
@_voice
@json_option
def uses(voice: str, as_json: bool) -> None:
    """What a voice was used for, newest first."""
    with connect() as ripieno:
        found = list(ripieno.voice_uses(voices.meant(ripieno, voice).voice_id, limit=_SHOWN))
    if as_json:
        print_json([one.model_dump(mode="json") for one in found])
        return
    titles = ("when", "for", "work", "take", "version")
    rows = [
        (day(one.used_at), one.purpose, one.work_id, f"{one.element} {one.take}", str(one.version)) for one in found
    ]
    print_rows(titles, rows, keep=("work",))


@voice.command(epilog=examples('ripieno voice revoke Anna --because "she changed her mind"'))
@_voice
@cloup.option("--because", default="", help="Why; it is kept with the consent.")
@cloup.option("--wait", is_flag=True, help="Until all that the voice was made of is deleted.")
@json_option
def revoke(voice: str, because: str, wait: bool, as_json: bool) -> None:
    """Take the consent back, for good.

    Nothing is sung in the voice any more; its samples and versions are deleted.
    """
    with connect() as ripieno:
        its = voices.meant(ripieno, voice)
        told = ripieno.revoke_consent(its.voice_id, because)
        done = ripieno.wait_removal(told.instance_id) if wait else told
    if as_json:
        print_json(VoiceDeleted(voice_id=its.voice_id, **done.model_dump(exclude={"fraction"})))
        return
    click.echo(f"{its.name}: the voice is not used any more; what it was made of is being deleted")


@voice.command(epilog=examples("ripieno voice delete Anna --wait"))
@_voice
@cloup.option("--wait", is_flag=True, help="Until nothing of it is left in storage.")
@json_option
def delete(voice: str, wait: bool, as_json: bool) -> None:
    """Delete a voice, with its consents and the log of its uses."""
    with connect() as ripieno:
        its = voices.meant(ripieno, voice)
        told = ripieno.delete_voice(its.voice_id)
        done = ripieno.wait_removal(told.instance_id) if wait else told
    if as_json:
        print_json(VoiceDeleted(voice_id=its.voice_id, **done.model_dump(exclude={"fraction"})))
    else:
        click.echo(f"deleted {its.name} ({its.voice_id})")
    sys.exit(exits.FAILED if done.status == "failed" else exits.WELL)
