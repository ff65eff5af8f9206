"""The tests that docs/threat-model.md names are there: each row holds something."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
ROWS = [
    line
    for line in (ROOT / "docs" / "threat-model.md").read_text().splitlines()
    if line.startswith("| ") and not line.startswith("| boundary")
]
FILES = {path.name: path for path in (ROOT / "tests").rglob("test_*.py")}


@pytest.mark.parametrize("row", ROWS, ids=range(len(ROWS)))
def test_a_row_names_tests_that_there_are(row):
    cells = [cell.strip() for cell in row.strip("|").split(" | ")]
    assert len(cells) == 4 and all(cells), row
    names = re.findall(r"`([^`]+)`", cells[3])
    assert names, "a boundary that no test holds"
    last = ""
    for name in names:
        path, _, test = name.partition("::")
        last = path.rpartition("/")[2] or last
        assert last in FILES and FILES[last].as_posix().endswith(path), name
        assert not test or f"def {test}(" in FILES[last].read_text(), name
