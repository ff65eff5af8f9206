"""Tokens that whoever runs this Ripieno has written down: for a compose file, a cluster of one's own, a cron job.

`RIPIENO_TOKENS=ann:Admin=TOKEN,ann:Admin=NEXT,radio:Viewer=OTHER`: one owner may have several, so that a token is
changed without anybody being locked out. A token has 32 characters at least: `openssl rand -base64 33` makes one.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Sequence
from dataclasses import dataclass

from ripieno.contracts.enums import Role
from ripieno.services.access import granted
from ripieno.services.identity.caller import Caller, is_plain

LEAST = 32
_FEWEST_KINDS = 8  # of characters: of thirty-two that are one, nothing has to be guessed
_WRITTEN = re.compile(r"[A-Za-z0-9._~+/-]+=*")  # b64token of RFC 6750, 2.1


@dataclass(frozen=True)
class _Known:
    digest: bytes
    owner: str
    role: str


def wrong_with(entries: Sequence[str]) -> str | None:
    """Why these can be no tokens, in a sentence that repeats none of them; None where they can."""
    try:
        _read(entries)
    except ValueError as fault:
        return str(fault)
    return None


def caller_of(token: str, entries: Sequence[str]) -> Caller | None:
    """Whose token it is. It is held against every one of them, and takes as long whichever it is."""
    digest, found = _digest(token), None
    for one in _read(entries):
        if hmac.compare_digest(one.digest, digest):
            found = one
    return Caller(found.owner, granted([found.role]), found.owner, known_by="token") if found is not None else None


def _read(entries: Sequence[str]) -> list[_Known]:
    if not entries:
        raise ValueError(
            "RIPIENO_TOKENS is empty: write owner:Role=token, such as ann:Admin=…, several apart by commas"
        )
    known: dict[bytes, _Known] = {}
    for number, entry in enumerate(entries, 1):
        whose, equals, token = entry.partition("=")
        owner, colon, role = whose.partition(":")
        where = f"RIPIENO_TOKENS, entry {number}"
        if not equals or not colon:
            raise ValueError(f"{where}: write owner:Role=token, such as ann:Admin=…")
        if not is_plain(owner):
            raise ValueError(f"{where}: an owner has 1 to 64 of the characters A-Z a-z 0-9 _ . @ -")
        if role not in set(Role):
            raise ValueError(f"{where}: a role is one of {', '.join(Role)}")
        if len(token) < LEAST or not _WRITTEN.fullmatch(token) or len(set(token)) < _FEWEST_KINDS:
            raise ValueError(
                f"{where}: a token has {LEAST} random characters or more, of A-Z a-z 0-9 . _ ~ + / -: `openssl rand"
                " -base64 33` makes one"
            )
        one = _Known(_digest(token), owner, role)
        if known.setdefault(one.digest, one) != one:
            raise ValueError(f"{where}: the same token is another owner's, or has another role, further up")
    return list(known.values())


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode(errors="surrogatepass")).digest()
