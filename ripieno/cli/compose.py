"""`ripieno compose`, `refine`, `versions`, `rollback`: whole pieces."""

from __future__ import annotations

import base64
import json
import sys
from pathlib import Path
from typing import Any, get_args

import click
import cloup
from rich.table import Table

from ripieno.cli import exits, places, songs
from ripieno.cli.bars import Bars
from ripieno.cli.options import connect, examples, json_option
from ripieno.cli.output import console, print_json
from ripieno.cli.pieces import show_comparison, show_composition
from ripieno.client import Ripieno
from ripieno.contracts.composition import (
    CompositionOrder,
    CompositionView,
    Destination,
    FormPart,
    GivenLayer,
    LayerEdit,
    PassageEdit,
    Refinement,
    Stage,
    StyleShare,
)
from ripieno.contracts.enums import GenerationStatus, StemType
from ripieno.contracts.names import slug
from ripieno.music.lyrics import lrc

WAIT_SECONDS = 6 * 3600
_composition = cloup.argument(
    "composition", shell_complete=songs.complete_composition, help="Its id, the beginning of it, or `latest`."
)

_destination = cloup.option(
    "--destination", type=cloup.Choice(get_args(Destination)), help="Where it is to be heard: it is mastered for that."
)


@cloup.command(
    epilog=examples(
        'ripieno compose "uplifting house with dreamy vocals, 20 seconds" --out piece/',
        "ripieno compose --song song.mp3 --style bossa --instrumental --stop-at arrangement",
        'ripieno compose "a waltz, 20 seconds" --mood-of song.mp3 --stop-at harmony',
        'ripieno compose "a funk band" --audio guitar=song.mp3 --stop-at arrangement',
        'ripieno compose "a sad waltz in E minor, 20 seconds" --instrumental',
    )
)
@cloup.argument("brief", required=False, default="", help="What you want to hear, in a sentence.")
@cloup.option_group(
    "What wins over the sentence",
    cloup.option("--title", help="What it is called."),
    cloup.option("--style", multiple=True, metavar="NAME[=WEIGHT]", help="A genre; several are a blend."),
    cloup.option("--key", help="Such as 'A minor' or F#."),
    cloup.option("--tempo", type=float, metavar="BPM", help="Beats a minute."),
    cloup.option("--meter", help="4/4, 3/4, 6/8, ..."),
    cloup.option("--duration", type=float, metavar="SECONDS", help="How long."),
    cloup.option("--form", help="Sections and their bars: intro 4, verse 8, chorus 8."),
    cloup.option("--layers", help="Who may play: drums,bass,piano."),
    cloup.option("--theme", help="What the words are about."),
    cloup.option(
        "--lyrics",
        type=cloup.Path(exists=True, dir_okay=False, path_type=Path),
        metavar="FILE",
        help="Words of your own.",
    ),
    cloup.option("--language", type=cloup.Choice(["en", "de", "es", "fr"]), help="Of the words."),
    cloup.option("--instrumental/--sung", default=None, help="Without or with a voice."),
    cloup.option("--backing/--no-backing", default=None, help="With or without voices behind the lead."),
    cloup.option("--voice", help="Who sings: a voice of `ripieno voice list`, or an installed one."),
    cloup.option("--song", shell_complete=songs.complete_song, help="A song to begin from: its form, chords, tempo."),
    cloup.option(
        "--mood-of", metavar="SONG", shell_complete=songs.complete_song, help="In the mood of this song, and its style."
    ),
    cloup.option("--seed", type=int, help="The same seed makes the same piece."),
    cloup.option("--loudness", type=float, metavar="LUFS", help="Of the master."),
    _destination,
    cloup.option("--reference", shell_complete=songs.complete_song, help="A song whose sound the master comes near."),
)
@cloup.option_group(
    "Played as you give it",
    cloup.option("--midi", multiple=True, metavar="LAYER=FILE", help="Notes of a layer: piano=piano.mid."),
    cloup.option(
        "--audio", multiple=True, metavar="LAYER=SONG", help="A recording as a layer, from bar 1: a song or file."
    ),
)
@cloup.option_group(
    "How",
    cloup.option("--stop-at", type=cloup.Choice([one.value for one in Stage]), help="Look after this stage first."),
    cloup.option(
        "--format",
        "stem_format",
        type=cloup.Choice(["wav", "flac"]),
        default="wav",
        show_default=True,
        help="24 bit, 44.1 kHz.",
    ),
    cloup.option("--out", type=cloup.Path(file_okay=False, path_type=Path), metavar="DIR", help="Folder to write to."),
)
@json_option
def compose(brief: str, out: Path | None, as_json: bool, song: str | None, **chosen) -> None:
    """Make a whole piece from a sentence, a song, or both.

    Writes the mix, every layer with its MIDI, and what was settled.
    """
    with connect() as ripieno:
        ripieno.health()
        known = songs.song_or_file(ripieno, song) if song is not None else None
        reference = songs.song_or_file(ripieno, chosen["reference"]) if chosen["reference"] is not None else None
        given = _given(ripieno, chosen["midi"], chosen["audio"])
        chosen["reference"] = reference.audio_file_id if reference else None
        if chosen["mood_of"] is not None:
            chosen["mood_of"] = songs.song_or_file(ripieno, chosen["mood_of"]).audio_file_id
        order = _order(brief, known.audio_file_id if known else None, given, chosen)
        made = _waited(ripieno, ripieno.compose(order))
        _show(ripieno, made, out or Path(slug(made.title) or "piece"), as_json=as_json)


@cloup.command(
    epilog=examples(
        'ripieno refine latest "make the last chorus bigger"',
        "ripieno refine latest --tempo 110",
        "ripieno refine latest --chords 1-2=F,G --out piece/",
    )
)
@_composition
@cloup.argument("text", required=False, default="", help="What is to be another, in your words.")
@cloup.option_group(
    "What is to be another",
    cloup.option("--tempo", type=float, metavar="BPM", help="Beats a minute."),
    cloup.option("--key", help="Such as 'A minor'."),
    cloup.option("--style", multiple=True, metavar="NAME[=WEIGHT]", help="A genre; several are a blend."),
    cloup.option("--theme", help="What new words are about."),
    cloup.option("--draft", type=int, help="Another draft of the lyrics."),
    cloup.option("--voice", help="Who sings from then on; an empty one is the voice that needs no weights."),
    cloup.option("--loudness", type=float, metavar="LUFS", help="Of the master."),
    _destination,
)
@cloup.option_group(
    "By hand: it stays so from then on",
    cloup.option("--chords", multiple=True, metavar="BARS=CHORDS", help="A chord a bar from there: 5-8=F,G."),
    cloup.option("--words", multiple=True, metavar="BARS=WORDS", help="Sung there instead, a line a phrase: 17-24=…"),
    cloup.option("--midi", multiple=True, metavar="LAYER=FILE", help="Notes to play as they are: piano=piano.mid."),
    cloup.option(
        "--audio", multiple=True, metavar="LAYER=SONG", help="A recording as a layer, from bar 1: a song or file."
    ),
)
@cloup.option_group(
    "How",
    cloup.option("--from-version", type=int, help="The version to begin from, else the current one."),
    cloup.option("--stop-at", type=cloup.Choice([one.value for one in Stage]), help="Look after this stage first."),
    cloup.option("--out", type=cloup.Path(file_okay=False, path_type=Path), metavar="DIR", help="Folder to write to."),
)
@json_option
def refine(composition: str, text: str, out: Path | None, as_json: bool, **chosen: Any) -> None:
    """Change something of a piece.

    It becomes a further version, of which only what depends on the change is made anew. A piece that waits after a
    stage goes on from there.
    """
    with connect() as ripieno:
        its = songs.composition(ripieno, composition)
        try:
            wanted = Refinement(
                text=text,
                tempo=chosen["tempo"],
                key=chosen["key"],
                styles=_styles(chosen["style"]),
                theme=chosen["theme"],
                draft=chosen["draft"],
                voice=chosen["voice"],
                loudness_lufs=chosen["loudness"],
                destination=chosen["destination"],
                passages=[
                    *(
                        PassageEdit(bars=bars, chords=_listed(value))
                        for bars, value in _bars("--chords", chosen["chords"])
                    ),
                    *(PassageEdit(bars=bars, words=value) for bars, value in _bars("--words", chosen["words"])),
                ],
                layers=[
                    LayerEdit.model_validate(one.model_dump())
                    for one in _given(ripieno, chosen["midi"], chosen["audio"])
                ],
                from_version=chosen["from_version"],
                stop_at=chosen["stop_at"],
            )
        except ValueError as fault:
            raise click.UsageError(str(fault)) from None
        accepted = ripieno.refine(its.composition_id, wanted)
        for change in accepted.changes:
            click.echo(change, err=True)
        made = _waited(ripieno, its.composition_id)
        _show(ripieno, made, out or Path(slug(made.title) or "piece"), as_json=as_json)


@cloup.command(epilog=examples("ripieno versions latest", "ripieno versions latest --compare 1 1"))
@_composition
@cloup.option("--compare", type=int, nargs=2, metavar="A B", help="What is another in version B than in A.")
@json_option
def versions(composition: str, compare: tuple[int, int] | None, as_json: bool) -> None:
    """Show every version of a piece and what was changed."""
    with connect() as ripieno:
        its = songs.composition(ripieno, composition)
        if compare is not None:
            both = ripieno.compare_versions(its.composition_id, *compare)
            print_json(both) if as_json else show_comparison(both)
            return
        found = ripieno.versions(its.composition_id)
    if as_json:
        print_json(found)
        return
    table = Table("version", "from", "status", "what", "fits", box=None, pad_edge=False)
    for one in found:
        mark = "*" if one.number == its.current else ""
        fits = f"{100 * one.score.overall:.0f} %" if one.score else ""
        what = "; ".join(one.changes) or one.asked
        table.add_row(f"{one.number}{mark}", str(one.parent or ""), one.status, what[:200], fits)
    console().print(table)


@cloup.command(epilog=examples("ripieno rollback latest", "ripieno rollback latest --to 1"))
@_composition
@cloup.option("--to", type=int, help="The version to hear again, else the one that this one was made from.")
@json_option
def rollback(composition: str, to: int | None, as_json: bool) -> None:
    """Go back to an earlier version; the later ones stay."""
    with connect() as ripieno:
        its = ripieno.roll_back(songs.composition(ripieno, composition).composition_id, to)
    print_json(its) if as_json else click.echo(f"version {its.current} of {its.title} is heard again")


# -- parts --------------------------------------------------------------------------------------------------------


def _order(brief: str, song_id: str | None, given: list[GivenLayer], chosen: dict) -> CompositionOrder:
    try:
        return CompositionOrder(
            brief=brief,
            audio_file_id=song_id,
            mood_of=chosen["mood_of"],
            title=chosen["title"],
            styles=_styles(chosen["style"]),
            key=chosen["key"],
            tempo=chosen["tempo"],
            meter=chosen["meter"],
            duration_seconds=chosen["duration"],
            form=_form(chosen["form"]),
            layers=_layers(chosen["layers"]),
            given=given,
            theme=chosen["theme"],
            lyrics=chosen["lyrics"].read_text(encoding="utf-8") if chosen["lyrics"] else "",
            language=chosen["language"],
            voice=chosen["voice"],
            instrumental=chosen["instrumental"],
            backing=chosen["backing"],
            random_seed=chosen["seed"],
            loudness_lufs=chosen["loudness"],
            destination=chosen["destination"],
            reference_id=chosen["reference"],
            stop_at=chosen["stop_at"],
            stem_format=chosen["stem_format"],
        )
    except ValueError as fault:
        raise click.UsageError(str(fault)) from None


def _layers(text: str | None) -> list[StemType]:
    return [StemType(one.strip()) for one in (text or "").split(",") if one.strip()]


def _styles(named: tuple[str, ...]) -> list[StyleShare]:
    found = []
    for one in named:
        name, _, weight = one.partition("=")
        try:
            found.append(StyleShare(name=name.strip(), weight=float(weight.rstrip("%")) if weight else 1.0))
        except ValueError:
            raise click.UsageError(f"--style: {one!r} is no genre with a weight; write house=70") from None
    return found


def _pairs(option: str, given: tuple[str, ...], example: str) -> list[tuple[str, str]]:
    found = []
    for one in given:
        name, equals, value = one.partition("=")
        if not equals or not name.strip() or not value.strip():
            raise click.UsageError(f"{option}: {one!r} says nothing; write {option} {example}")
        found.append((name.strip(), value.strip()))
    return found


def _bars(option: str, given: tuple[str, ...]) -> list[tuple[tuple[int, int], str]]:
    found = []
    for bars, value in _pairs(option, given, "5-8=…"):
        first, dash, last = bars.replace("–", "-").partition("-")
        if not first.isdecimal() or (dash and not last.isdecimal()):
            raise click.UsageError(f"{option}: {bars!r} are no bars; write {option} 5-8=…")
        found.append(((int(first), int(last or first)), value))
    return found


def _listed(text: str) -> list[str]:
    return [one.strip() for one in text.split(",") if one.strip()]


def _given(ripieno: Ripieno, midi: tuple[str, ...], audio: tuple[str, ...]) -> list[GivenLayer]:
    """Notes and recordings for layers; a file that the library does not have is taken in first."""
    given = []
    for layer, file in _pairs("--midi", midi, "piano=piano.mid"):
        path = Path(file)
        if not path.is_file():
            raise click.UsageError(f"--midi: there is no file {file!r}")
        given.append(GivenLayer(layer=_layer(layer), midi=base64.b64encode(path.read_bytes()).decode()))
    for layer, song in _pairs("--audio", audio, "guitar=guitar.wav"):
        given.append(GivenLayer(layer=_layer(layer), audio_file_id=songs.song_or_file(ripieno, song).audio_file_id))
    return given


def _layer(name: str) -> StemType:
    try:
        return StemType(name.lower())
    except ValueError:
        raise click.UsageError(f"there is no layer {name!r}: choose from {', '.join(StemType)}") from None


def _form(text: str | None) -> list[FormPart]:
    found = []
    for one in (text or "").split(","):
        if not one.strip():
            continue
        label, _, bars = one.strip().rpartition(" ")
        if not label or not bars.isdecimal():
            raise click.UsageError(f"--form: {one.strip()!r} is no section with its bars; write intro 4, verse 8")
        found.append(FormPart(label=label.strip().lower(), bars=int(bars)))
    return found


def _waited(ripieno: Ripieno, composition_id: str) -> CompositionView:
    with Bars() as bars:
        try:
            return ripieno.wait_composition(composition_id, bars.add("piece").composition, timeout=WAIT_SECONDS)
        except KeyboardInterrupt:
            click.echo(f"it goes on without you: `ripieno versions {composition_id}` shows how far it is", err=True)
            raise


def _show(ripieno: Ripieno, made: CompositionView, out: Path, *, as_json: bool) -> None:
    """Fetch what there is, and say what it is."""
    newest = made.versions[-1]
    written = _written(ripieno, made, out) if newest.status == "made" else []
    if as_json:
        print_json(made)
    else:
        show_composition(made)
        for path in written:
            console().print(str(path), markup=False, highlight=False)
    failed = made.status == GenerationStatus.FAILED or newest.status == "failed"
    sys.exit(exits.FAILED if failed else exits.WELL)


def _written(ripieno: Ripieno, made: CompositionView, out: Path) -> list[Path]:
    """The mix, the layers with their MIDI, and the context, none of them over another file."""
    paths = []
    master = made.mixes[-1] if made.mixes else None
    if master is not None and master.blob_url:
        address = master.blob_url
        paths.append(
            places.write(
                out, "mix", f".{master.format}", lambda to: ripieno.download(address, to), sha256=master.sha256
            )
        )
    for layer in made.layers:
        take = layer.takes[-1] if layer.takes else None
        if take is None or take.stem is None or take.blob_url is None:
            continue
        stem, midi = take.blob_url, take.midi_url
        path = places.write(
            out / "stems",
            slug(layer.name),
            f".{take.stem.format}",
            lambda to, stem=stem: ripieno.download(stem, to),
            sha256=take.stem.sha256,
        )
        paths.append(path)
        if midi:
            paths.append(places.write(out, path.stem, ".mid", lambda to, midi=midi: ripieno.download(midi, to)))
    if made.words and made.context is not None:
        text = lrc.write(made.words, title=made.title, artist=made.context.artist, language=made.context.language)
        paths.append(places.write(out, "lyrics", ".lrc", lambda to: Path(to).write_text(text)))
    addresses = {"blob_url", "midi_url"}  # they hold for an hour
    shown = made.model_dump(
        mode="json",
        exclude={"layers": {"__all__": {"takes": {"__all__": addresses}}}, "mixes": {"__all__": addresses}},
    )
    document = json.dumps(shown, indent=1, ensure_ascii=False)
    paths.append(places.write(out, "composition", ".json", lambda to: Path(to).write_text(document)))
    return paths
