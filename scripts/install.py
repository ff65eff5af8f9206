"""Make .venv and install a set of requirements into it, once for each version of the requirement files.

    python3 scripts/install.py requirements-local.txt

uv does the installing where it can be had (it is several times faster), else pip. What pip is configured to use as its
index and find-links is handed to uv, which does not read pip's configuration.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
CONSTRAINTS = ROOT / "constraints.txt"
BUILD_TOOLS = ["setuptools", "wheel", "cython", "numpy"]  # what building madmom needs in the environment itself
NOT_WITH_THEIR_DEPENDENCIES = ["tinysoundfont==0.3.7"]  # declares PyAudio, which needs system packages


def main(requirements: Path) -> None:
    if sys.version_info < (3, 11):
        sys.exit(f"Segno needs Python 3.11 or newer, this is {sys.version.split()[0]}: make run PYTHON=python3.11")
    wanted = fingerprint()
    stamp = VENV / f"installed-{requirements.stem}"
    if stamp.exists() and stamp.read_text() == wanted:
        return
    if not PYTHON.exists():
        print("creating .venv", flush=True)
        venv.create(VENV, with_pip=True)
    install = uv_install() or [str(PYTHON), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    print(f"installing {requirements.name} (a few minutes the first time; torch is the largest part)", flush=True)
    constrained = ["-c", str(CONSTRAINTS)]
    run([*install, *constrained, *BUILD_TOOLS])
    run([*install, "--no-deps", *NOT_WITH_THEIR_DEPENDENCIES])
    run([*install, *constrained, "--no-build-isolation", "-r", str(without_exceptions(requirements))])
    run([*install, "--no-deps", "--no-build-isolation", "-e", str(ROOT)])
    stamp.write_text(wanted)


def fingerprint() -> str:
    """Changes when any requirement file does."""
    files = sorted([*ROOT.glob("*requirements*.txt"), *ROOT.glob("gpu_endpoints/**/requirements*.txt"), CONSTRAINTS])
    return hashlib.sha256(b"".join(file.read_bytes() for file in [*files, ROOT / "pyproject.toml"])).hexdigest()


def uv_install() -> list[str] | None:
    """The start of a uv command line, None where uv cannot be had."""
    pip = [str(PYTHON), "-m", "pip"]
    got = subprocess.run([*pip, "install", "--quiet", "--disable-pip-version-check", "uv==0.13.8"], check=False)
    if got.returncode != 0:
        return None
    command = [str(PYTHON), "-m", "uv", "pip", "install", "--quiet", "--python", str(PYTHON)]
    for option, setting in (("--find-links", "find-links"), ("--default-index", "index-url")):
        asked = subprocess.run([*pip, "config", "get", f"global.{setting}"], capture_output=True, text=True, check=False)
        for place in asked.stdout.split() if asked.returncode == 0 else []:
            command += [option, place]
    return command


def without_exceptions(requirements: Path) -> Path:
    """One flat requirement file without the packages that are installed on their own."""
    names = {package.partition("==")[0] for package in NOT_WITH_THEIR_DEPENDENCIES}
    lines = [line for line in flatten(requirements) if line.partition("==")[0] not in names]
    flat = VENV / f"flat-{requirements.name}"
    flat.write_text("\n".join(sorted(set(lines))) + "\n")
    return flat


def flatten(requirements: Path) -> list[str]:
    lines = []
    for line in requirements.read_text().splitlines():
        line = line.partition("#")[0].strip()
        if line.startswith("-r "):
            lines += flatten(requirements.parent / line.removeprefix("-r "))
        elif line:
            lines.append(line)
    return lines


def run(command: list[str]) -> None:
    done = subprocess.run(command, cwd=ROOT, check=False)
    if done.returncode != 0:
        sys.exit(f"could not install: {' '.join(command)}")


if __name__ == "__main__":
    main(ROOT / sys.argv[1])
