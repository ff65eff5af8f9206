"""The kinds of job that speech serves, and what does them; quick to import."""

from __future__ import annotations

from ripieno.contracts.enums import JobKind
from ripieno.services import engines

KINDS = frozenset({JobKind.SPEAK, JobKind.TRANSCRIBE})
ONLY_WORDS = "without a recogniser only a transcript works: send what was said as text"


def describe() -> dict[str, dict]:
    found: dict[str, dict[str, dict]] = {"speak": {}, "transcribe": {}}
    for one in engines.of_task("speak"):
        found["speak"][one.name] = {"available": True, "license": one.code, "detail": one.makes}
    for one in engines.of_task("transcribe"):
        why = engines.why_not(one.name)
        detail = f"{why}; {ONLY_WORDS}" if why else one.makes
        found["transcribe"][one.name] = {"available": why is None, "license": one.weights, "detail": detail}
    return found
