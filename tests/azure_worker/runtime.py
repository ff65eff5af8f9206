"""Python 3.13 with Azure's runtime and what requirements.txt installs there; made once, under .ripieno."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

from filelock import FileLock

ROOT = Path(__file__).parents[2]
RUNTIME = "azure-functions-runtime==1.3.0"
PLACE = ROOT / ".ripieno" / "azure-worker"
INSTALL_SECONDS = 600


class NoRuntime(RuntimeError):
    """It cannot be had on this machine; the message says why."""


def python313() -> str:
    """A Python 3.13: on the PATH, or among pyenv's."""
    on_path = shutil.which("python3.13")
    places = [Path(on_path)] if on_path else []
    pyenv = os.environ.get("PYENV_ROOT") or str(Path.home() / ".pyenv")
    places += sorted(Path(pyenv).glob("versions/3.13*/bin/python3.13"))
    for place in places:
        said = subprocess.run(
            [str(place), "-c", "import sys; print(sys.version_info[:2])"], capture_output=True, text=True, check=False
        )
        if said.stdout.strip() == "(3, 13)":
            return str(place)
    raise NoRuntime("there is no Python 3.13 on this machine, and Azure's runtime needs one")


def environment() -> Path:
    """Its Python, with everything installed; raises `NoRuntime`."""
    wanted = hashlib.sha256((ROOT / "requirements.txt").read_bytes() + RUNTIME.encode()).hexdigest()
    python, stamp = PLACE / "bin" / "python", PLACE / "installed"
    PLACE.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(PLACE.with_suffix(".lock"), timeout=INSTALL_SECONDS):
        if stamp.exists() and stamp.read_text() == wanted:
            return python
        shutil.rmtree(PLACE, ignore_errors=True)
        _run([python313(), "-m", "venv", "--without-pip", str(PLACE)])
        _run([*_installer(), "--python", str(python), "-r", str(ROOT / "requirements.txt"), RUNTIME])
        stamp.write_text(wanted)
    return python


def _installer() -> list[str]:
    """uv, told of the places that pip is configured to look at."""
    pip = [sys.executable, "-m", "pip"]
    command = [sys.executable, "-m", "uv", "pip", "install", "--quiet"]
    for option, setting in (("--find-links", "find-links"), ("--default-index", "index-url")):
        asked = subprocess.run(
            [*pip, "config", "get", f"global.{setting}"], capture_output=True, text=True, check=False
        )
        for place in asked.stdout.split() if asked.returncode == 0 else []:
            command += [option, place]
    return command


def _run(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, timeout=INSTALL_SECONDS, check=False)
    if done.returncode != 0:
        raise NoRuntime(f"{' '.join(command[1:4])} … failed: {done.stderr[-600:]}")
