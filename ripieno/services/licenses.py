"""Which engines a deployment may use: all of them, or only those whose results may be sold."""

from __future__ import annotations

import os

COMMERCIAL = "commercial"


class UnknownPolicy(ValueError):
    """`RIPIENO_LICENSES` says something nobody knows."""


def commercial_only() -> bool:
    """Whether `RIPIENO_LICENSES=commercial` is set; `any` (the default) allows everything.

    Raises
    ------
    UnknownPolicy
    """
    policy = os.environ.get("RIPIENO_LICENSES") or "any"
    if policy not in ("any", COMMERCIAL):
        raise UnknownPolicy(f"RIPIENO_LICENSES is {policy!r}: use any or {COMMERCIAL}")
    return policy == COMMERCIAL
