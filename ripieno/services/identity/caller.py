"""Whoever a request acts for."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import Literal

from ripieno.contracts.enums import Role

LOCAL_OWNER = "local"
KnownBy = Literal["local", "token", "issuer", "easy_auth", "device", "visitor", ""]
"""What somebody is known by; nothing where nobody is."""

_PLAIN = re.compile(r"[A-Za-z0-9_.@-]{1,64}")


@dataclass(frozen=True)
class Caller:
    """Whoever a request acts for, and what they may do.

    `name` is what people call them, where that is known; `device` the id of the paired device that asks for them.
    """

    owner: str
    roles: frozenset[Role]
    name: str | None = None
    device: str | None = None
    known_by: KnownBy = ""


NOBODY = Caller("", frozenset())
"""The caller of a route for everyone: who it is was not asked."""


def owner_named(name: str) -> str:
    """The owner that somebody is called by: their name where it can stand in every key, else its hash."""
    return name if is_plain(name) else hashlib.sha256(name.encode(errors="surrogatepass")).hexdigest()[:40]


def is_plain(name: str) -> bool:
    """Whether a name can stand in every key as it is."""
    return _PLAIN.fullmatch(name) is not None
