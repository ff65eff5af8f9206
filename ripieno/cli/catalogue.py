"""`ripieno catalogue`: what may be asked for, here and now."""

from __future__ import annotations

import cloup
from rich.markup import escape

from ripieno.cli.options import connect, examples, json_option
from ripieno.cli.output import console, print_json, print_rows
from ripieno.contracts.catalogue import Catalogue

_WHAT = (
    "styles",
    "instruments",
    "engines",
    "moods",
    "forms",
    "mastering",
    "personas",
    "voices",
    "languages",
    "formats",
)


@cloup.command(epilog=examples("ripieno catalogue", "ripieno catalogue engines", "ripieno catalogue --json"))
@cloup.argument("what", required=False, type=cloup.Choice(list(_WHAT)), help="Only these; else a line of each.")
@json_option
def catalogue(what: str | None, as_json: bool) -> None:
    """What may be asked for here and now.

    Styles, instruments, moods, forms, engines with their licences, mastering presets, personas of
    sets, voices, languages and formats.
    """
    with connect() as ripieno:
        found = ripieno.catalogue()
    if as_json:
        print_json(found)
        return
    rows = _rows(found)
    if what is not None:
        titles, lines = rows[what]
        print_rows(titles, lines)
        return
    screen = console()
    for name, (_, lines) in rows.items():
        screen.print(f"[bold]{name}[/bold] {escape(', '.join(dict.fromkeys(line[0] for line in lines)))}")
    for remark in found.remarks:
        screen.print(f"[yellow]{escape(remark)}[/yellow]")


def _rows(found: Catalogue) -> dict[str, tuple[tuple[str, ...], list[tuple[str, ...]]]]:
    return {
        "styles": (
            ("style", "tempo", "beats a bar", "form"),
            [
                (one.name, f"{one.tempo[0]:g}–{one.tempo[1]:g}", str(one.beats_per_bar), one.form)
                for one in found.styles
            ],
        ),
        "instruments": (
            ("instrument", "layer", "also"),
            [(one.name, str(one.stem_type), ", ".join(one.words)) for one in found.instruments],
        ),
        "engines": (
            ("engine", "task", "here", "licence", "detail"),
            [(one.name, one.task, "yes" if one.available else "no", one.license, one.detail) for one in found.engines],
        ),
        "moods": (
            ("mood", "valence", "arousal"),
            [(one.word, f"{one.valence:+.1f}", f"{one.arousal:+.1f}") for one in found.moods],
        ),
        "forms": (
            ("form", "sections"),
            [(one.name, ", ".join(f"{label} {bars}" for label, bars in one.sections)) for one in found.forms],
        ),
        "mastering": (
            ("preset", "LUFS", "ceiling", "for"),
            [(one.name, f"{one.loudness_lufs:g}", f"{one.ceiling_db:g} dB", one.about) for one in found.mastering],
        ),
        "personas": (
            ("persona", "daring", "speaks", "plays"),
            [(one.name, f"{one.daring:g}", " ".join(one.languages), one.about) for one in found.personas],
        ),
        "voices": (("voice",), [(one,) for one in found.voices]),
        "languages": (("language",), [(one,) for one in found.languages]),
        "formats": (("format",), [(one,) for one in found.download_formats]),
    }
