"""A recording of the terminal as a picture: commands that are really run, and what they print, as SVG."""

from __future__ import annotations

import re
import subprocess
from html import unescape
from pathlib import Path

from rich.console import Console
from rich.terminal_theme import TerminalTheme
from rich.text import Text

WIDTH = 112
_THEME = TerminalTheme(
    (22, 24, 29), (222, 226, 233),
    [(22, 24, 29), (240, 113, 120), (140, 208, 140), (232, 194, 110), (122, 170, 240), (200, 150, 230), (110, 200, 210),
     (222, 226, 233)],
)  # fmt: skip
_FONTS = "ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace"


def record(commands: list[str], *, cwd: Path, env: dict[str, str]) -> str:
    """Run commands one after the other in a terminal of our own width, and draw what stood there."""
    console = Console(record=True, width=WIDTH, file=Path("/dev/null").open("w"), force_terminal=True)  # noqa: SIM115
    for command in commands:
        done = subprocess.run(
            ["bash", "-c", command],
            cwd=cwd,
            env=env | {"FORCE_COLOR": "1", "COLUMNS": str(WIDTH)},
            capture_output=True,
            text=True,
            timeout=300,
            check=True,
        )
        console.print(Text.assemble(("$ ", "bold green"), (command, "bold")))
        console.print(Text.from_ansi(done.stdout.rstrip().replace(str(Path.home()), "~")), soft_wrap=False)
        console.print()
    console.file.close()
    drawn = console.export_svg(title="ripieno", theme=_THEME)
    drawn = re.sub(r"@font-face \{.*?\}|<!--.*?-->", "", drawn, flags=re.S)  # fonts of another host
    return re.sub(r"font-family: Fira Code[^;]*;|font-family: arial;", f"font-family: {_FONTS};", drawn)


def words(drawn: str) -> list[str]:
    """What a recording says, less what differs from run to run: figures, ids, and how wide they are."""
    lines = re.findall(r"<text[^>]*>(.*?)</text>", drawn)
    said = " ".join(unescape(line).replace("\xa0", " ") for line in lines)
    return re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}|\d[\d.:]*[0-9a-f]*", "#", said).split()
