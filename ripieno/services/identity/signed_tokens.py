"""Access tokens of people: Entra ID's, or those of any OpenID Connect issuer (JWT as access tokens, RFC 9068)."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

from ripieno.services.access import granted
from ripieno.services.identity import jwts
from ripieno.services.identity.caller import Caller, owner_named
from ripieno.services.identity.refusals import BadToken
from ripieno.services.settings import Settings

_ENTRA = "https://login.microsoftonline.com/{tenant}/v2.0"
_NEEDED = ["exp", "iss", "aud", "sub"]
_OF_ID_TOKENS = ("nonce", "at_hash", "c_hash")
_OF_ACCESS_TOKENS = ("scp", "scope", "client_id", "appid", "idtyp")  # `azp` is of both, with a nonce of the former
_MOST_NAME = 200


@dataclass(frozen=True)
class Trust(jwts.Trust):
    """`tenant` is set where the issuer is Entra ID."""

    tenant: str | None = None


def trust(chosen: Settings) -> Trust:
    """As the settings say; `modes.check` has seen that they say enough."""
    issuer = chosen.issuer or _ENTRA.format(tenant=chosen.tenant)
    return Trust(issuer, tuple(chosen.audience), tenant=chosen.tenant)


def caller_of(token: str, trusted: Trust) -> Caller:
    """Whose token it is.

    Raises
    ------
    BadToken, TokenExpired, Unavailable
    """
    claims = _checked(token, trusted)
    roles = claims.get("roles", [])
    named = [roles] if isinstance(roles, str) else [one for one in roles if isinstance(one, str)]
    return Caller(_owner(claims, trusted), granted(named), _name(claims), known_by="issuer")


def _checked(token: str, trusted: Trust) -> dict[str, Any]:
    claims = jwts.claims(token, trusted, needed=_NEEDED)
    is_access = any(name in claims for name in _OF_ACCESS_TOKENS)
    if not is_access and ("azp" not in claims or any(name in claims for name in _OF_ID_TOKENS)):
        raise BadToken("this is an ID token: send the access token")
    return claims


def _owner(claims: dict[str, Any], trusted: Trust) -> str:
    """In Entra ID the object id, which is a person's in all apps of the tenant; elsewhere what names issuer and
    subject both, so that nobody can take the name of an owner who comes in otherwise."""
    if trusted.tenant is None:
        return "oidc-" + hashlib.sha256(f"{trusted.issuer}\n{claims['sub']}".encode()).hexdigest()[:32]
    person = claims.get("oid")
    if claims.get("tid") != trusted.tenant or not isinstance(person, str) or not person:
        raise BadToken("the token is of another tenant, or of nobody in it")
    return owner_named(person)


def _name(claims: dict[str, Any]) -> str | None:
    found = claims.get("preferred_username") or claims.get("name")
    return found[:_MOST_NAME] if isinstance(found, str) else None
