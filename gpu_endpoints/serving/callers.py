"""Who may give an endpoint work: the platform, by a shared key or by its managed identity.

Conventions
    key        `Authorization: Bearer KEY`, any of `RIPIENO_ENDPOINT_KEYS`
    identity   a token of Microsoft Entra ID (or of any OpenID provider) for `RIPIENO_ENDPOINT_AUDIENCE`, of an
               application or identity that `RIPIENO_ENDPOINT_CALLERS` names (RFC 7519, RFC 9068)
    neither    whoever is on this machine, and no page of a browser on it: such an endpoint listens on loopback alone,
               and does not start elsewhere
"""

from __future__ import annotations

import hmac
import ipaddress
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

import httpx

from ripieno.services.identity import Refused, jwts
from ripieno.services.identity.issuer import is_address
from ripieno.services.settings import Settings

_BIND_OPTIONS = ("--host", "--bind", "-b")


class Standing(Enum):
    """What is known of a caller."""

    KNOWN = "known"
    STRANGER = "stranger"  # without a word of who they are
    REFUSED = "refused"  # who say that they are somebody they are not
    ELSEWHERE = "elsewhere"  # not on this machine, where nobody else is served


class Misconfigured(SystemExit):
    """The endpoint does not start: anybody could use it, or nobody."""


@dataclass(frozen=True)
class Caller:
    """What of a request says who sends it. `address` is that of the connection."""

    address: str
    authorization: str
    host: str
    origin: str


def check_start(chosen: Settings, arguments: Sequence[str] | None = None) -> None:
    """Refuse to start where strangers could give work, or nobody could.

    Raises
    ------
    Misconfigured
    """
    if chosen.endpoint_audience and not (chosen.endpoint_issuer and chosen.endpoint_callers):
        raise Misconfigured(
            "RIPIENO_ENDPOINT_AUDIENCE is set, so tokens are taken: name who issues them with RIPIENO_ENDPOINT_ISSUER"
            " (https://login.microsoftonline.com/TENANT/v2.0), and whose with RIPIENO_ENDPOINT_CALLERS"
        )
    if chosen.endpoint_issuer and not is_address(chosen.endpoint_issuer):
        raise Misconfigured("RIPIENO_ENDPOINT_ISSUER must be an https address")
    if _is_guarded(chosen):
        return
    for host in _hosts(sys.argv if arguments is None else arguments):
        if not _is_here(host):
            raise Misconfigured(
                f"an endpoint that listens at {host} can be reached by others: set RIPIENO_ENDPOINT_KEYS (here and for"
                " the app), or RIPIENO_ENDPOINT_AUDIENCE for its managed identity; else let it listen at 127.0.0.1"
            )


def _is_guarded(chosen: Settings) -> bool:
    return bool(chosen.endpoint_keys or chosen.endpoint_audience)


def standing(caller: Caller, chosen: Settings) -> Standing:
    """Whether a caller is the platform. Blocks while the issuer's keys are fetched, which is once an hour."""
    if not _is_guarded(chosen):
        is_neighbour = _is_here(caller.address) and _is_here(_host_of(caller.host)) and not caller.origin
        return Standing.KNOWN if is_neighbour else Standing.ELSEWHERE
    scheme, _, given = caller.authorization.partition(" ")
    if not caller.authorization:
        return Standing.STRANGER
    if scheme.lower() != "bearer" or not given or len(given) > jwts.MOST_CHARACTERS:
        return Standing.REFUSED
    found = [hmac.compare_digest(given.encode("utf-8", "replace"), key.encode()) for key in chosen.endpoint_keys]
    is_known = any(found) or (chosen.endpoint_audience is not None and _is_token(given, chosen))
    return Standing.KNOWN if is_known else Standing.REFUSED


def is_on_this_machine(caller: Caller) -> bool:
    return _is_here(caller.address)


# -- tokens -------------------------------------------------------------------------------------------------------


def _is_token(token: str, chosen: Settings) -> bool:
    assert chosen.endpoint_issuer and chosen.endpoint_audience
    trusted = jwts.Trust(
        chosen.endpoint_issuer,
        audiences=(chosen.endpoint_audience, chosen.endpoint_audience.removeprefix("api://")),
        also_named=_also_named(chosen.endpoint_issuer),
    )
    try:
        claims = jwts.claims(token, trusted, needed=["exp", "iat", "aud", "iss"])
    except Refused:
        return False
    return _is_allowed(claims, chosen)


def _is_allowed(claims: Mapping[str, Any], chosen: Settings) -> bool:
    """Whose a token is: the application (`appid` or `azp`, by the token's version) or the identity (`oid`)."""
    whose = {str(claims[name]) for name in ("appid", "azp", "oid") if name in claims}
    roles = claims.get("roles", [])
    has_role = chosen.endpoint_role is None or (isinstance(roles, list) and chosen.endpoint_role in roles)
    return has_role and not whose.isdisjoint(chosen.endpoint_callers)


def _also_named(issuer: str) -> tuple[str, ...]:
    """What Entra ID calls the same tenant in tokens of version 1.0, which identities are given."""
    parts = httpx.URL(issuer)
    tenant = parts.path.strip("/").split("/")[0]
    return (f"https://sts.windows.net/{tenant}/",) if parts.host == "login.microsoftonline.com" else ()


# -- places -------------------------------------------------------------------------------------------------------


def _hosts(arguments: Sequence[str]) -> list[str]:
    """Where the server of this process was told to listen, by its arguments or uvicorn's environment."""
    found = [os.environ["UVICORN_HOST"]] if os.environ.get("UVICORN_HOST") else []
    for number, one in enumerate(arguments):
        name, equals, value = one.partition("=")
        if name in _BIND_OPTIONS:
            told = value if equals else (arguments[number + 1] if number + 1 < len(arguments) else "")
            found.append(told if name == "--host" else _host_of(told))
    return found


def _host_of(text: str) -> str:
    """The host of `host:port`."""
    if text.startswith("["):
        return text[1:].partition("]")[0]
    return text.partition(":")[0]


def _is_here(host: str) -> bool:
    if host.lower() == "localhost":
        return True
    try:
        ip = ipaddress.ip_address(host)
    except ValueError:
        return False
    mapped = ip.ipv4_mapped if isinstance(ip, ipaddress.IPv6Address) else None
    return (mapped or ip).is_loopback
