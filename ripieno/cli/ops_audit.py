"""`ripieno ops audit`: who did what."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import islice

import click
import cloup

from ripieno.cli.options import connect, examples, json_option
from ripieno.cli.output import print_json, print_rows
from ripieno.contracts.audit import AuditEntry


@cloup.command(
    epilog=examples(
        "ripieno ops audit", "ripieno ops audit --owner local --after 2026-01-01", "ripieno ops audit --json"
    )
)
@cloup.option("--owner", metavar="OWNER", help="What they did, and what was done to what is theirs.")
@cloup.option("--item", metavar="ID", help="What was done to this.")
@cloup.option("--after", type=cloup.DateTime(), metavar="TIME", help="Only after this time (UTC).")
@cloup.option("--before", type=cloup.DateTime(), metavar="TIME", help="Only before this time (UTC).")
@cloup.option("--limit", type=cloup.IntRange(1), default=100, show_default=True, help="How many.")
@json_option
def audit(
    owner: str | None, item: str | None, after: datetime | None, before: datetime | None, limit: int, as_json: bool
) -> None:
    """Who did what, newest first: for operators."""
    with connect() as ripieno:
        asked = ripieno.audit(owner=owner, item=item, after=_utc(after), before=_utc(before), limit=min(limit, 200))
        found = list(islice(asked, limit))
    if as_json:
        print_json([one.model_dump(mode="json") for one in found])
    elif found:
        print_rows(("when", "who", "did", "to whose", "kind", "item", "status"), [_row(one) for one in found])
    else:
        click.echo("nothing is in the log", err=True)


def _row(one: AuditEntry) -> tuple[str, ...]:
    who = f"{one.actor} ({one.device})" if one.device else one.actor
    return (one.at[:19].replace("T", " "), who, one.what, one.owner, one.kind or "", one.item or "", str(one.status))


def _utc(moment: datetime | None) -> datetime | None:
    return moment.replace(tzinfo=UTC) if moment else None
