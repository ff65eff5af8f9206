"""Every code that a problem document can have is explained, with the statuses that it comes with, and no other is."""

from __future__ import annotations

import ast
from collections import defaultdict
from pathlib import Path

import pytest

from triggers.problems import CODES, TITLES
from triggers.remedies import REMEDIES

ROOT = Path(__file__).parents[2]
RAISED_IN = ("triggers", "ripieno/local/host", "ripieno/services", "ripieno/work", "ripieno/records")
OF_A_FILE = {"file_too_large": 413, "unsupported_format": 415}  # else 422


def raised() -> dict[str, set[int]]:
    """What the code says where it raises or answers: `ApiError(404, "not_found", …)`, `BadAudio("empty_file", …)`."""
    found: dict[str, set[int]] = defaultdict(set)
    for folder in RAISED_IN:
        for path in (ROOT / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                if not isinstance(node, ast.Call):
                    continue
                name = getattr(node.func, "id", getattr(node.func, "attr", ""))
                said = [one.value if isinstance(one, ast.Constant) else None for one in node.args]
                if name in ("ApiError", "_problem", "problem") and len(said) > 1 and isinstance(said[1], str):
                    assert isinstance(said[0], int)
                    found[said[1]].add(said[0])
                elif name == "BadAudio" and said and isinstance(said[0], str):
                    found[said[0]].add(OF_A_FILE.get(said[0], 422))
    for status, code in CODES.values():
        found[code].add(status)
    return found


def test_every_code_is_explained_with_its_statuses_and_no_other_is():
    assert {code: set(one.statuses) for code, one in REMEDIES.items()} == dict(raised())


@pytest.mark.parametrize("code", REMEDIES)
def test_an_explanation_says_when_and_what_to_do(code):
    assert REMEDIES[code].when and REMEDIES[code].do
    assert all(status in TITLES or status == 504 for status in REMEDIES[code].statuses)
