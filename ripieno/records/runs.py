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
from ripieno.records import quotas, rows
from ripieno.records.quotas import Wants
from ripieno.services import behalf
from ripieno.services.storage import table

_PROPERTY_CHARACTERS = 30_000
_WITHOUT_PLACE = {"RemovalOrchestrator", "AccountRemovalOrchestrator", "CancelOrchestrator", "IngestOrchestrator"}
"""Workflows that free something, or that wait until there is a place."""


def note(
    run: Run, *, not_before: datetime | None = None, wants: Wants = quotas.NOTHING, is_let_in: bool | None = None
) -> None:
    """Note a run that is about to be asked for; noting it again changes nothing that matters.

    Parameters
    ----------
    not_before : a moment up to which nobody but its asker is to look after it
    wants : what it takes beside its place
    is_let_in : it goes on with what was let in before, and is only counted; None: that is so where nobody asks

    Raises
    ------
    quotas.OverQuota
        Where its owner has no place for another.
    """
    _hold_place(run, wants, is_let_in)
    note_unasked(run, not_before=not_before)


def note_unasked(run: Run, *, not_before: datetime | None = None) -> None:
    """The same of one that takes no place: it is noted so that what its asker leaves behind is found."""
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
    """It has ended: it is looked after no more, and holds no place."""
    table(names.RUNS).delete_entity(run.owner, run.instance_id)
    if run.orchestrator not in _WITHOUT_PLACE:
        quotas.give_back(run.owner, run.instance_id)


def _hold_place(run: Run, wants: Wants, is_let_in: bool | None) -> None:
    """Whoever asks has their quota asked. Raises `quotas.OverQuota`."""
    if run.orchestrator in _WITHOUT_PLACE:
        return
    asker = behalf.current()
    roles = asker.roles if asker is not None and asker.owner == run.owner else None
    was_let_in = roles is None if is_let_in is None else is_let_in
    quotas.hold(run.owner, run.instance_id, roles=roles, wants=wants, is_let_in=was_let_in)


def _run(row: Any) -> Run:
    return Run(
        owner=row["PartitionKey"],
        instance_id=row["RowKey"],
        orchestrator=row["orchestrator"],
        order=json.loads(row["order"]),
        asked_at=row["asked_at"],
    )
