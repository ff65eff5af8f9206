"""Who is asking. `RIPIENO_AUTH` says by what they are known; where it says nothing, nobody is.

    local       everybody who comes over the loopback interface of the embedded host is the owner `local`
    entra       tokens signed by Entra ID, or by any OpenID Connect issuer
    easy_auth   the headers of App Service authentication
    token       tokens that whoever runs this has written down

Several may be given; visitors without an account (`ripieno.services.visitors`) come beside them. Where there is `local`
or `token`, devices can be paired (`ripieno.records.devices`).

    caller          whoever a request acts for
    roles           what each role brings with it
    modes           whether what is configured lets anybody be known, and nobody else
    loopback, azure where this process runs, and what came to it from this machine
    easy_auth, static_tokens, signed_tokens    one way to be known each
    jwts, issuer    what is signed, and with whose keys
    refusals        why somebody is not
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ripieno.contracts.enums import Role
from ripieno.services import access, visitors
from ripieno.services.identity import easy_auth, loopback, modes, signed_tokens, static_tokens
from ripieno.services.identity.caller import LOCAL_OWNER, NOBODY, Caller, owner_named
from ripieno.services.identity.modes import Misconfigured, check
from ripieno.services.identity.refusals import (
    BadCredentials,
    BadToken,
    NotAuthenticated,
    NotConfigured,
    Refused,
    TokenExpired,
    Unavailable,
)
from ripieno.services.settings import Settings, settings

OfDevice = Callable[[str], Caller | None]
"""Whose paired device has a token; None where it is no token of a device at all. Raises `BadToken`."""

_SIGN_IN = "sign in (`ripieno login`), and send the token as `Authorization: Bearer …`; /api/auth says how"


def caller_of(headers: Mapping[str, str], *, of_device: OfDevice = lambda token: None) -> Caller:
    """The caller of a request. Whoever sends a token is whose it is, or nobody: never `local`.

    Raises
    ------
    Refused
        `NotAuthenticated` without a token where one is needed, `BadToken`, `TokenExpired`, `BadCredentials`;
        `Unavailable` where it cannot be found out now, `NotConfigured` where it never can.
    visitors.VisitOver
    """
    chosen = settings()
    if not chosen.auth:
        raise NotConfigured(modes.UNSET, 60)
    if "easy_auth" in chosen.auth and (named := easy_auth.caller_of(headers)) is not None:
        return named
    if (visitor := visitors.of(headers)) is not None:
        return Caller(visitor.owner, access.MAY[visitor.role], known_by="visitor")
    token = _token_in(headers)
    if token is not None:
        return _of_token(token, chosen, of_device)
    if "local" in chosen.auth and loopback.is_proven(headers):
        return Caller(LOCAL_OWNER, frozenset(Role), LOCAL_OWNER, known_by="local")
    raise NotAuthenticated(f"nobody is known by this request: {_SIGN_IN}")


def can_pair(chosen: Settings) -> bool:
    """Whether devices can be paired here: where people are not known by an issuer that can lock them out."""
    return "local" in chosen.auth or "token" in chosen.auth


def _of_token(token: str, chosen: Settings, of_device: OfDevice) -> Caller:
    if can_pair(chosen) and (paired := of_device(token)) is not None:
        return paired
    if "token" in chosen.auth and (known := static_tokens.caller_of(token, chosen.tokens)) is not None:
        return known
    if "entra" in chosen.auth:
        return signed_tokens.caller_of(token, signed_tokens.trust(chosen))
    raise BadToken(f"the token is nobody's here: {_SIGN_IN}")


def _token_in(headers: Mapping[str, str]) -> str | None:
    """The token of RFC 6750, 2.1; None where there is no `Authorization`. Two of them come joined by a comma."""
    given = headers.get("authorization")
    if given is None:
        return None
    scheme, _, token = given.strip().partition(" ")
    if scheme.lower() != "bearer":
        raise NotAuthenticated(f"the scheme of `Authorization` is not Bearer: {_SIGN_IN}")
    token = token.strip()
    if not token or any(one.isspace() or one == "," for one in token):
        raise BadCredentials("`Authorization` must hold one token: `Bearer`, a blank, and the token")
    return token


__all__ = [
    "LOCAL_OWNER", "NOBODY", "BadCredentials", "BadToken", "Caller", "Misconfigured", "NotAuthenticated",
    "NotConfigured", "OfDevice", "Refused", "TokenExpired", "Unavailable", "caller_of", "can_pair", "check",
    "owner_named",
]  # fmt: skip
