"""What `ripieno login` keeps: a token for each address, in a file that nobody else can read.

It is `RIPIENO_TOKEN_FILE`, else `ripieno/tokens.json` in the user's folder for settings. It is written whole and in
one step, so that nobody ever reads half of it; who changes it holds its lock, since two commands may run at once.
"""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

from filelock import FileLock
from pydantic import BaseModel, ValidationError

LOCK_SECONDS = 60.0


class SignedIn(BaseModel):
    """One address' token. Without `refresh_token` it cannot be renewed; `device_id` is that of a paired device."""

    access_token: str
    expires_at: float | None = None
    renew_at: float | None = None
    refresh_token: str | None = None
    issuer: str | None = None
    client_id: str | None = None
    scopes: list[str] = []
    device_id: str | None = None


def path() -> Path:
    """Where the file is."""
    if os.environ.get("RIPIENO_TOKEN_FILE"):
        return Path(os.environ["RIPIENO_TOKEN_FILE"])
    settings = os.environ.get("APPDATA") if os.name == "nt" else os.environ.get("XDG_CONFIG_HOME")
    return (Path(settings) if settings else Path.home() / ".config") / "ripieno" / "tokens.json"


def find(url: str) -> SignedIn | None:
    """What is kept for an address; None also where the file is none of ours."""
    try:
        return SignedIn.model_validate(_read().get(url.rstrip("/")))
    except ValidationError:
        return None


def keep(url: str, signed_in: SignedIn | None) -> None:
    """Keep this for an address, or nothing. Whoever calls holds the lock (`locked`)."""
    known = _read()
    if known.pop(url.rstrip("/"), None) is None and signed_in is None:
        return
    if signed_in is not None:
        known[url.rstrip("/")] = signed_in.model_dump(exclude_none=True)
    target = path()
    handle, scratch = tempfile.mkstemp(prefix=".tokens-", dir=target.parent)  # 0600 from its first byte on
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump(known, file, indent=1)
            file.flush()
            os.fsync(file.fileno())
        Path(scratch).replace(target)
    except BaseException:
        with contextlib.suppress(OSError):
            Path(scratch).unlink()
        raise


@contextlib.contextmanager
def locked() -> Iterator[None]:
    """Hold the file's lock. Whoever dies lets go of it. Raises `TimeoutError`."""
    path().parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with FileLock(path().with_suffix(".lock"), timeout=LOCK_SECONDS, mode=0o600):
        yield


def _read() -> dict[str, dict]:
    try:
        found = json.loads(path().read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
