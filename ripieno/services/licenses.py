"""Which engines a deployment may use: all of them, or only those whose results may be sold."""

from __future__ import annotations

from typing import Protocol

from ripieno.services.settings import settings

COMMERCIAL = "commercial"


class Licensed(Protocol):
    """Weights that say under which licence they are."""

    @property
    def name(self) -> str: ...

    @property
    def commercial(self) -> bool: ...


def allows(weights: Licensed) -> bool:
    """Whether weights may be used here: all, or only those whose results may be sold and those which the operator
    answers for by name (`RIPIENO_ALLOW_WEIGHTS`)."""
    return not commercial_only() or weights.commercial or weights.name in settings().allow_weights


def commercial_only() -> bool:
    """Whether `RIPIENO_LICENSES=commercial` is set; `any` (the default) allows everything.

    Raises
    ------
    MissingSetting
        Where it says anything else.
    """
    return settings().licenses == COMMERCIAL
