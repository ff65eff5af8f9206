"""Whether a release serves: `python infra/smoke.py https://APP`. Ends with 1, and says why, where it does not.

It knows no token: health is for everyone, and what is not must be refused.
"""

from __future__ import annotations

import sys
import time
import urllib.error
import urllib.request

PATIENCE_SECONDS = 300.0
_PAUSE_SECONDS = 5.0


def main(url: str, patience: float = PATIENCE_SECONDS) -> str | None:
    """What is wrong, None where nothing is."""
    url = url.rstrip("/")
    deadline = time.monotonic() + patience
    while True:
        wrong = _wrong(url)
        if wrong is None or time.monotonic() > deadline:
            return wrong
        time.sleep(min(_PAUSE_SECONDS, patience))


def _wrong(url: str) -> str | None:
    status, _ = _get(f"{url}/api/health")  # degraded is well: endpoints that are scaled to zero do not answer
    if status != 200:
        return f"/api/health answered {status}"
    status, described = _get(f"{url}/api/openapi.json")
    if status != 200 or "/ops/backlog" not in described:
        return f"/api/openapi.json answered {status}, or knows no backlog"
    status, _ = _get(f"{url}/api/ops/backlog")
    if status != 401:
        return f"/api/ops/backlog answered {status} to a stranger, not 401"
    return None


def _get(url: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(url, timeout=30) as answer:  # noqa: S310 - whoever releases says where
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as fault:
        return fault.code, ""
    except OSError as fault:
        return 0, str(fault)


if __name__ == "__main__":
    found = main(sys.argv[1])
    print(found or "it serves")
    sys.exit(1 if found else 0)
