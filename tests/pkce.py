"""How a page signs in: the authorisation code with PKCE (RFC 7636), as the studio does it, in Python.

Everything it knows comes from `GET /api/auth` and the issuer's discovery document.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx


@dataclass
class Page:
    """A page's sign-in at one Ripieno. `http` follows no redirects: the browser does, in front of the person."""

    api: str
    redirect: str
    http: httpx.Client
    state: str = field(default_factory=lambda: secrets.token_urlsafe(16))
    verifier: str = field(default_factory=lambda: secrets.token_urlsafe(48))

    def __post_init__(self) -> None:
        self.how: dict[str, Any] = self.http.get(f"{self.api}/api/auth").json()
        self.known: dict[str, Any] = self.http.get(f"{self.how['issuer']}/.well-known/openid-configuration").json()

    def address(self) -> str:
        """Where the browser is sent."""
        digest = hashlib.sha256(self.verifier.encode()).digest()
        asked = {
            "response_type": "code", "client_id": self.how["client_id"], "redirect_uri": self.redirect,
            "scope": " ".join(self.how["scopes"]), "state": self.state, "code_challenge_method": "S256",
            "code_challenge": base64.urlsafe_b64encode(digest).decode().rstrip("="),
        }  # fmt: skip
        return f"{self.known['authorization_endpoint']}?{urlencode(asked)}"

    def come_back(self, address: str) -> dict[str, Any]:
        """What the token endpoint gives for the code in the address that the browser came back with."""
        told = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        if not secrets.compare_digest(told.get("state", ""), self.state):
            raise ValueError("this is not the sign-in that was begun here")
        if told.get("iss", self.how["issuer"]) != self.how["issuer"]:  # RFC 9207
            raise ValueError("another issuer answers")
        return self._granted(
            grant_type="authorization_code", code=told["code"], redirect_uri=self.redirect, code_verifier=self.verifier
        )

    def renew(self, refresh_token: str) -> dict[str, Any]:
        return self._granted(grant_type="refresh_token", refresh_token=refresh_token)

    def sign_out(self, refresh_token: str, then: str) -> str:
        """Have the refresh token forgotten; where the browser is sent to end the session."""
        self.http.post(
            self.known["revocation_endpoint"], data={"token": refresh_token, "client_id": self.how["client_id"]}
        ).raise_for_status()
        asked = urlencode({"post_logout_redirect_uri": then, "client_id": self.how["client_id"]})
        return f"{self.known['end_session_endpoint']}?{asked}"

    def _granted(self, **form: str) -> dict[str, Any]:
        told = self.http.post(self.known["token_endpoint"], data=form | {"client_id": self.how["client_id"]})
        return told.raise_for_status().json()
