"""What the fields and parameters of usage, quotas and visits mean; `glossary` takes them in."""

from __future__ import annotations

MEANINGS: dict[str, str] = {
    "month": "the month, of UTC, as `2026-11`",
    "?month": "a month of UTC, as `2026-11`; without one the current",
    "?owner": "for operators: somebody else, or `all`",
    "currency": "of every price (ISO 4217)",
    "owners": "those who used something, in the order of their names",
    "OwnerUsage.owner": "who used it",
    "OwnerUsage.lines": "what was used, by unit and what it is of",
    "UsageLine.unit": "what is counted",
    "UsageLine.of": "the engine, endpoint or model; empty where the price does not follow from it",
    "quantity": "how many, a decimal number",
    "unit_price": "of one, a decimal number",
    "price": "quantity times unit price, to six places",
    "total": "of all lines before they were rounded, to two places",
    "quotas": "how much may be used at this moment; of others than yourself empty",
    "quota": "which quota",
    "limit": "how much may be used; null where there is no end to it",
    "used": "how much is used, what is being made included",
    "left": "how much is left; null where there is no end to it",
    "turns_at": "when it begins anew (ISO 8601, UTC); null where it does not by itself",
    "accepted": "takes that were approved",
    "VerdictCount.rejected": "takes that were rejected",
    "VerdictCount.engine": "the engine that made them",
    "VerdictCount.style": "the genre, of a blend the strongest; `other` where words name none",
    "VerdictCounts.items": "by engine, then style",
    "Visit.token": "to be sent as `Authorization: Bearer …`; whoever has it is you",
    "Visit.owner": "whose everything is that is made with it",
    "Visit.role": "what may be done with it",
    "ends_at": "when it ends, and everything is deleted (ISO 8601, UTC)",
}

NULLS: dict[str, str] = {
    "QuotaState.*": "without end",
    "Problem.quota": "where it is about no quota",
    "Problem.limit": "where it is about no quota",
    "Problem.used": "where it is about no quota",
    "Problem.turns_at": "where it is about none that turns",
}

TAGS: dict[str, str] = {
    "usage": "What you used and what it costs, what is left of your quotas; visits without an account."
}
