"""`ripieno ops`: what operators do. All of it needs the role Admin."""

from __future__ import annotations

import sys
from itertools import islice

import click
import cloup

from ripieno.cli import exits
from ripieno.cli.exits import NotFound
from ripieno.cli.ops_audit import audit
from ripieno.cli.options import connect, examples, json_option
from ripieno.cli.output import clock, console, day, print_json, print_rows
from ripieno.cli.verdicts import verdicts
from ripieno.client import Ripieno
from ripieno.contracts.operations import FailureKind, FailureView, Orphans, RedriveOrder

_SHOWN = 100
_REASON = 60
_LOOKED_AT = ("songs", "works", "voices")
_kind = cloup.option("--kind", type=cloup.Choice([one.value for one in FailureKind]), help="Only these.")
_owner = cloup.option("--owner", help="Only of this owner.")
_since = cloup.option("--since", metavar="TIME", help="Only what failed at this time (ISO 8601) or later.")
_until = cloup.option("--until", metavar="TIME", help="Only what failed before this time (ISO 8601).")
_dry_run = cloup.option("--dry-run", is_flag=True, help="Show what would be done; do nothing.")


@cloup.group()
def ops() -> None:
    """For operators: what failed, what waits, what is left over, who did what."""


ops.add_command(audit)
ops.add_command(verdicts)


@ops.command(epilog=examples("ripieno ops overview", "ripieno ops overview --json"))
@json_option
def overview(as_json: bool) -> None:
    """How things stand: queues, failures, storage."""
    with connect() as ripieno:
        found = ripieno.overview()
    if as_json:
        print_json(found)
        return
    rows = [
        (name, str(one.waiting), str(one.running), clock(one.oldest_seconds))
        for name, one in found.backlog.endpoints.items()
    ]
    print_rows(("endpoint", "waiting", "running", "oldest"), rows)
    said = console()
    oldest = f"; {found.oldest_run} since {clock(found.oldest_run_seconds)}" if found.oldest_run else ""
    said.print(f"open runs: {found.open_runs}{oldest}")
    said.print("open failures: " + (", ".join(f"{count} {kind}" for kind, count in found.failures.items()) or "none"))
    print_rows(
        ("container", "blobs", "MB"),
        [
            (name, f"{one.blobs}{'' if one.complete else '+'}", f"{one.bytes / 1e6:.1f}")
            for name, one in found.storage.items()
        ],
    )


@ops.command(epilog=examples("ripieno ops backlog", "ripieno ops backlog --json"))
@json_option
def backlog(as_json: bool) -> None:
    """Jobs that wait and run, by endpoint.

    It is what endpoints are scaled by.
    """
    with connect() as ripieno:
        found = ripieno.backlog()
    if as_json:
        print_json(found)
        return
    rows = [
        (name, str(one.waiting), str(one.running), str(one.jobs), clock(one.oldest_seconds))
        for name, one in found.endpoints.items()
    ]
    print_rows(("endpoint", "waiting", "running", "jobs", "oldest"), rows)


@ops.command(
    epilog=examples(
        "ripieno ops failures",
        "ripieno ops failures --kind take --since 2026-11-01",
        "ripieno ops failures --all --json",
    )
)
@_kind
@_owner
@_since
@_until
@cloup.option("--all", "also_closed", is_flag=True, help="Those too that were re-driven or put aside.")
@json_option
def failures(
    kind: str | None, owner: str | None, since: str | None, until: str | None, also_closed: bool, as_json: bool
) -> None:
    """What failed for good, of everybody, the newest first."""
    with connect() as ripieno:
        found = ripieno.failures(
            kind=kind,
            owner=owner,
            status=None if also_closed else "open",
            failed_after=_zoned(since),
            failed_before=_zoned(until),
        )
        shown = list(islice(found, _SHOWN))
    _show(shown, as_json=as_json, nothing="nothing failed that is still open")


@ops.command(
    epilog=examples(
        "ripieno ops redrive --kind take --dry-run", "ripieno ops redrive --kind webhook --since 2026-11-01"
    )
)
@cloup.argument("failure", required=False, help="Its id, or the beginning of it; without one, all that match.")
@_kind
@_owner
@_since
@_until
@_dry_run
@json_option
def redrive(
    failure: str | None,
    kind: str | None,
    owner: str | None,
    since: str | None,
    until: str | None,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Begin what failed again, from where it makes sense."""
    given = (kind, owner, since, until)
    if failure is None and not any(given):
        raise click.UsageError("name a failure, or say which: --kind, --owner, --since or --until")
    if failure is not None and any(given):
        raise click.UsageError("name a failure, or say which by options, not both")
    with connect() as ripieno:
        if failure is not None:
            its = _meant(ripieno, failure)
            done = [ripieno.failure(its) if dry_run else ripieno.redrive(its)]
        else:
            order = RedriveOrder(
                kind=FailureKind(kind) if kind else None,
                owner=owner,
                failed_after=_zoned(since),
                failed_before=_zoned(until),
                dry_run=dry_run,
            )
            told = ripieno.redrive_all(order)
            done = told.items
            if told.left and not as_json:
                click.echo("there are more: ask again", err=True)
    _show(done, as_json=as_json, nothing="nothing open matches")


@ops.command(epilog=examples("ripieno ops purge --dry-run", "ripieno ops purge --days 60"))
@cloup.option("--days", type=cloup.IntRange(1, 3650), help="Begun at least so many days ago; else as the setting says.")
@_dry_run
@json_option
def purge(days: int | None, dry_run: bool, as_json: bool) -> None:
    """Forget histories of workflows that ended long ago.

    It happens every night too.
    """
    with connect(timeout=230.0) as ripieno:
        told = ripieno.purge_history(days, dry_run=dry_run)
    if as_json:
        print_json(told)
        return
    click.echo(f"{told.instances} histories from before {day(told.before)} {'would go' if dry_run else 'are gone'}")
    if told.held_by:
        click.echo(f"later ones stay: {told.held_by} has not ended", err=True)
    if not told.complete:
        click.echo("the time was over before all were: ask again", err=True)


@ops.command(epilog=examples("ripieno ops orphans --dry-run", "ripieno ops orphans --older-than 48 --json"))
@cloup.option("--older-than", type=cloup.IntRange(24, 87600), default=24, metavar="HOURS", help="Written so long ago.")
@_dry_run
@json_option
def orphans(older_than: int, dry_run: bool, as_json: bool) -> None:
    """Find blobs that belong to nothing, and remove them."""
    whole: Orphans | None = None
    with connect(timeout=230.0) as ripieno:
        cursor: str | None = None
        while whole is None or not whole.complete:
            told = ripieno.orphans(remove=not dry_run, older_than_hours=older_than, cursor=cursor)
            whole = told if whole is None else _together(whole, told)
            cursor = told.next_cursor
    if as_json:
        print_json(whole)
        return
    print_rows(
        ("container", "blob", "written", "why"),
        [(one.container, one.name, day(one.written_at), one.why) for one in whole.items],
        keep=("blob",),
    )
    done = f"{whole.removed} were removed" if not dry_run else "none was removed: a dry run"
    click.echo(
        f"{whole.found} of {whole.looked_at} blobs belong to nothing ({whole.bytes / 1e6:.1f} MB); {done}", err=True
    )


@ops.command(epilog=examples("ripieno ops check", "ripieno ops check --of works --json"))
@cloup.option("--of", type=cloup.Choice(list(_LOOKED_AT)), help="Only these; else songs, works and voices.")
@json_option
def check(of: str | None, as_json: bool) -> None:
    """Look whether things have all that they must have.

    Songs, works and voices are held against the blobs that lie in storage; nothing is changed.
    """
    wrong: list[str] = []
    count = 0
    with connect(timeout=230.0) as ripieno:
        for kind in [of] if of else _LOOKED_AT:
            cursor: str | None = None
            while True:
                told = ripieno.check(kind, limit=100, cursor=cursor)  # pyright: ignore[reportArgumentType]
                count, cursor = count + told.checked, told.next_cursor
                wrong += told.violations
                if cursor is None:
                    break
    if as_json:
        print_json({"checked": count, "violations": wrong})
    else:
        for sentence in wrong:
            click.echo(sentence)
        click.echo(f"{count} looked at, {len(wrong)} violations", err=True)
    sys.exit(exits.FAILED if wrong else exits.WELL)


# -- parts --------------------------------------------------------------------------------------------------------


def _zoned(moment: str | None) -> str | None:
    """A day, or a time that names no zone, is UTC's."""
    if moment is None:
        return None
    whole = moment if "T" in moment or " " in moment else f"{moment}T00:00:00"
    whole = whole.replace(" ", "T")
    return whole if whole.endswith("Z") or "+" in whole or "-" in whole[11:] else f"{whole}Z"


def _together(before: Orphans, told: Orphans) -> Orphans:
    items = [*before.items, *told.items][:_SHOWN]
    fields = {name: getattr(before, name) + getattr(told, name) for name in ("looked_at", "found", "bytes", "removed")}
    return told.model_copy(update=fields | {"items": items})


def _meant(ripieno: Ripieno, text: str) -> str:
    """The id that is meant. Raises `NotFound`."""
    if len(text) >= 32:
        return text
    begun = [one for one in islice(ripieno.failures(), _SHOWN) if one.failure_id.startswith(text)]
    if len(begun) != 1:
        what = "several failures begin" if begun else "no failure begins"
        raise NotFound(f"{what} with {text!r}: `ripieno ops failures --all` shows them")
    return begun[0].failure_id


def _show(found: list[FailureView], *, as_json: bool, nothing: str) -> None:
    if as_json:
        print_json([one.model_dump(mode="json") for one in found])
    elif found:
        titles = ("id", "when", "kind", "owner", "of", "status", "reason", "re-drive")
        print_rows(titles, [_row(one) for one in found], keep=("id",))
    else:
        click.echo(nothing, err=True)


def _row(one: FailureView) -> tuple[str, ...]:
    reason = one.reason if len(one.reason) <= _REASON else f"{one.reason[: _REASON - 1]}…"
    of = f"{one.subject} {one.element} {one.number}" if one.element else one.subject
    return (
        one.failure_id, day(one.failed_at), one.kind, one.owner, of, one.status, reason, one.end or one.redrive or "",
    )  # fmt: skip
