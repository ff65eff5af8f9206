"""Make the package of the Functions app: what git knows and .funcignore lets through; the same files, the same bytes.

python infra/package.py APP.ZIP
"""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pathspec

ROOT = Path(__file__).resolve().parents[1]
_WHEN = (2000, 1, 1, 0, 0, 0)


def files(root: Path = ROOT) -> list[str]:
    ignored = pathspec.GitIgnoreSpec.from_lines((root / ".funcignore").read_text().splitlines())
    found = set(ignored.match_tree_files(root, negate=True))
    if (root / ".git").exists():  # what somebody left lying there is not shipped
        known = subprocess.run(["git", "ls-files", "-z"], cwd=root, capture_output=True, check=True, text=True).stdout
        found &= set(known.split("\0"))
    return sorted(found)


def pack(target: Path, root: Path = ROOT) -> None:
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as package:
        for name in files(root):
            about = zipfile.ZipInfo(Path(name).as_posix(), _WHEN)
            about.compress_type = zipfile.ZIP_DEFLATED
            about.external_attr = 0o644 << 16
            package.writestr(about, (root / name).read_bytes())


if __name__ == "__main__":
    pack(Path(sys.argv[1]))
