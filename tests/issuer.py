"""An OpenID Connect issuer of a test's own, on a real socket: discovery, keys, and every grant that clients use here.

Whoever comes to `authorize` is `person` and agrees at once; who is asked for a device code agrees by `agree`. Refresh
tokens are good for one use, and one that comes twice ends all of its line (RFC 9700, 4.14).
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa

AUDIENCE = "api://ripieno"
CLIENT = "the-command"
REDIRECT = "http://127.0.0.1:7071/signed-in"
SIGNED_OUT = "http://127.0.0.1:7071/signed-out"
DEVICE_GRANT = "urn:ietf:params:oauth:grant-type:device_code"


@lru_cache(maxsize=8)
def rsa_key(number: int = 0) -> rsa.RSAPrivateKey:
    """Made once a process: it takes a while."""
    return rsa.generate_private_key(65537, 2048)


@lru_cache(maxsize=1)
def ec_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def public(key: Any, kid: str, **more: Any) -> dict[str, Any]:
    """A key as issuers publish it (RFC 7517)."""
    of = jwt.algorithms.RSAAlgorithm if isinstance(key, rsa.RSAPrivateKey) else jwt.algorithms.ECAlgorithm
    return {**of.to_jwk(key.public_key(), as_dict=True), "kid": kid, "use": "sig", **more}


class Issuer(ThreadingHTTPServer):
    def __init__(self) -> None:
        self.person: dict[str, Any] = {"sub": "anna", "name": "Anna \U0001f3b7", "roles": ["Admin"]}
        self.key, self.kid = rsa_key(), "first"
        self.published: list[dict[str, Any]] = [public(self.key, self.kid)]
        self.asked: list[str] = []
        self.lifetime = 3600
        self.code_lifetime = 900
        self.is_down = False
        self.is_open = threading.Event()  # while it is not set, whoever asks waits
        self.is_open.set()
        self.is_asked = threading.Event()
        self.polled: list[str] = []  # what device codes are answered, in order, before somebody has agreed
        self.shown: dict[str, str] = {}  # device codes by what is to be typed
        self.agreed: dict[str, bool] = {}
        self.codes: dict[str, dict[str, str]] = {}
        self.refresh: dict[str, str] = {}  # refresh tokens that are good, and their lines
        self.used: dict[str, str] = {}
        self.together = threading.Lock()
        super().__init__(("127.0.0.1", 0), _Handler)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def token(
        self, *, key: Any = None, algorithm: str = "RS256", head: dict[str, Any] | None = None, **claims: Any
    ) -> str:
        """An access token; a claim that is None is left out."""
        now = int(time.time())
        whole = {
            "iss": self.url, "aud": AUDIENCE, "iat": now, "nbf": now, "exp": now + self.lifetime, "scp": "access",
            **self.person, **claims,
        }  # fmt: skip
        headers = {"kid": self.kid, **(head or {})}
        return jwt.encode(
            {name: value for name, value in whole.items() if value is not None},
            self.key if key is None else key,
            algorithm,
            headers={name: value for name, value in headers.items() if value is not None},
        )

    def rotate(self, kid: str, *, keep: bool = False) -> None:
        """Sign with another key from now on."""
        self.key, self.kid = rsa_key(1), kid
        self.published = [*(self.published if keep else []), public(self.key, kid)]

    def agree(self, typed: str, *, yes: bool = True) -> None:
        self.agreed[self.shown[typed]] = yes

    def count(self, path: str) -> int:
        return sum(one.partition("?")[0].endswith(path) for one in self.asked)

    # -- grants ---------------------------------------------------------------------------------------------------

    def granted(self, line: str | None = None) -> dict[str, Any]:
        refresh = secrets.token_urlsafe(16)
        self.refresh[refresh] = line or refresh
        return {
            "access_token": self.token(jti=secrets.token_hex(4)), "token_type": "Bearer", "expires_in": self.lifetime,
            "refresh_token": refresh, "id_token": self.token(aud=CLIENT, scp=None, nonce="n"),
        }  # fmt: skip

    def exchanged(self, form: dict[str, str]) -> tuple[int, dict[str, Any]]:
        match form.get("grant_type"):
            case "refresh_token":
                given = form["refresh_token"]
                if given in self.used:  # stolen, or sent twice: all that came of it ends
                    self.refresh = {one: line for one, line in self.refresh.items() if line != self.used[given]}
                if given not in self.refresh:
                    return 400, {"error": "invalid_grant", "error_description": "the refresh token is over"}
                line = self.used[given] = self.refresh.pop(given)
                return 200, self.granted(line)
            case "authorization_code":
                known = self.codes.pop(form.get("code", ""), None)
                digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
                challenge = base64.urlsafe_b64encode(digest).decode().rstrip("=")
                if known is None or challenge != known["code_challenge"] or form.get("redirect_uri") != REDIRECT:
                    return 400, {"error": "invalid_grant"}
                return 200, self.granted()
            case grant if grant == DEVICE_GRANT:
                code = form["device_code"]
                if self.polled:
                    return 400, {"error": self.polled.pop(0)}
                if code not in self.agreed:
                    return 400, {"error": "authorization_pending"}
                return (200, self.granted()) if self.agreed[code] else (400, {"error": "access_denied"})
        return 400, {"error": "unsupported_grant_type"}


class _Handler(BaseHTTPRequestHandler):
    server: Issuer
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        issuer, parts = self.server, urlsplit(self.path)
        issuer.asked.append(self.path)
        issuer.is_asked.set()
        issuer.is_open.wait(30)
        query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
        if issuer.is_down:
            self._answer(503, {})
        elif parts.path == "/.well-known/openid-configuration":
            self._answer(200, {
                "issuer": issuer.url, "jwks_uri": f"{issuer.url}/keys",
                **{f"{name}_endpoint": f"{issuer.url}/{name}" for name in (
                    "authorization", "token", "device_authorization", "revocation", "end_session"
                )},
            })  # fmt: skip
        elif parts.path == "/keys":
            self._answer(200, {"keys": issuer.published})
        elif parts.path == "/authorization":
            if query.get("redirect_uri") != REDIRECT or query.get("code_challenge_method") != "S256":
                self._answer(400, {"error": "invalid_request"})
                return
            code = secrets.token_urlsafe(8)
            issuer.codes[code] = query
            self._lead(f"{REDIRECT}?{urlencode({'code': code, 'state': query['state'], 'iss': issuer.url})}")
        elif parts.path == "/end_session" and query.get("post_logout_redirect_uri") == SIGNED_OUT:
            self._lead(SIGNED_OUT)
        else:
            self._answer(404, {})

    def do_POST(self) -> None:
        issuer = self.server
        issuer.asked.append(self.path)
        body = self.rfile.read(int(self.headers.get("content-length", 0))).decode()
        form = {name: values[-1] for name, values in parse_qs(body).items()}
        with issuer.together:
            if issuer.is_down:
                self._answer(503, {})
            elif self.path == "/token":
                self._answer(*issuer.exchanged(form))
            elif self.path == "/device_authorization":
                code, typed = secrets.token_urlsafe(16), secrets.token_hex(3).upper()
                issuer.shown[typed] = code
                self._answer(200, {
                    "device_code": code, "user_code": typed, "verification_uri": f"{issuer.url}/device",
                    "verification_uri_complete": f"{issuer.url}/device?user_code={typed}", "expires_in": issuer.code_lifetime,
                    "interval": 1,
                })  # fmt: skip
            elif self.path == "/revocation":
                issuer.refresh.pop(form.get("token", ""), None)
                self._answer(200, None)
            else:
                self._answer(404, {})

    def _lead(self, where: str) -> None:
        self.send_response(302)
        self.send_header("location", where)
        self.send_header("content-length", "0")
        self.end_headers()

    def _answer(self, status: int, document: Any) -> None:
        data = b"" if document is None else json.dumps(document).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *arguments: Any) -> None:
        pass


@contextmanager
def served() -> Iterator[Issuer]:
    issuer = Issuer()
    thread = threading.Thread(target=issuer.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield issuer
    finally:
        issuer.shutdown()
        issuer.server_close()
        thread.join()
