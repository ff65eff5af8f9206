"""`ripieno webhooks`: the secret that webhooks are checked with, and what did not arrive."""

from __future__ import annotations

import click
import cloup

from ripieno.cli.options import connect, examples, json_option
from ripieno.cli.output import day, print_json, print_rows
from ripieno.contracts.webhooks import MOST_OVERLAP_HOURS, WebhookState


@cloup.command(
    epilog=examples("ripieno webhooks", "ripieno webhooks --rotate", "ripieno webhooks --rotate --overlap 0")
)
@cloup.option("--rotate", is_flag=True, help="Take a new secret; the one before stays valid for a while.")
@cloup.option(
    "--overlap",
    type=cloup.FloatRange(0, MOST_OVERLAP_HOURS),
    metavar="HOURS",
    help="For how long, with --rotate: 24 hours unless you say otherwise.",
)
@json_option
def webhooks(rotate: bool, overlap: float | None, as_json: bool) -> None:
    """The secret of your webhooks, and what did not arrive."""
    if overlap is not None and not rotate:
        raise click.UsageError("--overlap goes with --rotate")
    with connect() as ripieno:
        if rotate:
            ripieno.rotate_webhook_secret(overlap_hours=24.0 if overlap is None else overlap)
        known = ripieno.webhooks()
    print_json(known) if as_json else _show(known)


def _show(known: WebhookState) -> None:
    click.echo(known.secret or "no webhook is sent from here: RIPIENO_WEBHOOK_SECRETS is not set")
    if known.previous_until is not None:
        click.echo(f"the secret before this one is valid until {known.previous_until[:16]} UTC", err=True)
    if known.undelivered:
        rows = [
            (day(one.first_tried_at), one.type, one.url, str(one.tries), one.next_try_at or "given up", one.reason)
            for one in known.undelivered
        ]
        print_rows(("when", "what", "where", "tries", "next", "why"), rows)
