"""Who is asking. Behind Easy Auth the platform says so; elsewhere there is one owner, `local`, who may do all."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass

from ripieno.contracts.enums import Role
from ripieno.services import visitors
from ripieno.services.settings import settings

LOCAL_OWNER = "local"
_PLAIN = re.compile(r"[A-Za-z0-9_.@-]{1,64}")
_MAY = {
    Role.ADMIN: frozenset(Role),
    Role.ANALYST: frozenset({Role.ANALYST, Role.VIEWER}),
    Role.GENERATOR: frozenset({Role.GENERATOR, Role.ANALYST, Role.VIEWER}),
    Role.VIEWER: frozenset({Role.VIEWER}),
}


@dataclass(frozen=True)
class Caller:
    """Whoever a request acts for, and what they may do."""

    owner: str
    roles: frozenset[Role]


def caller_of(headers: Mapping[str, str]) -> Caller:
    """The caller of a request.

    The Easy Auth headers are only trusted where `RIPIENO_TRUST_EASY_AUTH=1` says that nothing but the platform can set
    them; there the roles are those of the app registration that the principal was given.
    """
    if (visitor := visitors.of(headers)) is not None:
        return Caller(visitor.owner, _MAY[visitor.role])
    principal = headers.get("x-ms-client-principal-id") if settings().trust_easy_auth else None
    if not principal:
        return Caller(LOCAL_OWNER, frozenset(Role))
    return Caller(owner_named(principal), _roles(headers.get("x-ms-client-principal", "")))


def owner_named(name: str) -> str:
    """The owner that somebody is called by: their name where it can stand in every key, else its hash."""
    return name if _PLAIN.fullmatch(name) else hashlib.sha256(name.encode()).hexdigest()[:40]


def _roles(principal: str) -> frozenset[Role]:
    """The roles among the claims of Easy Auth's principal (base64 JSON: `{claims: [{typ, val}]}`)."""
    try:
        claims = json.loads(base64.b64decode(principal + "=" * (-len(principal) % 4)))["claims"]
        named = {str(claim["val"]) for claim in claims if str(claim["typ"]).rpartition("/")[2] in ("roles", "role")}
    except (ValueError, KeyError, TypeError):
        named = set()
    return frozenset(may for role in Role if role.value in named for may in _MAY[role])
