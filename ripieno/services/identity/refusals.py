"""Why somebody is not known: each an answer of its own, with the challenge of RFC 6750, 3."""

from __future__ import annotations

REALM = "ripieno"


class Refused(Exception):
    """Nobody is known by this request. `headers` are those of the answer."""

    error: str | None = None

    @property
    def headers(self) -> dict[str, str]:
        challenge = f'Bearer realm="{REALM}"'
        if self.error is not None:
            # Of the description only what RFC 6750 allows: ASCII, neither quotes nor backslashes.
            said = "".join(one if " " <= one <= "~" and one not in '"\\' else "?" for one in str(self))
            challenge += f', error="{self.error}", error_description="{said}"'
        return {"WWW-Authenticate": challenge, "Cache-Control": "no-store"}


class NotAuthenticated(Refused):
    """The request says nothing of who asks."""


class BadCredentials(Refused):
    """`Authorization` is there and cannot be read: two tokens, or none."""

    error = "invalid_request"


class BadToken(Refused):
    """The token is nobody's here."""

    error = "invalid_token"


class TokenExpired(BadToken):
    """The token was good once: a new one will do."""


class Unavailable(Refused):
    """Who asks cannot be found out now. `seconds` is when to ask again."""

    def __init__(self, message: str, seconds: int = 5):
        super().__init__(message)
        self.seconds = seconds

    @property
    def headers(self) -> dict[str, str]:
        return {"Retry-After": str(self.seconds), "Cache-Control": "no-store"}


class NotConfigured(Unavailable):
    """Nobody said how callers are known here."""
