"""A request's random seed: the user's, or one that follows from the request, so that a job run twice is the same."""

from __future__ import annotations

import hashlib


def of(request_id: str, given: int | None, take: int = 1) -> int:
    """0 <= seed < 2**32."""
    if given is not None and take == 1:
        return given
    digest = hashlib.sha256(f"{request_id} {given} {take}".encode()).digest()
    return int.from_bytes(digest[:4], "big")
