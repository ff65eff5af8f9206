"""The kinds of job that production serves, and what does them; quick to import."""

from __future__ import annotations

from ripieno import __version__
from ripieno.contracts.enums import JobKind

KINDS = frozenset({JobKind.ALIGN, JobKind.CHECK, JobKind.MIX, JobKind.MASTER, JobKind.EXPORT})


def describe() -> dict[str, dict]:
    own = {"available": True, "license": "MIT", "detail": f"ripieno {__version__}"}
    board = {"available": True, "license": "GPL-3", "detail": "pedalboard"}
    return {
        "align": {"rubberband": board}, "check": {"measures": own}, "mix": {"sum": own},
        "master": {"pedalboard": board}, "export": {"zip": own},
    }  # fmt: skip
