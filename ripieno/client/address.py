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


def local_token(home: Path) -> str | None:
    """The token of this user's commands at the stack whose folder is `home`, where that wants one: under Core Tools,
    which listen on every interface."""
    if os.environ.get("RIPIENO_URL"):
        return os.environ.get("RIPIENO_TOKEN") or None
    try:
        name = json.loads((home / "stack.json").read_text())["token_file"]
        return (home / name).read_text().strip() if name else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def network_url(home: Path) -> str | None:
    """Where the stack whose folder is `home` serves the network, None where it does not."""
    try:
        found = json.loads((home / "stack.json").read_text())["lan_url"]
        return str(found) if found else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _would_be() -> str:
    for pair in os.environ.get("RIPIENO_PORTS", "").split(","):
        name, _, port = pair.partition("=")
        if name.strip() == "host" and port.strip().isdecimal():
            return f"http://127.0.0.1:{port.strip()}"
    return DEFAULT_URL


def part(identifier: str) -> str:
    """An id or a name as one part of a path."""
    return quote(identifier, safe="")
