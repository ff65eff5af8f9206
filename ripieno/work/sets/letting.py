"""What a version of a set is let in with: the new audio of the bridges that may be composed for it.

Which bridges are missing is known once it is planned; until then it holds what they may take at most.
"""

from __future__ import annotations

from ripieno.contracts.dj_sets import DjSet
from ripieno.contracts.workflow import Run
from ripieno.records import runs
from ripieno.records.quotas import Wants
from ripieno.work import composing

MOST_BRIDGES = 3  # of one set
LEAST_SECONDS, MOST_SECONDS = 30.0, 120.0  # of a bridge


def note(run: Run, known: DjSet) -> None:
    """Note the run of a version. Raises `quotas.OverQuota`."""
    bridges = max(0, MOST_BRIDGES - len(known.bridges)) if known.order.bridges else 0
    runs.note(run, wants=Wants(generation_seconds=bridges * composing.likely_seconds(MOST_SECONDS)))
