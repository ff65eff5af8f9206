"""A song's findings for people: in short as `analyze` prints them, in full with the chords bar by bar."""

from __future__ import annotations

from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from ripieno.cli.output import clock, console, day
from ripieno.cli.shapes import Analyzed, ChartLine, ShownSong
from ripieno.music.chord import parse
from ripieno.music.pitch import spell

_CHORDS_A_LINE = 8
_BARS_A_LINE = 4
_QUALITIES = {"maj": "", "min": "m", "min7": "m7", "hdim7": "m7b5"}


def show_analyzed(result: Analyzed) -> None:
    """What `ripieno analyze` found in one file, or why it found nothing."""
    screen = console()
    name = escape(result.file.replace("\\", "/").rpartition("/")[2])
    if result.error:
        screen.print(f"[red]✗[/red] [bold]{name}[/bold]: {escape(result.error.message)}")
        return
    screen.print(f"[green]✓[/green] [bold]{name}[/bold]  {clock(result.duration_seconds)}  id {result.audio_file_id}")
    assert result.analysis is not None
    rows = [
        *_rows(result.analysis),
        ("chords", _chords(result.analysis["chords"]), result.analysis["confidence"]["chords"]),
        ("stems", ", ".join(stem.stem_type for stem in result.stems), None),
    ]
    _print_rows(screen, rows)
    _print_engines(screen, {task: engine.model_dump() for task, engine in result.engines.items()})
    if result.jams_path:
        screen.print(f"  written beside {escape(result.jams_path)}")


def show_song(shown: ShownSong) -> None:
    """Everything known of a song."""
    screen, song = console(), shown.song
    screen.print(f"[bold]{escape(song.original_file_name)}[/bold]  {clock(song.duration_seconds)}  {song.status}")
    _print_rows(
        screen,
        [
            ("id", song.audio_file_id, None),
            ("by", " – ".join(escape(part) for part in (song.artist, song.title) if part), None),
            ("file", _file(song.model_dump()), None),
            ("uploaded", day(song.uploaded_at), None),
        ],
    )
    if song.progress and song.status in ("uploaded", "analyzing"):
        screen.print(f"{song.progress.fraction:.0%} {escape(song.progress.message)}")
    if song.error:
        screen.print(f"[red]✗[/red] {song.error.code}: {escape(song.error.message)}")
    if shown.analysis is not None:
        found = shown.analysis.model_dump()
        screen.print()
        _print_rows(screen, [*_rows(found), ("stems", ", ".join(stem.stem_type for stem in shown.stems), None)])
        screen.print(f"\n[bold]chords, bar by bar[/bold]  [dim]{found['confidence']['chords']:.0%}[/dim]")
        for line in chart_lines(shown.chart):
            screen.print(line, no_wrap=True, crop=False)
        screen.print()
        _print_engines(screen, found["engines"])
    for request in shown.generations:
        stems = ", ".join(request.order.target_stems) or request.order.parameters.prompt
        screen.print(
            f"  generation {request.generation_request_id}  {day(request.created_at)}  {request.status}  "
            f"{escape(stems)}"
        )


def _rows(found: dict[str, Any]) -> list[tuple[str, str, float | None]]:
    """What, how it was found, and how far that can be trusted."""
    confidence = found["confidence"]
    downbeats = sum(beat["position"] == 1 for beat in found["beats"])
    tempo = f"{found['bpm']:.2f} bpm in {found['time_signature']}" if found["bpm"] else "no pulse found"
    tuning = f"A4 = {found['tuning_frequency']:.1f} Hz" if found["tuning_frequency"] else "nothing pitched"
    sections = "  ".join(f"{clock(one['start_time'])} {one['label']}" for one in found["sections"])
    return [
        ("tempo", tempo, confidence["bpm"]),
        ("beats", f"{len(found['beats'])}, {downbeats} bars", confidence["beats"]),
        ("key", _key(found), confidence["key"]),
        ("tuning", tuning, confidence["tuning_frequency"]),
        ("sections", sections, confidence["sections"]),
        ("mood", _mood(found), min(confidence.get("valence", 0), confidence.get("arousal", 0))),
        ("sounds like", _styles(found), confidence.get("styles", 0)),
    ]


def _print_rows(screen: Console, rows: list[tuple[str, str, float | None]]) -> None:
    table = Table(box=None, pad_edge=False, show_header=False, padding=(0, 2))
    table.add_column(style="dim")
    table.add_column()
    table.add_column(style="dim", justify="right")
    for title, text, share in rows:
        if text:
            table.add_row(title, text, "" if share is None else f"{share:.0%}")
    screen.print(table)


def _print_engines(screen: Console, engines: dict[str, dict[str, Any]]) -> None:
    for line in sorted({_signature(task, engine) for task, engine in engines.items()}):
        screen.print(f"  [dim]{escape(line)}[/dim]")


def _file(song: dict[str, Any]) -> str:
    parts = [
        song["format"],
        f"{song['sample_rate']} Hz" if song["sample_rate"] else None,
        f"{song['channels']} channels" if song["channels"] else None,
        f"{song['file_size_bytes'] / 1e6:.1f} MB",
    ]
    return ", ".join(part for part in parts if part)


def _mood(found: dict[str, Any]) -> str:
    mood = found.get("mood")
    if not mood:
        return ""
    return f"{', '.join(mood['words'])} (valence {mood['valence']:+.1f}, arousal {mood['arousal']:+.1f})"


def _styles(found: dict[str, Any]) -> str:
    return ", ".join(f"{one['name']} {one['weight']:.0%}" for one in found.get("styles") or ())


def _key(found: dict[str, Any]) -> str:
    if not found["key"]:
        return "none found"
    keys = [f"{span['key']} {span['mode']}" for span in found.get("keys", [])]
    if len(keys) < 2:
        return f"{found['key']} {found['mode']}"
    return ", ".join(f"{clock(span['start_time'])} {key}" for span, key in zip(found["keys"], keys, strict=True))


# -- chords -------------------------------------------------------------------------------------------------------


def chord_name(label: str) -> str:
    """A chord in Harte syntax as musicians write it: `C:min7/b3` is `Cm7/Eb`."""
    chord = parse(label)
    if chord is None:
        return "–" if label == "N" else label
    body, _, degree = label.partition("/")
    root, _, quality = body.partition(":")
    name = root + _QUALITIES.get(quality, quality)
    if degree:
        name += "/" + spell(chord.bass, flats="b" in root or degree.startswith("b"))
    return name


def chart_lines(chart: list[ChartLine]) -> list[str]:
    """Four bars a line, a new line where a section begins; a chord on another beat than the first stands behind dots
    for the beats before it."""
    rows: list[list[ChartLine]] = []
    for bar in chart:
        if not rows or bar.section is not None or len(rows[-1]) == _BARS_A_LINE:
            rows.append([])
        rows[-1].append(bar)
    cells = [[_cell(bar) for bar in row] for row in rows]
    widths = [max((len(row[n]) for row in cells if n < len(row)), default=0) for n in range(_BARS_A_LINE)]
    lines = []
    for row, texts in zip(rows, cells, strict=True):
        music = " | ".join(f"{text:<{widths[n]}}" for n, text in enumerate(texts))
        label = f"[bold]{escape(row[0].section or ''):<12}[/bold]"
        lines.append(f"{label}[dim]{clock(row[0].start_time):>7} {row[0].bar:>4}[/dim]  | {escape(music)} |")
    return lines


def _cell(bar: ChartLine) -> str:
    text, at = "", 1
    for beat, label in bar.chords:
        text += ". " * (beat - at - (1 if text else 0)) + f"{chord_name(label)} "
        at = beat
    return text.strip()


def _chords(chords: list[dict[str, Any]]) -> str:
    names = [chord_name(chord["chord"]) for chord in chords if chord["chord"] != "N"]
    more = f" … {len(names)} in all" if len(names) > 2 * _CHORDS_A_LINE else ""
    return " ".join(names[: 2 * _CHORDS_A_LINE]) + more


def _signature(task: str, engine: dict[str, Any]) -> str:
    text = f"{task}: {engine['engine']} {engine['version']} ({engine['license']})"
    if engine["approximate"]:
        text += ", approximate"
    if engine["fallback"]:
        text += f", standing in: {engine['reason']}"
    return text
