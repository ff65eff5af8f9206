"""What each role brings with it."""

from __future__ import annotations

from collections.abc import Iterable

from ripieno.contracts.enums import Role

_MAY = {
    Role.ADMIN: frozenset(Role),
    Role.ANALYST: frozenset({Role.ANALYST, Role.VIEWER}),
    Role.GENERATOR: frozenset({Role.GENERATOR, Role.ANALYST, Role.VIEWER}),
    Role.VIEWER: frozenset({Role.VIEWER}),
}


def roles_named(names: Iterable[str]) -> frozenset[Role]:
    """All that somebody may be who was given roles by these names; names that are none give nothing."""
    given = set(names)
    return frozenset(may for role in Role if role.value in given for may in _MAY[role])
