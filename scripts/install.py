"""Make .venv and install everything that `run` or `test` needs into it, once for each version of the requirement files.

    python3 scripts/install.py run|test|benchmark

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
RUN = [
    "requirements-client.txt",
    "requirements.txt",
    "requirements-local.txt",
    "gpu_endpoints/requirements.txt",
    "gpu_endpoints/analysis/requirements.txt",
    "gpu_endpoints/generation/requirements.txt",
]
EXTRAS = [
    "gpu_endpoints/analysis/requirements-roformer.txt",
    "gpu_endpoints/generation/requirements-models.txt",
    "gpu_endpoints/directml/requirements.txt",
    "gpu_endpoints/directml/requirements-convert.txt",
]
TEST = [*RUN, *EXTRAS, "requirements-dev.txt"]
SETS = {"run": RUN, "test": TEST, "benchmark": [*TEST, "benchmarks/requirements.txt"]}
BUILD_TOOLS = ["setuptools", "wheel", "cython", "numpy"]  # what building madmom needs in the environment itself
NOT_WITH_THEIR_DEPENDENCIES = ["tinysoundfont==0.3.7"]  # declares PyAudio, which needs system packages


def main(chosen: str) -> None:
    if sys.version_info < (3, 11):
        sys.exit(f"Ripieno needs Python 3.11 or newer, this is {sys.version.split()[0]}: make run PYTHON=python3.11")
    wanted = fingerprint()
    stamp = VENV / f"installed-{chosen}"
    if stamp.exists() and stamp.read_text() == wanted:
        return
    if not PYTHON.exists():
        print("creating .venv", flush=True)
        venv.create(VENV, with_pip=True)
    install = uv_install() or [str(PYTHON), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    print(
        f"installing what `make {chosen}` needs (a few minutes the first time; torch is the largest part)", flush=True
    )
    constrained = ["-c", str(CONSTRAINTS)]
    run([*install, *constrained, *BUILD_TOOLS])
    run([*install, "--no-deps", *NOT_WITH_THEIR_DEPENDENCIES])
    run([*install, *constrained, "--no-build-isolation", "-r", str(requirements(SETS[chosen]))])
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
        asked = subprocess.run(
            [*pip, "config", "get", f"global.{setting}"], capture_output=True, text=True, check=False
        )
        for place in asked.stdout.split() if asked.returncode == 0 else []:
            command += [option, place]
    return command


def requirements(files: list[str]) -> Path:
    """One file of all requirements but those that are installed on their own."""
    alone = {package.partition("==")[0] for package in NOT_WITH_THEIR_DEPENDENCIES}
    lines = {line.partition("#")[0].strip() for file in files for line in (ROOT / file).read_text().splitlines()}
    joined = VENV / "requirements.txt"
    joined.write_text("\n".join(sorted(line for line in lines if line and line.partition("==")[0] not in alone)) + "\n")
    return joined


def run(command: list[str]) -> None:
    done = subprocess.run(command, cwd=ROOT, check=False)
    if done.returncode != 0:
        sys.exit(f"could not install: {' '.join(command)}")


if __name__ == "__main__":
    main(sys.argv[1])
