"""`ripieno understand`: what is understood of words, without making anything; and how that is shown elsewhere."""

from __future__ import annotations

import cloup
from rich.console import Console
from rich.markup import escape

from ripieno.cli.options import connect, examples, json_option
from ripieno.cli.output import console, print_json
from ripieno.contracts.understanding import About, Kind, Language, Place, Statement, Understanding

_LANGUAGES = {"en": "English", "de": "German", "es": "Spanish", "fr": "French"}


@cloup.command(
    epilog=examples(
        'ripieno understand "busier but not louder, and no drums in the intro"',
        'ripieno understand --about comment "an octave lower, and only root notes on the one"',
        'ripieno understand --language de "weniger Schlagzeug in der Strophe"',
    )
)
@cloup.argument("text", help="Your words, in English, German, Spanish or French.")
@cloup.option("--language", type=cloup.Choice(list(_LANGUAGES)), help="Else it is recognised by the words.")
@cloup.option(
    "--about",
    type=cloup.Choice(["request", "refinement", "comment"]),
    default="request",
    show_default=True,
    help="What the words are: a wish for new music, a change to a piece, or a comment on a take.",
)
@json_option
def understand(text: str, language: Language | None, about: About, as_json: bool) -> None:
    """Say what is understood of words; nothing is made."""
    with connect() as ripieno:
        said = ripieno.understand(text, language=language, about=about)
    if as_json:
        print_json(said)
        return
    screen = console()
    reader = said.engine.engine if said.engine else "rules"
    screen.print(f"[dim]{_LANGUAGES[said.language]}, read by {escape(reader)}[/dim]")
    for one in said.statements:
        by = f", by {reader}" if one.by == "model" else ""
        screen.print(f"  {escape(in_words(one))}  [dim]“{escape(one.words.text)}”{escape(by)}[/dim]")
    if said.engine and said.engine.fallback and said.engine.reason:
        screen.print(f"[yellow]read by rule alone: {escape(said.engine.reason)}[/yellow]")
    show_not_understood(said, screen)


def show_not_understood(said: Understanding | None, screen: Console) -> None:
    """One line of the stretches that nobody read, where there are some."""
    if said is not None and said.not_understood:
        unread = ", ".join(f"“{one.text}”" for one in said.not_understood)
        screen.print(f"[yellow]not understood: {escape(unread)}[/yellow]")


def in_words(one: Statement) -> str:
    """A statement as a line: what, for whom, where."""
    parts = ", ".join(one.parts) or ("everything" if one.kind != Kind.RANGE else "")
    if one.but_parts:
        parts = f"everything but {', '.join(one.but_parts)}"
    where = ", ".join(_where(place) for place in one.places)
    but = ", ".join(_where(place) for place in one.but_places)
    return " ".join(
        piece
        for piece in (
            _what(one),
            f"· {parts}" if parts else "",
            f"· {'only ' if one.only else ''}{where}" if where else "",
            f"· not {but}" if but else "",
        )
        if piece
    )


def _where(place: Place) -> str:
    return f"in {place.words}" if place.side == "in" else place.words


def _what(one: Statement) -> str:
    if one.kind == Kind.PART:
        return ("left out" if one.negated else "wanted") + (f": {one.value}" if one.value else "")
    amount = ""
    if one.amount is not None:
        number = f"{one.amount:g}" if one.absolute else f"{one.amount:+g}"
        amount = f"{number} {one.unit or ''}".strip()
    said = " ".join(piece for piece in (str(one.kind), one.value or "", amount) if piece)
    return f"not: {said}" if one.negated else said
