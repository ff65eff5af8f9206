"""Which voice is meant by what somebody typed, and how a voice is shown."""

from __future__ import annotations

from itertools import islice

import click
from click.shell_completion import CompletionItem

from ripieno.cli.exits import NotFound
from ripieno.cli.options import connect
from ripieno.cli.output import clock, console, day, print_rows
from ripieno.client import Ripieno, RipienoError
from ripieno.contracts.voice_profiles import VoiceComparison, VoiceVersionList, VoiceView

_MOST = 1000
_MOST_NAMED = 20


def meant(ripieno: Ripieno, text: str) -> VoiceView:
    """The voice that is meant, whole: by its name, its id, the beginning of that, or `latest`. Of several of one name
    the one whose consent stands.

    Raises
    ------
    NotFound
        When there is none, or more than one; the message names them.
    """
    known = list(islice(ripieno.voices(limit=200), _MOST))
    if text == "latest":
        found = known[:1]
    else:
        named = [one for one in known if one.name.casefold() == text.strip().casefold()]
        found = [one for one in named if one.status != "revoked"] or named
        found = found or [one for one in known if text and one.voice_id.startswith(text)]
    if not found:
        raise NotFound(f"no voice is called {text!r}, and no id begins so: `ripieno voice list` shows what is there")
    if len(found) > 1:
        lines = "\n".join(f"  {one.voice_id}  {one.name}, {day(one.created_at)}" for one in found)
        raise NotFound(f"{text!r} may be any of these; say which by its id:\n{lines}")
    return ripieno.voice(found[0].voice_id)


def complete(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Names, with how they stand. Silent where no Ripieno answers."""
    try:
        with connect(timeout=2.0) as ripieno:
            found = list(islice(ripieno.voices(), _MOST_NAMED))
    except (RipienoError, OSError):
        return []
    return [CompletionItem(one.name, help=one.message) for one in found if one.name.startswith(incomplete)]


def show(its: VoiceView) -> None:
    """A voice, line by line."""
    screen = console()
    screen.print(f"{its.name}  {its.status}", style="bold", markup=False)
    screen.print(its.message, markup=False, highlight=False)
    if its.consent is not None:
        until = f"{', '.join(its.consent.purposes)}, until {day(its.consent.until)}"
        screen.print(f"{its.consent.who} lets it be used for {until}", markup=False, highlight=False)
    rows = [
        (one.sample_id, one.kind, one.status, clock(one.duration_seconds), one.file_name, _why(one.error, one.report))
        for one in its.samples
    ]
    if rows:
        print_rows(("sample", "kind", "status", "length", "file", "why"), rows, keep=("sample",))
    show_versions(VoiceVersionList(current=its.current, items=its.versions))


def show_versions(found: VoiceVersionList) -> None:
    """Every version, the current one with a star."""
    rows = []
    for one in found.items:
        star = "*" if one.number == found.current else ""
        reach = f"{one.profile.lowest:.0f}–{one.profile.highest:.0f} Hz" if one.profile else ""
        learned = f"{one.model.loss_before:.3g} → {one.model.loss_after:.3g}" if one.model else ""
        said = one.error or "; ".join(one.remarks)
        rows.append((f"{one.number}{star}", one.status, str(len(one.samples)), reach, learned, said))
    if rows:
        print_rows(("version", "status", "samples", "range", "loss", "what to know"), rows)


def show_comparison(both: VoiceComparison) -> None:
    """Every figure that is another."""
    rows = [(one.figure, _figure(one.a), _figure(one.b)) for one in both.figures]
    print_rows(("figure", f"version {both.a}", f"version {both.b}"), rows)
    if both.likeness is not None:
        console().print(f"like each other by {both.likeness:.3f}", markup=False, highlight=False)


def _figure(value: float | None) -> str:
    return "" if value is None else f"{value:.5g}"


def _why(error: str | None, report: object) -> str:
    refused = getattr(report, "refused", [])
    return error or "; ".join(one.message for one in refused)
