"""The kinds of job: align, check, mix, master, export, set."""

from __future__ import annotations

from gpu_endpoints.production import aligning, exporting, mastering, mixing, pieces
from gpu_endpoints.production.sets import job as sets
from gpu_endpoints.serving.work import Handler
from ripieno.contracts.enums import JobKind


def load() -> dict[str, Handler]:
    return {
        JobKind.ALIGN: aligning.run,
        JobKind.CHECK: pieces.run,
        JobKind.MIX: mixing.run,
        JobKind.MASTER: mastering.run,
        JobKind.EXPORT: exporting.run,
        JobKind.SET: sets.run,
    }
