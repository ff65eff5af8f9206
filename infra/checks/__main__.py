"""Run the checks of some kinds, or of all: a line a problem, exit 1 where there is any."""

from __future__ import annotations

import importlib
import importlib.util
import sys
import time
from collections.abc import Callable
from pathlib import Path

from infra.checks import KINDS

ROOT = Path(__file__).resolve().parents[2]


def main(wanted: list[str]) -> int:
    there = [kind for kind in KINDS if importlib.util.find_spec(f"infra.checks.{kind}")]
    unknown = sorted(set(wanted) - set(there))
    if unknown:
        print(f"no check is called {', '.join(unknown)}: there are {', '.join(there)}", file=sys.stderr)
        return 2
    found = 0
    for kind in wanted or there:
        began = time.monotonic()
        problems = check_of(kind)(ROOT)
        found += len(problems)
        for problem in problems:
            print(f"{kind}: {problem}")
        told = f"{len(problems)} problems" if problems else "no problem"
        print(f"{kind}: {told} ({time.monotonic() - began:.1f} s)", flush=True)
    return 1 if found else 0


def check_of(kind: str) -> Callable[[Path], list[str]]:
    return importlib.import_module(f"infra.checks.{kind}").problems


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
