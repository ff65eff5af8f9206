"""`ripieno usage`: what was used in a month, what it costs, and what is left."""

from __future__ import annotations

import re

import click
import cloup

from ripieno.cli.options import connect, examples, json_option
from ripieno.cli.output import print_json, print_rows
from ripieno.contracts.usage import MONTH, OwnerUsage, QuotaState, UsageReport


def _month(context: click.Context, parameter: click.Parameter, value: str | None) -> str | None:
    if value is not None and not re.fullmatch(MONTH, value):
        raise click.BadParameter(f"{value!r} is no month: write it as 2026-11")
    return value


@cloup.command(
    epilog=examples(
        "ripieno usage", "ripieno usage --month 2026-11", "ripieno usage --csv", "ripieno usage --owner all --csv"
    )
)
@cloup.option("--month", metavar="YYYY-MM", callback=_month, help="A month of UTC; else the current one.")
@cloup.option("--owner", metavar="NAME", help="For operators: somebody else, or `all`.")
@cloup.option("--csv", "as_csv", is_flag=True, help="Print a table for whoever writes the bills.")
@json_option
def usage(month: str | None, owner: str | None, as_csv: bool, as_json: bool) -> None:
    """What you used in a month, its price, and what is left.

    What is left is of your quotas, at this moment.
    """
    if as_csv and as_json:
        raise click.UsageError("--csv or --json, not both")
    with connect() as ripieno:
        if as_csv:
            click.echo(ripieno.usage_csv(month, owner=owner), nl=False)
            return
        report = ripieno.usage(month, owner=owner)
    print_json(report) if as_json else _show(report)


# -- parts --------------------------------------------------------------------------------------------------------


def _show(report: UsageReport) -> None:
    if not report.owners:
        click.echo(f"nobody used anything in {report.month}", err=True)
    for one in report.owners:
        click.echo(f"{one.owner}, {report.month}: {one.total} {report.currency}")
        _show_lines(one, report.currency)
        if one.quotas:
            print_rows(("quota", "used", "of", "begins anew"), [_row(quota) for quota in one.quotas])


def _show_lines(one: OwnerUsage, currency: str) -> None:
    titles = ("what", "of", "quantity", "each", currency)
    print_rows(titles, [(line.unit, line.of, line.quantity, line.unit_price, line.price) for line in one.lines])


def _row(quota: QuotaState) -> tuple[str, str, str, str]:
    limit = "unlimited" if quota.limit is None else str(quota.limit)
    return quota.quota, str(quota.used), limit, (quota.turns_at or "")[:16].replace("T", " ")
