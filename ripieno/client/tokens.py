"""Which token a request carries, and which one when that was refused."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from ripieno.client import oauth, token_file
from ripieno.client.oauth import SignInFailed
from ripieno.client.token_file import SignedIn

TokenSource = str | Callable[[], str]
"""A token, or what gives one: it is called for each request, and once more when a token was refused."""


class Tokens:
    """For one address: what its owner was given, else what `ripieno login` keeps."""

    def __init__(self, url: str, source: TokenSource | None):
        self._url, self._source = url, source
        self._lock = threading.Lock()

    def current(self) -> str | None:
        """The token to send, renewed where it is about to end; None where there is none, as for a local stack.

        Raises
        ------
        SignInFailed
            `signed_out`, where it is over and could not be renewed.
        """
        if self._source is not None:
            return (self._source if isinstance(self._source, str) else self._source()) or None
        known = token_file.find(self._url)
        if known is None:
            return None
        if known.renew_at is None or time.time() < known.renew_at or known.refresh_token is None:
            return known.access_token
        try:
            return self._renewed(known.access_token)
        except SignInFailed as fault:
            if fault.code == "connection" and known.expires_at is not None and time.time() < known.expires_at:
                return known.access_token  # it holds a little longer than the issuer is away
            raise

    def other_than(self, refused: str | None) -> str | None:
        """Another token, where one was refused; None where there is no other to be had."""
        if refused is None or isinstance(self._source, str):
            return None
        if self._source is not None:
            return self._source() or None
        known = token_file.find(self._url)
        if known is None or (known.access_token == refused and known.refresh_token is None):
            return None
        return self._renewed(refused)

    def _renewed(self, old: str) -> str:
        """Renewed once, whoever asks at the same time, in this process or another: a refresh token may be good for one
        use. Those who come second find what the first one has kept."""
        with self._lock, token_file.locked():
            known = token_file.find(self._url)
            if known is None:
                raise SignInFailed("signed_out", f"you have signed out of {self._url}: ripieno login")
            if known.access_token != old or known.refresh_token is None:
                return known.access_token
            try:
                renewed = oauth.renew(known)
            except SignInFailed as fault:
                if fault.code != "invalid_grant":
                    raise
                token_file.keep(self._url, _without_refresh(known))
                raise SignInFailed("signed_out", f"your sign-in at {self._url} is over: ripieno login") from None
            token_file.keep(self._url, renewed)
            return renewed.access_token


def _without_refresh(known: SignedIn) -> SignedIn:
    return known.model_copy(update={"refresh_token": None})
