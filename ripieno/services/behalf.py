"""On whose behalf this thread or task works at the moment, for what is counted far below whoever knows it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from ripieno.contracts.enums import Role
from ripieno.services.identity.caller import KnownBy


@dataclass(frozen=True)
class Behalf:
    """An owner; `roles` are theirs where somebody asked, None where a workflow goes on with what was let in.
    `known_by` is as a `Caller` has it."""

    owner: str
    roles: frozenset[Role] | None = None
    known_by: KnownBy = ""


_current: ContextVar[Behalf | None] = ContextVar("behalf", default=None)


def current() -> Behalf | None:
    return _current.get()


def begin(owner: str, roles: frozenset[Role] | None = None) -> None:
    """From here to the end of this task or thread's call."""
    _current.set(Behalf(owner, roles))


@contextmanager
def of(owner: str, roles: frozenset[Role] | None = None, known_by: KnownBy = "") -> Iterator[None]:
    token = _current.set(Behalf(owner, roles, known_by))
    try:
        yield
    finally:
        _current.reset(token)
