"""Copies of the repository to make mistakes in."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
_TAKEN = ("infra", ".github", "ripieno", "gpu_endpoints", "triggers", "orchestrators", "activities", "scripts", ".ci")
_FILES = (
    "azure.yaml", ".funcignore", ".dockerignore", "constraints.txt", "requirements.txt", "requirements-client.txt",
    "host.json", "function_app.py", "local.settings.sample.json",
)  # fmt: skip
Rules = Callable[[Path], list[str]]


def copy_of_the_tree(folder: Path) -> Path:
    """Everything that the rules look at."""
    ignored = shutil.ignore_patterns("__pycache__")
    for name in _TAKEN:
        shutil.copytree(ROOT / name, folder / name, ignore=ignored)
    for name in _FILES:
        shutil.copyfile(ROOT / name, folder / name)
    return folder


class Tree:
    """One copy for many mistakes: each is taken back."""

    def __init__(self, root: Path, rules: Rules):
        self.root, self._rules = root, rules

    def problems(self) -> list[str]:
        return self._rules(self.root)

    def with_mistake(self, file: str, right: str, wrong: str, *, most: int = -1) -> list[str]:
        """What is said of the tree with `wrong` in the place of `right` in one file: everywhere, or `most` times."""
        path = self.root / file
        before = path.read_text()
        assert right in before, f"{file} has no {right!r} any more: the mistake is none"
        path.write_text(before.replace(right, wrong, most))
        try:
            return self.problems()
        finally:
            path.write_text(before)
