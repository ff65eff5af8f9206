"""Cursors: where a listing goes on, as text that a URL can carry, and that says for which listing it was made."""

from __future__ import annotations

import base64
import json


class BadCursor(ValueError):
    """The cursor was not made by this listing."""


def write(listing: str, key: str) -> str:
    """The cursor of the page that comes after `key`."""
    return base64.urlsafe_b64encode(json.dumps([listing, key]).encode()).decode().rstrip("=")


def read(cursor: str | None, listing: str) -> str | None:
    """The key to go on after, None without a cursor. Raises `BadCursor`."""
    if cursor is None:
        return None
    try:
        made_for, key = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (ValueError, TypeError, RecursionError):
        made_for, key = None, None
    if not isinstance(key, str) or not (key.isascii() and key.isprintable()):
        raise BadCursor("the cursor cannot be read: use next_cursor of the page before, unchanged")
    if made_for != listing:
        raise BadCursor("the cursor belongs to a query with other filters: start again without a cursor")
    return key
