"""Whatever is decided by rule is signed as such, wherever that is."""

from __future__ import annotations

from ripieno import __version__
from ripieno.contracts.provenance import Provenance


def signature(*, reason: str | None = None) -> Provenance:
    """The rules' signature; with a reason where they stand in for a model that was asked for."""
    return Provenance(engine="rules", version=__version__, license="MIT", fallback=reason is not None, reason=reason)
