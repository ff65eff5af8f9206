"""Weights: what there is, fetching it, checking it."""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn
from rich.table import Table

from ripieno.cli.extras import needing
from ripieno.client import RipienoError

_CONTAINER = "blob:"


def _default_place() -> str:
    with needing("local"):
        from ripieno.services.settings import models_place

    return models_place()


_place = click.option(
    "--to", "place", default=_default_place, metavar="DIR|blob:CONTAINER",
    help="A folder, or a container of the storage account; RIPIENO_MODELS by default.",
)  # fmt: skip


@click.group()
def models() -> None:
    """Weights of the learned engines: list, pull, verify."""


@models.command(name="list")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON array.")
@_place
def list_models(as_json: bool, place: str) -> None:
    """Every model, its licence, and whether it is here."""
    with needing("local"):
        from ripieno.services.models import container, folder
        from ripieno.services.models.catalogue import catalogue

    held = container.held(place.removeprefix(_CONTAINER)) if place.startswith(_CONTAINER) else None
    rows = []
    for one in catalogue().values():
        absent = folder.missing(one, None if held is not None else Path(place))
        is_here = one.name in held if held is not None else not absent
        rows.append({
            "name": one.name, "task": one.task, "license": one.license, "commercial": one.commercial,
            "revision": one.revision, "here": is_here,
        })  # fmt: skip
    if as_json:
        click.echo(json.dumps(rows))
        return
    table = Table("model", "task", "licence", "revision", "here", box=None, pad_edge=False)
    for row in rows:
        table.add_row(row["name"], row["task"], row["license"], row["revision"], "yes" if row["here"] else "no")
    Console().print(table)
    click.echo(f"\nin {place}")


@models.command(name="pull")
@click.argument("names", nargs=-1, required=True)
@_place
@click.option("--trust-first-use", is_flag=True, help="Accept what arrives where no checksum is published.")
def pull_models(names: tuple[str, ...], place: str, trust_first_use: bool) -> None:
    """Fetch models; a pull that broke off goes on where it was."""
    with needing("local"):
        from ripieno.services.models import container
        from ripieno.services.models.pull import PullFailed, pull
        from ripieno.services.settings import MissingSetting

    chosen = [_entry(name) for name in names]
    bar = Progress(
        TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn(),
        console=Console(stderr=True),
    )  # fmt: skip
    with bar, tempfile.TemporaryDirectory() as scratch:
        tasks: dict[str, int] = {}

        def show(file: str, done: int, total: int) -> None:
            if file not in tasks:
                tasks[file] = bar.add_task(file, total=total or None)
            bar.update(tasks[file], completed=done)  # pyright: ignore[reportArgumentType]

        for one in chosen:
            root = Path(scratch) if place.startswith(_CONTAINER) else Path(place)
            try:
                pull(one, root, trust_first_use=trust_first_use, on_progress=show)
                if place.startswith(_CONTAINER):
                    container.upload(one, root, place.removeprefix(_CONTAINER))
            except (PullFailed, MissingSetting) as fault:
                raise RipienoError("not_pulled", str(fault)) from None
    for one in chosen:
        click.echo(f"{one.name} is in {place}")


@models.command()
@click.argument("names", nargs=-1)
@_place
def verify(names: tuple[str, ...], place: str) -> None:
    """Hold every byte to its checksum; without names, every model that is here."""
    with needing("local"):
        from ripieno.services.models import container, folder
        from ripieno.services.models.catalogue import catalogue

    in_container = place.removeprefix(_CONTAINER) if place.startswith(_CONTAINER) else None
    if names:
        chosen = [_entry(name) for name in names]
    elif in_container:
        held = container.held(in_container)
        chosen = [one for one in catalogue().values() if one.name in held]
    else:
        chosen = [one for one in catalogue().values() if folder.of(one, Path(place)).is_dir()]
    if not chosen:
        click.echo(f"there are no models in {place} (ripieno models pull NAME)")
    well = True
    for one in chosen:
        wrong = container.damage(one, in_container) if in_container else folder.damage(one, Path(place))
        click.echo(f"{'broken' if wrong else 'ok    '} {one.name}" + "".join(f"\n       {what}" for what in wrong))
        well &= not wrong
    sys.exit(0 if well else 1)


def _entry(name: str):
    from ripieno.services.models.catalogue import UnknownModel, entry

    try:
        return entry(name)
    except UnknownModel as fault:
        raise click.UsageError(str(fault)) from None
