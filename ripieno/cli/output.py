"""What a command prints: tables and sentences for people, plain lines for pipes, JSON for programs.

In a terminal a table fits its width. In a pipe each row is one whole line, its cells apart by tabs, without a header or
colours, so that `cut`, `sort` and `awk` can have it. NO_COLOR is respected (https://no-color.org).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

import click
from pydantic import BaseModel
from rich.console import Console
from rich.markup import escape
from rich.table import Table

_AS_LONG_AS_IT_IS = 100_000


def console(*, stderr: bool = False) -> Console:
    """Nothing is folded or cut where nobody looks."""
    made = Console(stderr=stderr, highlight=False)
    return made if made.is_terminal else Console(stderr=stderr, highlight=False, width=_AS_LONG_AS_IT_IS)


def print_json(value: BaseModel | dict[str, Any] | list[Any]) -> None:
    """One line of JSON."""
    click.echo(json.dumps(_plain(value), ensure_ascii=False))


def print_changes(changes: Iterable[str], undone: Iterable[str]) -> None:
    """From one version to another: what was asked for on the way, and what of the first is taken back."""
    screen = console()
    for change in changes:
        screen.print(f"+ {change}", markup=False, highlight=False)
    for change in undone:
        screen.print(f"- {change}", markup=False, highlight=False)


def print_rows(titles: Sequence[str], rows: Iterable[Sequence[str]], *, keep: Sequence[str] = ()) -> None:
    """A table, or a line a row where stdout is no terminal. Columns of `keep` are whole however narrow the terminal."""
    screen = console()
    if not screen.is_terminal:
        for row in rows:
            click.echo("\t".join(" ".join(cell.split()) for cell in row))
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for title in titles:
        if title in keep:
            table.add_column(title, no_wrap=True, overflow="fold")
        else:
            table.add_column(title, overflow="ellipsis", no_wrap=True, min_width=4)
    for row in rows:
        table.add_row(*(escape(cell) for cell in row))
    screen.print(table)


def clock(seconds: float | None) -> str:
    """`1:02.3`, to the tenth of a second."""
    if seconds is None:
        return ""
    tenths = round(seconds * 10)
    return f"{tenths // 600}:{tenths % 600 // 10:02}.{tenths % 10}"


def clock_ms(seconds: float) -> str:
    """`1:02.345`, to the millisecond."""
    milliseconds = round(seconds * 1000)
    return f"{milliseconds // 60_000}:{milliseconds % 60_000 // 1000:02}.{milliseconds % 1000:03}"


def day(moment: str) -> str:
    """An ISO 8601 time as `2026-03-01 12:00`."""
    return moment[:16].replace("T", " ")


def _plain(value: Any) -> Any:
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    if isinstance(value, list):
        return [_plain(one) for one in value]
    return value
