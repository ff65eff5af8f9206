"""The keys of an OpenID Connect issuer: found by discovery, kept, and fetched anew when they change.

OpenID Connect Discovery 1.0, 4; JSON Web Key Sets, RFC 7517.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

import httpx

from ripieno.services.identity.refusals import Unavailable

log = logging.getLogger("ripieno.identity")
DISCOVERY = "/.well-known/openid-configuration"
FRESH_SECONDS = 3600.0
STALE_SECONDS = 24 * 3600.0
"""How long keys are taken for good while the issuer does not answer."""

_PAUSE_SECONDS = 5.0  # after a fetch that failed
_REFETCHES, _REFETCH_SECONDS = 3, 60.0  # for the sake of unknown keys: who invents some does not hammer the issuer
_TIMEOUT = httpx.Timeout(5.0, connect=3.0)
_MOST_SECONDS = 10.0  # for a whole answer, however evenly it drips
_WAIT_SECONDS = 3.0  # of who has an unknown key, for another thread that asks
_MOST_BYTES = 1 << 20
_LOOPBACK = ("127.0.0.1", "localhost", "::1")
_ASYMMETRIC = ("RSA", "EC", "OKP")


def is_address(url: str) -> bool:
    """Whether somebody can be asked there for keys that are believed: by TLS, or on this machine."""
    try:
        parts = urlsplit(url)
        return bool(parts.hostname) and (
            parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK)
        )
    except ValueError:
        return False


class Keys:
    """Of one issuer. Threads may share it: one at a time asks the issuer, and whoever has a known key waits for nobody,
    however slowly it answers."""

    def __init__(self, issuer: str, *, clock: Callable[[], float] = time.monotonic):
        self._issuer, self._clock = issuer, clock
        self._asking = threading.Lock()
        self._keys: dict[str, dict[str, Any]] = {}
        self._fetched: float | None = None
        self._failed: float | None = None
        self._times_asked = 0
        self._refetched: deque[float] = deque(maxlen=_REFETCHES)

    def find(self, kid: str) -> dict[str, Any] | None:
        """A public key by its id, None where the issuer has none of that id.

        Raises
        ------
        Unavailable
            Where the issuer does not answer, and no keys of it are known.
        """
        age, known = self._age(), self._keys.get(kid)
        if known is not None and age < FRESH_SECONDS:
            return known
        if known is not None and age < STALE_SECONDS:
            self._renew_unless_another_does()
            return self._keys.get(kid)
        return self._asked_for(kid)

    def _renew_unless_another_does(self) -> None:
        if self._asking.acquire(blocking=False):
            try:
                if self._age() >= FRESH_SECONDS:
                    self._renew()
            finally:
                self._asking.release()

    def _asked_for(self, kid: str) -> dict[str, Any] | None:
        """A key that is not known, or too old. What another thread was told while this one waited is enough."""
        before = self._times_asked
        if not self._asking.acquire(timeout=_WAIT_SECONDS):
            raise _silent()
        try:
            if self._times_asked == before and (self._age() >= FRESH_SECONDS or self._may_refetch()):
                self._renew()
            if kid not in self._keys and self._failed is not None:
                raise _silent()  # it may have a new key, and cannot be asked
            return self._keys.get(kid)
        finally:
            self._asking.release()

    def _age(self) -> float:
        return self._clock() - self._fetched if self._fetched is not None else float("inf")

    def _may_refetch(self) -> bool:
        now = self._clock()
        if len(self._refetched) == _REFETCHES and now - self._refetched[0] < _REFETCH_SECONDS:
            return False
        self._refetched.append(now)
        return True

    def _renew(self) -> None:
        begun = self._clock()
        if self._failed is None or begun - self._failed >= _PAUSE_SECONDS:
            try:
                self._keys = fetched(self._issuer)
                self._fetched, self._failed = begun, None
            except (httpx.HTTPError, httpx.InvalidURL, ValueError, KeyError, TypeError) as fault:
                self._failed = self._clock()  # afterwards: it may have taken longer than the pause
                log.warning("the keys of %s cannot be had: %s: %s", self._issuer, type(fault).__name__, fault)
            self._times_asked += 1
        if self._age() >= STALE_SECONDS:
            self._keys = {}
            raise _silent()


def _silent() -> Unavailable:
    return Unavailable(
        "who signs the tokens does not answer, so that this one cannot be checked: try again in a moment",
        int(_PAUSE_SECONDS),
    )


def fetched(issuer: str) -> dict[str, dict[str, Any]]:
    """The signing keys that an issuer publishes, by their ids."""
    with httpx.Client(timeout=_TIMEOUT) as http:
        document = _json(http, issuer.rstrip("/") + DISCOVERY)
        if document["issuer"] != issuer:  # OpenID Connect Discovery, 4.3
            raise ValueError(f"the document at {issuer} is of the issuer {document['issuer']}")
        if not is_address(document["jwks_uri"]):
            raise ValueError(f"{issuer} has its keys at {document['jwks_uri']}, which is no https address")
        listed = _json(http, document["jwks_uri"])["keys"]
    return {
        key["kid"]: key
        for key in listed
        if isinstance(key, dict)
        and isinstance(key.get("kid"), str)
        and key.get("kty") in _ASYMMETRIC
        and key.get("use", "sig") == "sig"
    }


def _json(http: httpx.Client, url: str) -> Any:
    until = time.monotonic() + _MOST_SECONDS
    with http.stream("GET", url) as answer:
        answer.raise_for_status()
        if answer.is_redirect:
            raise ValueError(f"{url} leads elsewhere")
        whole = bytearray()
        for part in answer.iter_bytes():
            whole += part
            if len(whole) > _MOST_BYTES:
                raise ValueError(f"{url} has more than keys")
            if time.monotonic() > until:
                raise ValueError(f"{url} speaks without an end")
    return httpx.Response(200, content=bytes(whole)).json()


@lru_cache(maxsize=8)
def keys_of(issuer: str) -> Keys:
    """The keys of an issuer, the same for the whole process."""
    return Keys(issuer)
