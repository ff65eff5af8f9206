"""Signing in at an OpenID Connect issuer from a program without a browser.

The device code (RFC 8628), renewal (RFC 6749, 6) and revocation (RFC 7009); endpoints by discovery.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import httpx

from ripieno.client.errors import RipienoError
from ripieno.client.token_file import SignedIn

DEVICE_GRANT = "urn:ietf:params:oauth:grant-type:device_code"
_DISCOVERY = "/.well-known/openid-configuration"
_TIMEOUT = httpx.Timeout(20.0, connect=10.0)
_SLOWER_SECONDS = 5.0  # RFC 8628, 3.5
_LONGEST_PAUSE = 60.0
_EARLY_SECONDS = 120.0  # before its end a token is renewed, or in the last tenth of a short life
_LOOPBACK = ("127.0.0.1", "localhost", "::1")

Shown = Callable[[str, str, str | None], None]
"""Told where to go, what to type there, and an address that has it typed already, where there is one."""


class SignInFailed(RipienoError):
    """The issuer did not let anybody in. `code` is its error: access_denied, expired_token, invalid_grant, ..."""


class Issuer:
    """An issuer, and the addresses that its discovery document names.

    Raises
    ------
    SignInFailed
        Where it cannot be asked, or is not who it should be.
    """

    def __init__(self, issuer: str):
        self.name = issuer
        document = _answer("GET", issuer.rstrip("/") + _DISCOVERY, {})
        if document.get("issuer") != issuer:
            raise SignInFailed("sign_in_failed", f"{issuer} says that it is {document.get('issuer')}")
        self._document = document

    def endpoint(self, name: str) -> str | None:
        """`token_endpoint`, `device_authorization_endpoint`, …; None where it has none."""
        found = self._document.get(name)
        return found if isinstance(found, str) else None

    def needed(self, name: str) -> str:
        found = self.endpoint(name)
        if found is None:
            raise SignInFailed("sign_in_failed", f"{self.name} has no {name}: it cannot be signed in at from a program")
        return found


def sign_in(
    issuer: Issuer,
    client_id: str,
    scopes: list[str],
    show: Shown,
    *,
    sleep: Callable[[float], None] = time.sleep,
    clock: Callable[[], float] = time.monotonic,
) -> SignedIn:
    """Sign in by a device code: show it, and ask until somebody has typed it in (RFC 8628).

    Raises
    ------
    SignInFailed
        `access_denied` where they declined, `expired_token` where nobody did so in time.
    """
    where = issuer.needed("device_authorization_endpoint")
    given = _answer("POST", where, {"client_id": client_id, "scope": " ".join(scopes)})
    try:
        code, interval = str(given["device_code"]), float(given.get("interval", 5))
        until = clock() + float(given["expires_in"])
        show(str(given["verification_uri"]), str(given["user_code"]), given.get("verification_uri_complete"))
    except (KeyError, TypeError, ValueError):
        raise SignInFailed("sign_in_failed", f"{where} gave no device code") from None
    asked = {"grant_type": DEVICE_GRANT, "device_code": code, "client_id": client_id}
    while True:
        if clock() + interval > until:
            raise SignInFailed("expired_token", "nobody typed the code in before it ended: ripieno login shows another")
        sleep(interval)
        try:
            return _signed_in(_answer("POST", issuer.needed("token_endpoint"), asked), issuer.name, client_id, scopes)
        except SignInFailed as fault:
            if fault.code == "slow_down":
                interval += _SLOWER_SECONDS
            elif fault.code == "connection":
                interval = min(2 * interval, _LONGEST_PAUSE)
            elif fault.code != "authorization_pending":
                raise


def renew(known: SignedIn) -> SignedIn:
    """Another access token for a refresh token, and the refresh token that is now to be used (RFC 6749, 6).

    Raises
    ------
    SignInFailed
        `invalid_grant` where the refresh token is over.
    """
    assert known.issuer is not None and known.client_id is not None
    where = Issuer(known.issuer).needed("token_endpoint")
    asked = {"grant_type": "refresh_token", "refresh_token": known.refresh_token or "", "client_id": known.client_id}
    if known.scopes:
        asked["scope"] = " ".join(known.scopes)
    renewed = _signed_in(_answer("POST", where, asked), known.issuer, known.client_id, known.scopes)
    return renewed if renewed.refresh_token else renewed.model_copy(update={"refresh_token": known.refresh_token})


def revoke(known: SignedIn) -> bool:
    """Have the issuer forget a sign-in (RFC 7009); whether it can. Raises `SignInFailed`."""
    if known.issuer is None or known.client_id is None:
        return False
    where = Issuer(known.issuer).endpoint("revocation_endpoint")
    if where is None:
        return False
    token, kind = (
        (known.refresh_token, "refresh_token") if known.refresh_token else (known.access_token, "access_token")
    )
    _answer("POST", where, {"token": token, "token_type_hint": kind, "client_id": known.client_id})
    return True


def _signed_in(given: dict[str, Any], issuer: str, client_id: str, scopes: list[str]) -> SignedIn:
    try:
        token, seconds = given["access_token"], float(given.get("expires_in", 0)) or None
        if not isinstance(token, str) or str(given.get("token_type", "bearer")).lower() != "bearer":
            raise KeyError("access_token")
    except (KeyError, TypeError, ValueError):
        raise SignInFailed("sign_in_failed", f"{issuer} gave no access token") from None
    now = time.time()
    return SignedIn(
        access_token=token,
        expires_at=now + seconds if seconds else None,
        renew_at=now + seconds - min(_EARLY_SECONDS, seconds / 10) if seconds else None,
        refresh_token=given.get("refresh_token"),
        issuer=issuer,
        client_id=client_id,
        scopes=scopes,
    )


def _answer(method: str, url: str, form: dict[str, str]) -> dict[str, Any]:
    """What an endpoint answers; an OAuth error (RFC 6749, 5.2) is a `SignInFailed` of its code."""
    parts = urlsplit(url)
    if parts.scheme != "https" and parts.hostname not in _LOOPBACK:
        raise SignInFailed("sign_in_failed", f"{url} is no https address: no token is asked for there")
    try:
        with httpx.Client(timeout=_TIMEOUT) as http:
            told = http.request(method, url, data=form or None)
    except httpx.TransportError as fault:
        raise SignInFailed("connection", f"{parts.netloc} does not answer: {fault or type(fault).__name__}") from None
    try:
        document = told.json() if told.content else {}
    except ValueError:
        document = None
    if told.is_success and isinstance(document, dict):
        return document
    if isinstance(document, dict) and isinstance(document.get("error"), str):
        said = document.get("error_description") or document["error"]
        raise SignInFailed(document["error"], f"{parts.netloc} says: {str(said)[:300]}", status=told.status_code)
    code = "connection" if told.status_code >= httpx.codes.INTERNAL_SERVER_ERROR else "sign_in_failed"
    raise SignInFailed(code, f"{parts.netloc} answered {told.status_code}", status=told.status_code)
