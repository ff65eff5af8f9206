"""Write infra/docker/.env: the tokens, keys and secrets of one machine's containers, which no other machine has.

    python3 infra/docker/make_env.py

A file that is there is kept: with other keys its library could not be opened. Only its owner may read it, and git does
not see it.
"""

from __future__ import annotations

import base64
import os
import secrets
import sys
from pathlib import Path

PLACE = Path(__file__).with_name(".env")
ACCOUNT = "ripieno"


def values() -> dict[str, str]:
    """Everything that compose.yaml asks for, made anew."""
    storage_key = _base64(64)
    at = "http://127.0.0.1"
    return {
        "AZURITE_ACCOUNTS": f"{ACCOUNT}:{storage_key}",
        "STORAGE_CONNECTION": (
            f"DefaultEndpointsProtocol=http;AccountName={ACCOUNT};AccountKey={storage_key};"
            f"BlobEndpoint={at}:10000/{ACCOUNT};QueueEndpoint={at}:10001/{ACCOUNT};TableEndpoint={at}:10002/{ACCOUNT};"
        ),
        "RIPIENO_TOKENS": f"local:Admin={secrets.token_urlsafe(32)}",
        "RIPIENO_ENDPOINT_KEYS": secrets.token_urlsafe(32),
        "RIPIENO_CALLBACK_SECRETS": _webhook_secret(),
        "RIPIENO_DIRECT_SECRETS": _webhook_secret(),
        "RIPIENO_WEBHOOK_SECRETS": _webhook_secret(),
    }


def write(place: Path = PLACE) -> bool:
    """False where it is there already."""
    try:
        descriptor = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return False
    with os.fdopen(descriptor, "w") as file:
        file.writelines(f"{name}='{value}'\n" for name, value in values().items())
    return True


def _webhook_secret() -> str:
    return f"whsec_{_base64(32)}"


def _base64(size: int) -> str:
    return base64.b64encode(secrets.token_bytes(size)).decode()


if __name__ == "__main__":
    print(f"{PLACE} is made" if write() else f"{PLACE} is there already, and is kept", file=sys.stderr)
    print("your token is behind local:Admin= in it: RIPIENO_TOKEN=… ripieno whoami", file=sys.stderr)
