"""Who may what: which role includes which, and what of somebody's may be shared.

Every route declares the least role that it takes (`triggers/routing.py`); nobody else compares roles.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ripieno.contracts.enums import ItemKind, Role
from ripieno.services.settings import settings

_VIEWER = frozenset({Role.VIEWER})
_ANALYST = _VIEWER | {Role.ANALYST}
_GENERATOR = _ANALYST | {Role.GENERATOR}

MAY: Mapping[Role, frozenset[Role]] = {
    Role.VIEWER: _VIEWER,
    Role.ANALYST: _ANALYST,
    Role.GENERATOR: _GENERATOR,
    Role.ADMIN: frozenset(Role),
    Role.SCALER: frozenset({Role.SCALER}),
}
"""The roles that each includes: a ladder of four, and one beside it that is for a machine."""

SHAREABLE = frozenset({ItemKind.SONGS, ItemKind.WORKS, ItemKind.SETS})
"""A voice is its owner's alone: whose it is let them use it, and nobody else."""


def takes_drops_of(owner: str) -> bool:
    """Whether what lies in the inbox for an owner is taken in.

    A drop is an act of whoever may write to the container `raw-audio`, which storage decides; it comes without a token,
    so nothing here knows a role. `RIPIENO_DROP_OWNERS` says for whom it is done.
    """
    named = settings().drop_owners
    return not named or owner in named


def granted(names: Iterable[str]) -> frozenset[Role]:
    """All that somebody may who was given roles by name; a name that is none gives nothing."""
    given = set(names)
    return frozenset(may for role in Role if role.value in given for may in MAY[role])
