"""What somebody used, what it costs, and how much they may use."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from ripieno.contracts.base import Contract, Request

MONTH = "^[0-9]{4}-(0[1-9]|1[0-2])$"
Unit = Literal[
    "songs", "minutes", "generated_seconds", "endpoint_seconds", "gpu_seconds", "tokens_in", "tokens_out",
    "gigabyte_months",
]  # fmt: skip


class UsageQuery(Request):
    """`GET /usage`. `month` is one of UTC, the current one where none is named; `owner` is for operators, `all` is
    everybody."""

    month: str | None = Field(default=None, pattern=MONTH)
    owner: str | None = Field(default=None, max_length=64)


class UsageLine(Contract):
    """One line of a bill: `of` is the engine, endpoint or model where the price follows from it. Decimal numbers in
    text, as money is: `price` is the quantity times `unit_price`, rounded to six places for show."""

    unit: Unit
    of: str = ""
    quantity: str
    unit_price: str
    price: str


class QuotaState(Contract):
    """One quota: `limit` and `left` are null where there is none; `turns_at` (ISO 8601) is when it begins anew."""

    quota: str
    limit: int | None = None
    used: int
    left: int | None = None
    turns_at: str | None = None


class OwnerUsage(Contract):
    """What one owner used in a month. `total` is the sum of what was not rounded, to two places; `quotas` are of this
    moment, for whoever asks for themselves."""

    owner: str
    lines: list[UsageLine] = []
    total: str
    quotas: list[QuotaState] = []


class UsageReport(Contract):
    """`GET /usage`."""

    month: str
    currency: str
    owners: list[OwnerUsage]


class VerdictCount(Contract):
    """How many takes of an engine in a style were accepted and rejected."""

    engine: str
    style: str
    accepted: int
    rejected: int


class VerdictCounts(Contract):
    """`GET /ops/verdicts`."""

    items: list[VerdictCount]


class Visit(Contract):
    """`POST /visits`: a visitor's `token`, to be sent as `Authorization: Bearer …` until `ends_at` (ISO 8601), when
    everything of theirs is deleted."""

    token: str
    owner: str
    role: str
    ends_at: str
