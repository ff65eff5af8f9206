"""What the command's exit code says; `ripieno --help` and docs/cli.md list the same."""

from __future__ import annotations

from ripieno.client import NotRunning, RipienoError

WELL = 0
FAILED = 1
BAD_COMMAND = 2
NOT_RUNNING = 3
NOT_FOUND = 4
INTERRUPTED = 130

MEANINGS = {
    WELL: "all went well",
    FAILED: "something failed: a sentence on stderr says what",
    BAD_COMMAND: "the command was not understood",
    NOT_RUNNING: "no Ripieno answers at the address",
    NOT_FOUND: "no song or generation is meant, or several are",
    INTERRUPTED: "Ctrl-C: what the platform was asked for goes on without you",
}


class NotFound(RipienoError):
    """Nothing is meant by what was typed, or several things are."""

    def __init__(self, message: str):
        super().__init__("not_found", message)


def code_of(fault: RipienoError) -> int:
    if isinstance(fault, NotRunning):
        return NOT_RUNNING
    return NOT_FOUND if isinstance(fault, NotFound) or fault.code.endswith("not_found") else FAILED
