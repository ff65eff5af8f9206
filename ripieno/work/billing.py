"""What was used, as lines of a bill: exact until it is shown."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from datetime import UTC, datetime
from decimal import ROUND_HALF_EVEN, Decimal

from ripieno.contracts.enums import Role
from ripieno.contracts.usage import OwnerUsage, QuotaState, Unit, UsageLine, UsageReport
from ripieno.records import quotas, usage
from ripieno.records.tally import Amounts
from ripieno.services import prices
from ripieno.services.prices import Prices

COLUMNS = ("month", "owner", "unit", "of", "quantity", "unit_price", "price", "currency")
_SHOWN, _TOTAL = Decimal("0.000001"), Decimal("0.01")
_GIGABYTE = 10**9
_FORMULAS = ("=", "+", "-", "@", "\t", "\r")


def of_owner(owner: str, month: str | None, roles: frozenset[Role]) -> UsageReport:
    """What one owner used in a month, the current one where none is named, and what is left of their quotas."""
    wanted = month or usage.month_of(datetime.now(UTC))
    found = _billed(owner, wanted, usage.of_month(owner, wanted))
    found.quotas = [_state(one) for one in quotas.states(owner, roles)]
    return UsageReport(month=wanted, currency=prices.prices().currency, owners=[found])


def for_operators(owner: str | None, month: str | None) -> UsageReport:
    """The same of another owner, or of everybody who used anything."""
    wanted = month or usage.month_of(datetime.now(UTC))
    of = usage.of_all(wanted) if owner is None else [(owner, usage.of_month(owner, wanted))]
    owners = [_billed(one, wanted, amounts) for one, amounts in of]
    return UsageReport(month=wanted, currency=prices.prices().currency, owners=owners)


def as_csv(report: UsageReport) -> str:
    """RFC 4180, with a header; whatever a spreadsheet would take for a formula has an apostrophe before it."""
    text = io.StringIO()
    rows = csv.writer(text)
    rows.writerow(COLUMNS)
    for one in report.owners:
        for line in one.lines:
            shown = (line.unit, line.of, line.quantity, line.unit_price, line.price)
            rows.writerow(_plain((report.month, one.owner, *shown, report.currency)))
    return text.getvalue()


def _plain(values: Iterable[str]) -> list[str]:
    return [f"'{value}" if value.startswith(_FORMULAS) else value for value in values]


def _billed(owner: str, month: str, amounts: Amounts) -> OwnerUsage:
    known = prices.prices()
    exact = [
        line for name, amount in sorted(amounts.items()) if (line := _line(name, amount, month, known)) is not None
    ]
    lines = [
        UsageLine(
            unit=unit, of=of, quantity=_text(quantity), unit_price=_text(each, None), price=_text(quantity * each)
        )
        for unit, of, quantity, each in exact
    ]
    total = sum((quantity * each for _, _, quantity, each in exact), Decimal(0))
    return OwnerUsage(owner=owner, lines=lines, total=str(total.quantize(_TOTAL, ROUND_HALF_EVEN)))


def _line(name: str, amount: int, month: str, known: Prices) -> tuple[Unit, str, Decimal, Decimal] | None:
    """The unit of a sum's amount, what it is of, how many and at what price; None for what is on no bill."""
    what, _, of = name.partition("|")
    many = Decimal(amount)
    parts = of.split("|")
    match what:
        case "songs":
            return "songs", "", many, known.songs
        case "analysed_ms":
            return "minutes", "", many / 60_000, known.minutes
        case "generated_ms":
            return "generated_seconds", "", many / 1000, known.generated_seconds
        case "endpoint_ms":
            return "endpoint_seconds", of.replace("|", "/"), many / 1000, known.of("endpoint_seconds", *reversed(parts))
        case "gpu_ms":
            return "gpu_seconds", of.replace("|", "/"), many / 1000, known.of("gpu_seconds", *reversed(parts))
        case "tokens_in":
            return "tokens_in", of, many, prices.tokens(of)[0] / 1_000_000
        case "tokens_out":
            return "tokens_out", of, many, prices.tokens(of)[1] / 1_000_000
        case "byte_seconds":
            begin = datetime.strptime(month, "%Y-%m").replace(tzinfo=UTC)
            seconds = int((usage.next_month(begin) - begin).total_seconds())
            return "gigabyte_months", "", many / _GIGABYTE / seconds, known.gigabyte_months
    return None


def _text(value: Decimal, places: Decimal | None = _SHOWN) -> str:
    """A decimal number without an exponent or trailing zeros."""
    shown = value if places is None else value.quantize(places, ROUND_HALF_EVEN)
    text = f"{shown:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _state(one: quotas.State) -> QuotaState:
    return QuotaState(
        quota=one.quota,
        limit=one.limit,
        used=one.used,
        left=None if one.limit is None else max(0, one.limit - one.used),
        turns_at=one.turns_at.isoformat() if one.turns_at else None,
    )
