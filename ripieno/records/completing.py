"""Index rows of a new kind, brought to a library that an older version wrote.

A table has a mark, in a partition that no owner can have: which `version` of index rows every document of it has, and
`owner` and `key`, how far the next version has come. Until the mark says that the rows are there, a listing has to do
without them; what is written meanwhile has them already.
"""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import Any

from azure.core.exceptions import ResourceNotFoundError
from azure.data.tables import UpdateMode

from ripieno.records.store import Store
from ripieno.services.storage import table

_PARTITION, _ROW = "|library", "index"
_AT_ONCE = 8
_BATCH = 200

_known: set[tuple[str, int]] = set()  # a table's address and a version that it was seen to have: no version is lost


def is_complete(table_name: str, version: int) -> bool:
    """Whether every document has the index rows of a version; storage is asked until it has."""
    seen = (str(table(table_name).url), version)
    if seen not in _known and _mark(table_name).get("version", 0) >= version:
        _known.add(seen)
    return seen in _known


def go_on(store: Store[Any], table_name: str, version: int, *, seconds: float) -> bool:
    """Bring the rows of a version to as many documents as the time allows; whether all have them now.

    For one caller at a time, as a timer is. Killed between two batches it goes on where it was.
    """
    until = time.monotonic() + seconds
    while not is_complete(table_name, version):
        mark = _mark(table_name)
        after = (mark["owner"], mark["key"]) if mark.get("owner") else None
        batch = [(owner, store.key_of(document)) for owner, document in islice(store.everything(after), _BATCH)]
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            list(pool.map(lambda one: store.index_anew(*one), batch))
        last = {"owner": batch[-1][0], "key": batch[-1][1]} if len(batch) == _BATCH else {"version": version}
        table(table_name).upsert_entity({"PartitionKey": _PARTITION, "RowKey": _ROW, **last}, mode=UpdateMode.REPLACE)
        if time.monotonic() > until:
            break
    return is_complete(table_name, version)


def _mark(table_name: str) -> dict[str, Any]:
    try:
        return dict(table(table_name).get_entity(_PARTITION, _ROW))
    except ResourceNotFoundError:
        return {}
