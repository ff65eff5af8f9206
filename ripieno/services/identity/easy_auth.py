"""App Service authentication ("Easy Auth"): the platform says in headers who asks, and takes them off what comes in."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping

from ripieno.services.access import granted
from ripieno.services.identity import azure
from ripieno.services.identity.caller import Caller, owner_named

_ENTRA = ("", "aad")


def caller_of(headers: Mapping[str, str]) -> Caller | None:
    """Whom the platform names; None where it names nobody, or where it is not there to name anybody."""
    principal = headers.get("x-ms-client-principal-id")
    if not principal or not azure.has_easy_auth():
        return None
    provider = headers.get("x-ms-client-principal-idp", "").lower()
    owner = owner_named(principal if provider in _ENTRA else f"{provider}.{principal}")
    roles = _roles(headers.get("x-ms-client-principal", ""))
    return Caller(owner, roles, headers.get("x-ms-client-principal-name"), known_by="easy_auth")


def _roles(principal: str):
    """The roles among the claims of Easy Auth's principal (base64 JSON: `{claims: [{typ, val}]}`)."""
    try:
        claims = json.loads(base64.b64decode(principal + "=" * (-len(principal) % 4)))["claims"]
        named = {str(claim["val"]) for claim in claims if str(claim["typ"]).rpartition("/")[2] in ("roles", "role")}
    except (ValueError, KeyError, TypeError, RecursionError):
        named = set()
    return granted(named)
