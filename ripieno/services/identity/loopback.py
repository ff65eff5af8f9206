"""Which requests came over the loopback interface: the embedded host's word for it, and nobody else's.

`local` knows everybody who reaches it as the owner, so that it is worth what the host in front of it checks. The
embedded host listens on 127.0.0.1 and checks `Host` and `Origin`; Core Tools and the Functions image listen on every
interface, and a `Host` header proves nothing there. So a host vouches, and without that nobody is local.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Mapping
from urllib.parse import urlsplit

HEADER = "x-ripieno-loopback"
NAMES = ("127.0.0.1", "localhost", "::1")


class _Vouched:
    """What the host of this process said, once, before it loaded the app."""

    def __init__(self) -> None:
        self.by_host = False
        self.proof: str | None = None


_vouched = _Vouched()


def vouch() -> None:
    """The host listens on 127.0.0.1 alone, and checks `Host` and `Origin`: all its requests are local."""
    _vouched.by_host, _vouched.proof = True, None


def vouch_for_each() -> str:
    """The host listens elsewhere too: those requests alone are local that carry the proof, returned here, in `HEADER`.

    The host takes that header off whatever comes in before it sets it.
    """
    _vouched.by_host, _vouched.proof = True, secrets.token_urlsafe(32)
    return _vouched.proof


def take_back() -> None:
    """Nobody vouches any longer, as in a process that has just begun."""
    _vouched.by_host, _vouched.proof = False, None


def is_vouched() -> bool:
    return _vouched.by_host


def is_proven(headers: Mapping[str, str]) -> bool:
    """Whether a request came over the loopback interface, and for a name of it."""
    if not _vouched.by_host or not _is_ours(headers.get("host")):
        return False
    if _vouched.proof is None:
        return True
    return hmac.compare_digest(headers.get(HEADER, "").encode(errors="replace"), _vouched.proof.encode())


def _is_ours(host: str | None) -> bool:
    """Whether a `Host` header names the loopback interface; a request without one was never sent by HTTP."""
    if host is None:
        return True
    try:
        name = urlsplit(f"//{host}").hostname
    except ValueError:
        return False
    return name in NAMES and "@" not in host
