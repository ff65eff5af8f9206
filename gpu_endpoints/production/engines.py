"""The kinds of job that production serves, and what does them; quick to import."""

from __future__ import annotations

import json
from pathlib import Path

from ripieno import __version__
from ripieno.contracts.enums import JobKind
from ripieno.services import engines
from ripieno.services.engines import Task

KINDS = frozenset({JobKind.ALIGN, JobKind.CHECK, JobKind.MIX, JobKind.MASTER, JobKind.EXPORT, JobKind.SET})


def describe() -> dict[str, dict]:
    own = {"available": True, "license": "MIT", "detail": f"ripieno {__version__}"}
    board = {"available": True, "license": "GPL-3", "detail": "pedalboard"}
    presets = json.loads(Path(__file__).with_name("mastering.json").read_text())
    return {
        "align": {"rubberband": board}, "check": {"measures": own}, "mix": _declared("mix"),
        "master": {name: about | {"presets": presets} for name, about in _declared("master").items()},
        "export": {"zip": own}, "set": _declared("set"),
    }  # fmt: skip


def _declared(task: Task) -> dict[str, dict]:
    return {
        one.name: {"available": True, "license": one.code, "detail": f"{one.makes} (ripieno {__version__})"}
        for one in engines.of_task(task)
    }
