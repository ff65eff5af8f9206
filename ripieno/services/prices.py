"""What is asked for each unit, from `prices.json`, or a file of one's own (`RIPIENO_PRICES`).

Prices are decimal numbers in text, by unit; where a unit differs by engine, endpoint or model, `*` is for all others.
Amounts are multiplied exactly; nothing is rounded before it is shown, and a total is the sum of what was not rounded.
"""

from __future__ import annotations

from decimal import Decimal
from functools import lru_cache
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ripieno.services.settings import MissingSetting, settings

PRICES = Path(__file__).with_name("prices.json")
Price = Decimal
ByName = dict[str, Decimal]


class Prices(BaseModel):
    """In `currency`, for one unit each; of model tokens for a million."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    currency: str = Field(pattern="^[A-Z]{3}$")
    note: str = ""
    songs: Decimal
    minutes: Decimal
    generated_seconds: Decimal
    endpoint_seconds: ByName
    gpu_seconds: ByName
    million_tokens_in: ByName
    million_tokens_out: ByName
    gigabyte_months: Decimal

    def of(self, unit: str, *names: str) -> Decimal:
        """The price of one unit for the first of `names` that has one, else for all others."""
        price = getattr(self, unit)
        if isinstance(price, Decimal):
            return price
        return next((price[name] for name in names if name in price), price.get("*", Decimal(0)))


def prices() -> Prices:
    """Raises `MissingSetting` for a file that cannot be read."""
    return _read(settings().prices or PRICES)


def tokens(model: str) -> tuple[Decimal, Decimal]:
    """For a million tokens in and out: as the setting `RIPIENO_LLM_PRICES` says (US dollars), else the file."""
    known, said = prices(), settings().llm_prices.get(model)
    if said is not None and known.currency == "USD":
        return Decimal(str(said[0])), Decimal(str(said[1]))
    return known.of("million_tokens_in", model), known.of("million_tokens_out", model)


@lru_cache(maxsize=4)
def _read(path: Path) -> Prices:
    try:
        return Prices.model_validate_json(path.read_text())
    except (OSError, ValidationError) as fault:
        raise MissingSetting(f"RIPIENO_PRICES: {path} cannot be read: {str(fault)[:500]}") from None
