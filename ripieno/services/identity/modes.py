"""Whether what is configured lets anybody be known, and nobody else: looked at before the app takes its first call."""

from __future__ import annotations

import re

from ripieno.services.identity import azure, loopback, static_tokens
from ripieno.services.identity.issuer import is_address
from ripieno.services.settings import MissingSetting, Settings, settings

_TENANT = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
UNSET = (
    "RIPIENO_AUTH is not set, so that nobody can be known: set it to entra, easy_auth or token, or to local where"
    " `ripieno up` serves you alone (docs/identity.md)"
)
_NO_TENANT = "RIPIENO_TENANT is the Directory (tenant) ID, a GUID in lower case: common would let in everybody"


class Misconfigured(MissingSetting):
    """With these settings the wrong people would get in, or nobody."""


def check(chosen: Settings | None = None) -> None:
    """Raise `Misconfigured` with a sentence where the settings let nobody in, or too many."""
    chosen = chosen or settings()
    if not chosen.auth:
        raise Misconfigured(UNSET)
    for mode in chosen.auth:
        wrong = {"local": _local, "entra": _entra, "easy_auth": _easy_auth, "token": _token}[mode](chosen)
        if wrong is not None:
            raise Misconfigured(wrong)


def _local(chosen: Settings) -> str | None:
    if azure.is_azure():
        return (
            "RIPIENO_AUTH has local, and this is Azure: everybody would be the owner. Set it to entra or easy_auth"
            " (docs/identity.md)"
        )
    if not loopback.is_vouched():
        return (
            "RIPIENO_AUTH has local, and the host of this app may listen on more than the loopback interface, as Core"
            " Tools and containers do: everybody in the network would be the owner. Set it to token, with"
            " RIPIENO_TOKENS (docs/identity.md), or run `ripieno up` with RIPIENO_HOST=embedded"
        )
    return None


def _entra(chosen: Settings) -> str | None:
    if chosen.tenant is None and chosen.issuer is None:
        return "RIPIENO_AUTH has entra, and nobody says whose tokens: set RIPIENO_TENANT, or RIPIENO_ISSUER"
    if chosen.tenant is not None and not _TENANT.fullmatch(chosen.tenant):
        return _NO_TENANT
    if chosen.issuer is not None and not is_address(chosen.issuer):
        return "RIPIENO_ISSUER must be an https address: keys that come otherwise can be anybody's"
    if not chosen.audience:
        return (
            "RIPIENO_AUTH has entra without RIPIENO_AUDIENCE: tokens for any other app would be taken. Set it to the"
            " Application (client) ID, or api://…"
        )
    return None


def _easy_auth(chosen: Settings) -> str | None:
    if not azure.has_easy_auth():
        return (
            "RIPIENO_AUTH has easy_auth, and App Service authentication is not on (WEBSITE_AUTH_ENABLED): anybody could"
            " set its headers. Turn it on in the portal, or take entra"
        )
    if chosen.tenant is None:
        return (
            "RIPIENO_AUTH has easy_auth, and nobody says of which tenant: set RIPIENO_TENANT to the Directory (tenant)"
            " ID whose people are let in. Where the app registration is for several, App Service lets in all of them"
        )
    if not _TENANT.fullmatch(chosen.tenant):
        return _NO_TENANT
    return None


def _token(chosen: Settings) -> str | None:
    return static_tokens.wrong_with(chosen.tokens)
