"""A song's findings for people."""

from __future__ import annotations

from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from ripieno.music.chord import parse
from ripieno.music.pitch import spell

_CHORDS_A_LINE = 8
_QUALITIES = {"maj": "", "min": "m", "min7": "m7", "hdim7": "m7b5"}


def show(result: dict[str, Any], *, console: Console) -> None:
    """Print what `ripieno analyze` found in one file, or why it found nothing."""
    name = escape(result["file"].replace("\\", "/").rpartition("/")[2])
    if result.get("error"):
        console.print(f"[red]✗[/red] [bold]{name}[/bold]: {escape(result['error']['message'])}")
        return
    found = result["analysis"]
    confidence = found["confidence"]
    console.print(
        f"[green]✓[/green] [bold]{name}[/bold]  {_clock(result['duration_seconds'])}  id {result['audio_file_id']}"
    )
    table = Table(box=None, pad_edge=False, show_header=False, padding=(0, 2))
    table.add_column(style="dim")
    table.add_column()
    table.add_column(style="dim", justify="right")
    tempo = f"{found['bpm']:.2f} bpm in {found['time_signature']}" if found["bpm"] else "no pulse found"
    table.add_row("tempo", tempo, _percent(confidence["bpm"]))
    table.add_row("beats", f"{len(found['beats'])}, {sum(b['position'] == 1 for b in found['beats'])} bars",
                  _percent(confidence["beats"]))  # fmt: skip
    table.add_row("key", _key(found), _percent(confidence["key"]))
    tuning = f"A4 = {found['tuning_frequency']:.1f} Hz" if found["tuning_frequency"] else "nothing pitched"
    table.add_row("tuning", tuning, _percent(confidence["tuning_frequency"]))
    table.add_row("sections", _sections(found["sections"]), _percent(confidence["sections"]))
    table.add_row("chords", _chords(found["chords"]), _percent(confidence["chords"]))
    table.add_row("stems", ", ".join(stem["stem_type"] for stem in result["stems"]), "")
    console.print(table)
    for line in sorted({_signature(task, engine) for task, engine in result["engines"].items()}):
        console.print(f"  [dim]{escape(line)}[/dim]")


def _sections(sections: list[dict]) -> str:
    return "  ".join(f"{_clock(section['start_time'])} {section['label']}" for section in sections)


def _key(found: dict) -> str:
    if not found["key"]:
        return "none found"
    keys = [f"{span['key']} {span['mode']}" for span in found.get("keys", [])]
    if len(keys) < 2:
        return f"{found['key']} {found['mode']}"
    return ", ".join(f"{_clock(span['start_time'])} {key}" for span, key in zip(found["keys"], keys, strict=True))


def chord_name(label: str) -> str:
    """A chord in Harte syntax as musicians write it: `C:min7/b3` is `Cm7/Eb`."""
    chord = parse(label)
    if chord is None:
        return label
    body, _, degree = label.partition("/")
    root, _, quality = body.partition(":")
    name = root + _QUALITIES.get(quality, quality)
    if degree:
        name += "/" + spell(chord.bass, flats="b" in root or degree.startswith("b"))
    return name


def _chords(chords: list[dict]) -> str:
    names = [chord_name(chord["chord"]) for chord in chords if chord["chord"] != "N"]
    more = f" … {len(names)} in all" if len(names) > 2 * _CHORDS_A_LINE else ""
    return " ".join(names[: 2 * _CHORDS_A_LINE]) + more


def _signature(task: str, engine: dict) -> str:
    text = f"{task}: {engine['engine']} {engine['version']} ({engine['license']})"
    if engine["approximate"]:
        text += ", approximate"
    if engine["fallback"]:
        text += f", standing in: {engine['reason']}"
    return text


def _percent(share: float) -> str:
    return f"{share:.0%}"


def _clock(seconds: float) -> str:
    return f"{int(seconds // 60)}:{seconds % 60:04.1f}"
