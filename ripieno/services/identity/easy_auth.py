"""App Service authentication ("Easy Auth"): the platform says in headers who asks, and takes them off what comes in."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping

from ripieno.services.access import granted
from ripieno.services.identity import azure
from ripieno.services.identity.caller import Caller, owner_named
from ripieno.services.identity.refusals import BadToken

_ENTRA = ("", "aad")
_ROLES = ("roles", "role")
_TENANT = ("http://schemas.microsoft.com/identity/claims/tenantid", "tid")

Claims = list[tuple[str, str]]


def caller_of(headers: Mapping[str, str], tenant: str | None) -> Caller | None:
    """Whom the platform names; None where it names nobody, or where it is not there to name anybody.

    Raises
    ------
    BadToken
        For people of Entra ID who are not of the tenant: an app registration for several tenants lets in all of them,
        with the roles that their own administrators gave them.
    """
    principal = headers.get("x-ms-client-principal-id")
    if not principal or not azure.has_easy_auth():
        return None
    provider = headers.get("x-ms-client-principal-idp", "").lower()
    claims = _claims(headers.get("x-ms-client-principal", ""))
    if provider in _ENTRA and (tenant is None or {value for name, value in claims if name in _TENANT} != {tenant}):
        raise BadToken("whoever is signed in is of another tenant")
    owner = owner_named(principal if provider in _ENTRA else f"{provider}.{principal}")
    roles = granted(value for name, value in claims if name.rpartition("/")[2] in _ROLES)
    return Caller(owner, roles, headers.get("x-ms-client-principal-name"), known_by="easy_auth")


def _claims(principal: str) -> Claims:
    """The claims of Easy Auth's principal (base64 JSON: `{claims: [{typ, val}]}`); none where it cannot be read."""
    try:
        claims = json.loads(base64.b64decode(principal + "=" * (-len(principal) % 4)))["claims"]
        return [(str(claim["typ"]), str(claim["val"])) for claim in claims]
    except (ValueError, KeyError, TypeError, RecursionError):
        return []
