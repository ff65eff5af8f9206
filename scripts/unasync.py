"""Write ripieno/client/_sync from ripieno/client/_async: the same client, without asyncio.

    python scripts/unasync.py            write it
    python scripts/unasync.py --check    say what would change, and fail where something would

A file of the one is a file of the other with the words below replaced, its imports sorted and formatted by ruff.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CLIENT = ROOT / "ripieno" / "client"
WORDS = [
    (r"written once, for asyncio", "without asyncio"),
    (r"ripieno\.client\._async", "ripieno.client._sync"),
    (r"(?<!\w)\(await (\w+\.\w+\([^()]*\))\)", r"\1"),
    (r"\bawait ", ""),
    (r"\basync (def|with|for)\b", r"\1"),
    (r"\basync_(run|sleep)\b", r"\1"),
    (r"\b__a(enter|exit)__\b", r"__\1__"),
    (r"\ba(close|read|iter_bytes)\(", r"\1("),
    (r"\bAsync([A-Z])", r"\1"),
]


def sync(source: str, name: str) -> str:
    """The sync face of a module of the async one, but for its format."""
    for pattern, replacement in WORDS:
        source = re.sub(pattern, replacement, source)
    return f"# Made by scripts/unasync.py from _async/{name}: change that one.\n{source}"


def written() -> dict[str, str]:
    """Every module of the sync face by its file's name."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        for path in (CLIENT / "_async").glob("*.py"):
            (folder / path.name).write_text(sync(path.read_text(), path.name))
        ruff = [sys.executable, "-m", "ruff"]
        config = ["--quiet", "--config", str(ROOT / "pyproject.toml")]
        subprocess.run([*ruff, "check", *config, "--select", "I", "--fix", scratch], check=True, cwd=ROOT)
        subprocess.run([*ruff, "format", *config, scratch], check=True, cwd=ROOT)
        return {path.name: path.read_text() for path in folder.glob("*.py")}


def main(*, check: bool) -> None:
    wanted, target = written(), CLIENT / "_sync"
    there = {path.name: path.read_text() for path in target.glob("*.py")}
    changed = sorted(name for name in wanted.keys() | there.keys() if wanted.get(name) != there.get(name))
    if check:
        sys.exit(f"not as scripts/unasync.py writes it: {', '.join(changed)}" if changed else 0)
    target.mkdir(exist_ok=True)
    for name in changed:
        if name in wanted:
            (target / name).write_text(wanted[name])
        else:
            (target / name).unlink()


if __name__ == "__main__":
    main(check="--check" in sys.argv[1:])
