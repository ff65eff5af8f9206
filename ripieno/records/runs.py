"""Workflows that were asked for and have not been seen to end.

A run is noted before anything is begun, and forgotten after its workflow was seen to have ended well, or its record was
told that it did not; so nothing that dies on the way leaves a song, a work or a removal without an end.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from azure.core.exceptions import ResourceNotFoundError
from azure.data.tables import UpdateMode

from ripieno.contracts import names
from ripieno.contracts.workflow import Run
from ripieno.records import rows
from ripieno.services.storage import table

_PROPERTY_CHARACTERS = 30_000


def note(run: Run, *, not_before: datetime | None = None) -> None:
    """Note a run that is about to be asked for; noting it again changes nothing that matters.

    `not_before` is a moment up to which nobody but its asker is to look after it.
    """
    text = json.dumps(run.order)
    if len(text) > _PROPERTY_CHARACTERS:
        raise ValueError(f"the order of {run.instance_id} is too large: orders carry ids")
    table(names.RUNS).upsert_entity(
        {"PartitionKey": run.owner, "RowKey": run.instance_id, "orchestrator": run.orchestrator, "order": text,
         "asked_at": not_before.astimezone(UTC).isoformat() if not_before else run.asked_at}, mode=UpdateMode.REPLACE,
    )  # fmt: skip


def find(owner: str, instance_id: str) -> Run | None:
    try:
        return _run(table(names.RUNS).get_entity(owner, instance_id))
    except ResourceNotFoundError:
        return None


def beginning_with(owner: str, prefix: str) -> list[Run]:
    """The runs of an owner whose instance ids begin with `prefix`."""
    return [_run(row) for row in rows.beginning_with(names.RUNS, prefix, owner=owner)]


def open_since(before: datetime) -> Iterator[Run]:
    """The runs that were asked for before a moment, of every owner: as many as are open, which is few."""
    moment = before.astimezone(UTC).isoformat()
    for row in table(names.RUNS).query_entities("asked_at lt @moment", parameters={"moment": moment}):
        yield _run(row)


def everything() -> Iterator[Run]:
    """Every run that is noted, of every owner: for invariants."""
    for row in table(names.RUNS).list_entities():
        yield _run(row)


def forget(run: Run) -> None:
    table(names.RUNS).delete_entity(run.owner, run.instance_id)


def _run(row: Any) -> Run:
    return Run(
        owner=row["PartitionKey"],
        instance_id=row["RowKey"],
        orchestrator=row["orchestrator"],
        order=json.loads(row["order"]),
        asked_at=row["asked_at"],
    )
