"""A Dockerfile as its instructions and stages; enough of the language for the rules on ours."""

from __future__ import annotations

import json
import re
import shlex
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Instruction:
    line: int
    word: str
    rest: str


@dataclass
class Stage:
    """`base` is an image, or an earlier stage that it goes on from."""

    name: str
    base: str
    line: int
    instructions: list[Instruction] = field(default_factory=list)


def instructions(path: Path) -> list[Instruction]:
    found = []
    text = path.read_text()
    escape = "`" if text.startswith("# escape=`") else "\\"
    begun, whole = 0, ""
    for number, line in enumerate(text.splitlines(), 1):
        if not whole and (not line.strip() or line.lstrip().startswith("#")):
            continue
        begun = begun if whole else number
        whole += line.strip().removesuffix(escape) + " "
        if line.rstrip().endswith(escape):
            continue
        word, _, rest = whole.strip().partition(" ")
        found.append(Instruction(begun, word.upper(), rest.strip()))
        whole = ""
    return found


def stages(path: Path) -> list[Stage]:
    found: list[Stage] = []
    for one in instructions(path):
        if one.word == "FROM":
            parts = re.fullmatch(r"(?:--platform=\S+ )?(\S+)(?: +[Aa][Ss] +(\S+))?", one.rest)
            base, name = (parts[1], parts[2] or "") if parts else (one.rest, "")
            found.append(Stage(name, base, one.line))
        elif found:
            found[-1].instructions.append(one)
    return found


def inherited(stage: Stage, every: list[Stage]) -> list[Instruction]:
    """What a stage is told, what it goes on from first."""
    before = next((one for one in every if one.name and one.name == stage.base), None)
    return [*(inherited(before, every) if before else []), *stage.instructions]


def copied(one: Instruction) -> tuple[str | None, list[str]]:
    """From which stage (None: from the folder that is built), and what, of a COPY."""
    words = json.loads(one.rest) if one.rest.startswith("[") else shlex.split(one.rest, posix="\\" not in one.rest)
    source = next((word.removeprefix("--from=") for word in words if word.startswith("--from=")), None)
    named = [word for word in words if not word.startswith("--")]
    return source, named[:-1]
