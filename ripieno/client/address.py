"""Where Ripieno is."""

from __future__ import annotations

import json
import os
from pathlib import Path
from urllib.parse import quote

DEFAULT_URL = "http://127.0.0.1:7071"


def local_url(home: Path) -> str:
    """The address to use: `RIPIENO_URL`, else that of the stack whose folder is `home`, else where one would be: the
    default, or the host's port of `RIPIENO_PORTS`."""
    if os.environ.get("RIPIENO_URL"):
        return os.environ["RIPIENO_URL"]
    try:
        return str(json.loads((home / "stack.json").read_text())["url"])
    except (OSError, ValueError, KeyError, TypeError):
        return _would_be()


def _would_be() -> str:
    for pair in os.environ.get("RIPIENO_PORTS", "").split(","):
        name, _, port = pair.partition("=")
        if name.strip() == "host" and port.strip().isdecimal():
            return f"http://127.0.0.1:{port.strip()}"
    return DEFAULT_URL


def part(identifier: str) -> str:
    """An id or a name as one part of a path."""
    return quote(identifier, safe="")
