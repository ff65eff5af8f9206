"""Which engines a deployment may use: all of them, or only those whose results may be sold."""

from __future__ import annotations

from ripieno.services.settings import settings

COMMERCIAL = "commercial"


def commercial_only() -> bool:
    """Whether `RIPIENO_LICENSES=commercial` is set; `any` (the default) allows everything.

    Raises
    ------
    MissingSetting
        Where it says anything else.
    """
    return settings().licenses == COMMERCIAL
