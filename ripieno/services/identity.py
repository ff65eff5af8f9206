"""Who is asking. Behind Easy Auth the platform says so; elsewhere there is one owner, `local`."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping

from ripieno.services.settings import settings

LOCAL_OWNER = "local"
_PLAIN = re.compile(r"[A-Za-z0-9_.@-]{1,64}")


def owner_of(headers: Mapping[str, str]) -> str:
    """The owner that a request acts for.

    The Easy Auth header is only trusted where `RIPIENO_TRUST_EASY_AUTH=1` says that nothing but the platform can set
    it.
    """
    principal = headers.get("x-ms-client-principal-id") if settings().trust_easy_auth else None
    if not principal:
        return LOCAL_OWNER
    return principal if _PLAIN.fullmatch(principal) else hashlib.sha256(principal.encode()).hexdigest()[:40]
