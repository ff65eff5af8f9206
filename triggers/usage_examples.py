"""Usage, quotas and visits as the documentation shows them; `examples` takes them in."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import BaseModel

from ripieno.contracts import usage

EXAMPLES: Sequence[BaseModel] = [
    usage.UsageReport(
        month="2026-11",
        currency="USD",
        owners=[
            usage.OwnerUsage(
                owner="ada@example.org",
                lines=[
                    usage.UsageLine(
                        unit="gpu_seconds", of="generation/musicgen/cuda", quantity="412.5", unit_price="0.00104",
                        price="0.429",
                    ),
                    usage.UsageLine(
                        unit="gigabyte_months", of="", quantity="3.2", unit_price="0.0196", price="0.06272"
                    ),
                ],
                total="0.49",
                quotas=[
                    usage.QuotaState(
                        quota="songs_a_day", limit=500, used=12, left=488, turns_at="2026-11-28T00:00:00+00:00"
                    )
                ],
            )
        ],
    ),
    usage.VerdictCounts(items=[usage.VerdictCount(engine="musicgen", style="bossa", accepted=31, rejected=9)]),
    usage.Visit(
        token="visitor.4f1c0b9d2e7a6c5b8d3f1a20.1795996800.9b1d…",  # noqa: S106
        owner="visitor-4f1c0b9d2e7a6c5b8d3f1a20",
        role="Analyst",
        ends_at="2026-11-30T00:00:00+00:00",
    ),
]  # fmt: skip

PYTHON: dict[str, str] = {
    "get_usage": 'total = ripieno.usage("2026-11").owners[0].total',
    "count_verdicts": "counts = ripieno.verdict_counts().items",
    "begin_visit": "token = ripieno.begin_visit().token",
}
