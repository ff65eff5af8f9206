"""Visitors without an account: a signed token that names an owner of their own, and says when it ends.

    visitor.{id}.{seconds since 1970}.{HMAC-SHA256 of what stands before it, hexadecimal}

The token is all that a visitor is known by: no address, no cookie. `RIPIENO_VISITORS` says what they may, `off` that
nobody is let in; `RIPIENO_VISITOR_SECRET` is what tokens are signed with: two, apart by a comma, while one takes the
place of the other, of which the first signs.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from ripieno.contracts.enums import Role
from ripieno.services.quotas import VISITOR_PREFIX
from ripieno.services.settings import MissingSetting, settings

SHORTEST_SECRET = 32
_PREFIX = "visitor."
_ROLES = {"viewer": Role.VIEWER, "analyst": Role.ANALYST, "generator": Role.GENERATOR}


class VisitOver(PermissionError):
    """The token is no visitor's, or no longer."""


class NoVisitors(PermissionError):
    """Nobody is let in without an account."""


@dataclass(frozen=True)
class Visitor:
    owner: str
    role: Role
    ends_at: datetime


def check() -> None:
    """Raises `MissingSetting` where visitors are let in and nothing can be signed: at the start, not with the first."""
    if settings().visitors != "off":
        _secrets()


def new() -> tuple[Visitor, str]:
    """A visitor, and the token that they are known by.

    Raises
    ------
    NoVisitors, MissingSetting
    """
    role, its_id = _role(), secrets.token_hex(12)
    ends = datetime.now(UTC).replace(microsecond=0) + timedelta(hours=settings().visitor_hours)
    said = f"{_PREFIX}{its_id}.{int(ends.timestamp())}"
    return Visitor(f"{VISITOR_PREFIX}{its_id}", role, ends), f"{said}.{_signature(said, _secrets()[0])}"


def of(headers: Mapping[str, str], *, now: datetime | None = None) -> Visitor | None:
    """The visitor whose token comes with a request (`Authorization: Bearer`), None where no visitor's does.

    Raises
    ------
    VisitOver
    """
    scheme, _, token = headers.get("authorization", "").strip().partition(" ")
    token = token.strip()
    if scheme.lower() != "bearer" or not token.startswith(_PREFIX):
        return None
    try:
        role = _role()
    except NoVisitors as fault:
        raise VisitOver(str(fault)) from None
    said, _, signature = token.rpartition(".")
    signed = [hmac.compare_digest(_signature(said, one).encode(), signature.encode()) for one in _secrets()]
    if not any(signed):
        raise VisitOver("the token is no visitor's of this Ripieno: POST /api/visits gives one")
    _, its_id, until = said.split(".")
    ends = datetime.fromtimestamp(int(until), UTC)
    if (now or datetime.now(UTC)) >= ends:
        raise VisitOver(
            f"the visit ended at {ends.isoformat()}, and all of it is deleted: POST /api/visits begins another"
        )
    return Visitor(f"{VISITOR_PREFIX}{its_id}", role, ends)


def _role() -> Role:
    chosen = settings().visitors
    if chosen == "off":
        raise NoVisitors("nobody is let in here without an account: sign in")
    return _ROLES[chosen]


def _secrets() -> list[str]:
    known = [one.strip() for one in (settings().visitor_secret or "").split(",") if one.strip()]
    if not known or min(map(len, known)) < SHORTEST_SECRET:
        raise MissingSetting(
            f"RIPIENO_VISITORS lets visitors in, and RIPIENO_VISITOR_SECRET signs their tokens: set it to at least"
            f" {SHORTEST_SECRET} random characters (openssl rand -hex 32), or RIPIENO_VISITORS=off"
        )
    return known


def _signature(said: str, secret: str) -> str:
    return hmac.new(secret.encode(), said.encode(), hashlib.sha256).hexdigest()
