"""Run a program of requirements-infra.txt; one that is not installed is a problem, not a pass."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path


def run(name: str, *arguments: str, cwd: Path, environment: dict[str, str] | None = None) -> tuple[int | None, str]:
    """Its exit code and what it said; None where it is not installed."""
    beside = Path(sys.executable).with_name(name)
    try:
        done = subprocess.run(
            [str(beside), *arguments], cwd=cwd, capture_output=True, text=True, check=False,
            env=os.environ | (environment or {}),
        )  # fmt: skip
    except FileNotFoundError:
        return None, f"{name} is not installed: python3 scripts/install.py infra"
    return done.returncode, done.stdout + done.stderr


def lines(name: str, *arguments: str, cwd: Path, environment: dict[str, str] | None = None) -> list[str]:
    """What it complains of, a line each; none where it is content."""
    code, said = run(name, *arguments, cwd=cwd, environment=environment)
    if code == 0:
        return []
    told = [line for line in said.splitlines() if line.strip()]
    return [f"{name}: {line}" for line in told] or [f"{name} ended with {code}"]
