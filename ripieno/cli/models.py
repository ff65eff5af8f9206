"""Weights: what there is, fetching it, checking it."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import click
import cloup
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

from ripieno.cli import exits
from ripieno.cli.extras import needing
from ripieno.cli.options import examples, json_option
from ripieno.cli.output import print_json, print_rows
from ripieno.cli.shapes import Model, Verified
from ripieno.client import RipienoError

_CONTAINER = "blob:"


def _default_place() -> str:
    with needing("local"):
        from ripieno.services.settings import models_place

    return models_place()


_place = cloup.option(
    "--to",
    "place",
    default=_default_place,
    metavar="DIR|blob:CONTAINER",
    help="A folder, or a container of the storage account; RIPIENO_MODELS by default.",
)


@cloup.group(epilog=examples("ripieno models list", "ripieno models verify"))
def models() -> None:
    """Weights of the learned engines: list, pull, verify."""


@models.command(name="list", epilog=examples("ripieno models list", "ripieno models list --json"))
@_place
@json_option
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
        rows.append(
            Model(
                name=one.name,
                task=one.task,
                license=one.license,
                commercial=one.commercial,
                revision=one.revision,
                here=is_here,
            )
        )
    if as_json:
        print_json(list(rows))
        return
    titles = ("model", "task", "licence", "revision", "here")
    print_rows(titles, [(row.name, row.task, row.license, row.revision, "yes" if row.here else "no") for row in rows])
    click.echo(f"\nin {place}", err=True)


@models.command(name="pull", epilog=examples("ripieno models pull htdemucs"))
@cloup.argument("names", nargs=-1, required=True, help="Such as htdemucs; `ripieno models list` has them all.")
@_place
@cloup.option("--trust-first-use", is_flag=True, help="Accept what arrives where no checksum is published.")
@json_option
def pull_models(names: tuple[str, ...], place: str, trust_first_use: bool, as_json: bool) -> None:
    """Fetch models; a pull that broke off goes on where it was."""
    with needing("local"):
        from ripieno.services.models import container
        from ripieno.services.models.pull import PullFailed, pull
        from ripieno.services.settings import MissingSetting

    chosen = [_entry(name) for name in names]
    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        console=Console(stderr=True),
    )
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
    if as_json:
        print_json(
            [
                Model(
                    name=one.name,
                    task=one.task,
                    license=one.license,
                    commercial=one.commercial,
                    revision=one.revision,
                    here=True,
                )
                for one in chosen
            ]
        )
        return
    for one in chosen:
        click.echo(f"{one.name} is in {place}")


@models.command(epilog=examples("ripieno models verify"))
@cloup.argument("names", nargs=-1, help="Else all that are here.")
@_place
@json_option
def verify(names: tuple[str, ...], place: str, as_json: bool) -> None:
    """Hold every byte to its checksum."""
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
    if not chosen and not as_json:
        click.echo(f"there are no models in {place} (ripieno models pull NAME)")
    found = [
        Verified(
            name=one.name,
            wrong=list(container.damage(one, in_container) if in_container else folder.damage(one, Path(place))),
        )
        for one in chosen
    ]
    if as_json:
        print_json(list(found))
    else:
        for one in found:
            what = "".join(f"\n       {line}" for line in one.wrong)
            click.echo(f"{'broken' if one.wrong else 'ok    '} {one.name}{what}")
    sys.exit(exits.FAILED if any(one.wrong for one in found) else exits.WELL)


def _entry(name: str):
    from ripieno.services.models.catalogue import UnknownModel, entry

    try:
        return entry(name)
    except UnknownModel as fault:
        raise click.UsageError(str(fault)) from None
