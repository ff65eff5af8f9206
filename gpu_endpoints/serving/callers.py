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
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

import httpx
import jwt

from ripieno.services.settings import Settings

_ALGORITHMS = ["RS256"]
_LEEWAY_SECONDS = 60
_KEYS_SECONDS = 24 * 3600.0
_PAUSE_SECONDS = 60.0
"""Before keys are fetched again because a token names one that is not known: anybody can send such tokens."""
_FETCH_SECONDS = 10.0
_BIND_OPTIONS = ("--host", "--bind", "-b")
_LONGEST = 16 * 1024


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
    if (
        chosen.endpoint_issuer
        and not chosen.endpoint_issuer.startswith("https://")
        and not _is_here(httpx.URL(chosen.endpoint_issuer).host)
    ):
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
    """Whether a caller is the platform. Blocks while the provider's keys are fetched, which is once a day."""
    if not _is_guarded(chosen):
        is_neighbour = _is_here(caller.address) and _is_here(_host_of(caller.host)) and not caller.origin
        return Standing.KNOWN if is_neighbour else Standing.ELSEWHERE
    scheme, _, given = caller.authorization.partition(" ")
    if not caller.authorization:
        return Standing.STRANGER
    if scheme.lower() != "bearer" or not given or len(given) > _LONGEST:
        return Standing.REFUSED
    found = [hmac.compare_digest(given.encode("utf-8", "replace"), key.encode()) for key in chosen.endpoint_keys]
    is_known = any(found) or (chosen.endpoint_audience is not None and _is_token(given, chosen))
    return Standing.KNOWN if is_known else Standing.REFUSED


def is_on_this_machine(caller: Caller) -> bool:
    return _is_here(caller.address)


# -- tokens -------------------------------------------------------------------------------------------------------


class _Keys:
    """The keys that a provider signs with, as it publishes them (OpenID Connect Discovery 1.0)."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: dict[str, dict[str, jwt.PyJWK]] = {}
        self._fetched: dict[str, float] = {}

    def get(self, issuer: str, key_id: str) -> jwt.PyJWK | None:
        """A key by its id; None where the provider has none of that name, or does not answer."""
        with self._lock:
            age = time.monotonic() - self._fetched.get(issuer, float("-inf"))
            known = self._known.get(issuer, {})
            if age > _KEYS_SECONDS or (key_id not in known and age > _PAUSE_SECONDS):
                self._fetched[issuer] = time.monotonic()
                try:
                    known = self._known[issuer] = _published(issuer)
                except (httpx.HTTPError, ValueError, KeyError, jwt.PyJWTError):
                    pass  # the keys that are known hold; who is signed with another is not believed
            return known.get(key_id)


_keys = _Keys()


def _published(issuer: str) -> dict[str, jwt.PyJWK]:
    with httpx.Client(timeout=_FETCH_SECONDS) as client:
        about = client.get(f"{issuer.rstrip('/')}/.well-known/openid-configuration").raise_for_status().json()
        told = client.get(str(about["jwks_uri"])).raise_for_status().json()
    return {key.key_id: key for key in jwt.PyJWKSet.from_dict(told).keys if key.key_id}


def _is_token(token: str, chosen: Settings) -> bool:
    assert chosen.endpoint_issuer and chosen.endpoint_audience
    try:
        key = _keys.get(chosen.endpoint_issuer, str(jwt.get_unverified_header(token).get("kid", "")))
        if key is None:
            return False
        claims: dict[str, Any] = jwt.decode(
            token,
            key,
            algorithms=_ALGORITHMS,
            audience=[chosen.endpoint_audience, chosen.endpoint_audience.removeprefix("api://")],
            issuer=_names_of(chosen.endpoint_issuer),
            leeway=_LEEWAY_SECONDS,
            options={"require": ["exp", "iat", "aud", "iss"]},
        )
    except (jwt.PyJWTError, ValueError, TypeError):
        return False
    return _is_allowed(claims, chosen)


def _is_allowed(claims: Mapping[str, Any], chosen: Settings) -> bool:
    """Whose a token is: the application (`appid` or `azp`, by the token's version) or the identity (`oid`)."""
    whose = {str(claims[name]) for name in ("appid", "azp", "oid") if name in claims}
    roles = claims.get("roles", [])
    has_role = chosen.endpoint_role is None or (isinstance(roles, list) and chosen.endpoint_role in roles)
    return has_role and not whose.isdisjoint(chosen.endpoint_callers)


def _names_of(issuer: str) -> list[str]:
    """An issuer, and what Entra ID calls the same tenant in tokens of version 1.0, which identities are given."""
    issuer = issuer.rstrip("/")
    parts = httpx.URL(issuer)
    tenant = parts.path.strip("/").split("/")[0]
    is_entra = parts.host == "login.microsoftonline.com"
    return [issuer, f"{issuer}/", *([f"https://sts.windows.net/{tenant}/"] if is_entra else [])]


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
