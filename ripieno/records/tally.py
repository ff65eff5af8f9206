"""Counts that are exact: what is counted once is counted once, however often it is said.

Conventions
    entry      one thing that is counted, under a key that follows from it: amounts by name, as whole numbers
               (milliseconds, bytes, tokens), and which sums they are part of
    sum        of all entries that are part of it; its cost to read does not grow with them
    transaction an entry and its sums change together, under the sums' ETags: nothing that dies leaves them apart, and
               of ten who want the last place one gets it

Saying an entry again with the same amounts changes nothing; with other amounts, its sums change by the difference; with
none, it is gone from them. All of one partition, as entity group transactions want it.
"""

from __future__ import annotations

import json
import random
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from azure.core import MatchConditions
from azure.core.exceptions import HttpResponseError, ResourceNotFoundError
from azure.data.tables import TableTransactionError, UpdateMode

from ripieno.records import rows
from ripieno.services.storage import table

Amounts = dict[str, int]
Sums = dict[str, Amounts]
MOST_OPERATIONS = 100  # of one transaction
MOST_ENTRIES = 40  # of one transaction: each has its own row, and those of its sums
_MOST_RACES = 100
_LONGEST_PAUSE_SECONDS = 0.5
_RACED = {404, 409, 412}  # somebody wrote, made or removed one of the rows meanwhile
_LOCKS = [threading.Lock() for _ in range(64)]


@dataclass(frozen=True)
class Entry:
    """What is counted under a key. Without amounts it is to be gone; `once`: what was said first stays."""

    key: str
    amounts: Amounts = field(default_factory=dict)
    sums: tuple[str, ...] = ()
    once: bool = False


class OverLimit(RuntimeError):
    """Nothing was counted: a sum would become larger than it may."""


Judge = Callable[[Sums, Sums], Sums | None]
"""Given the sums before and what would be added to each: raises to count nothing; returns more to add."""


def put(table_name: str, partition: str, entries: Iterable[Entry], *, judge: Judge | None = None) -> bool:
    """Have entries say what they are to say, all at once; whether anything changed.

    Raises
    ------
    ValueError
        For more than `MOST_ENTRIES`.
    TimeoutError
        When others were faster a hundred times in a row.
    """
    wanted = list(entries)
    if len(wanted) > MOST_ENTRIES:
        raise ValueError(f"{len(wanted)} entries at once: at most {MOST_ENTRIES}")
    # Those of one process stand in line instead of racing.
    with _LOCKS[hash((table_name, partition)) % len(_LOCKS)]:
        for race in range(_MOST_RACES):
            operations = _operations(table_name, partition, wanted, judge)
            if not operations:
                return False
            try:
                table(table_name).submit_transaction(operations)
            except TableTransactionError as fault:
                if fault.status_code not in _RACED:
                    raise
                time.sleep(min(0.01 * race, _LONGEST_PAUSE_SECONDS) * random.random())
                continue
            return True
    raise TimeoutError(f"{table_name} {partition} was counted in by others {_MOST_RACES} times in a row")


def sum_of(table_name: str, partition: str, key: str) -> Amounts:
    """What a sum has come to; nothing where nothing was counted."""
    return _read(table_name, partition, key)[0]


def entry_of(table_name: str, partition: str, key: str) -> Amounts | None:
    """What an entry says, None where there is none."""
    amounts, etag, _ = _read(table_name, partition, key)
    return amounts if etag else None


@dataclass(frozen=True)
class Counted:
    """An entry or a sum at rest; `written` by the storage service's clock."""

    key: str
    amounts: Amounts
    written: datetime


def counted(table_name: str, partition: str, prefix: str) -> Iterator[Counted]:
    """The entries and sums whose keys begin with `prefix`, in their order."""
    for row in rows.beginning_with(table_name, prefix, owner=partition, results_per_page=1000):
        yield Counted(row["RowKey"], json.loads(row["amounts"]), _written_at(row))


def wrong(table_name: str) -> list[str]:
    """Sums that are not what their entries come to: for invariants. Of a sum whose entries were forgotten nothing is
    known, and nothing said."""
    sums: dict[tuple[str, str], Amounts] = {}
    come_to: dict[tuple[str, str], dict[str, int]] = {}
    for row in table(table_name).query_entities("amounts ge ''"):
        if "sums" not in row:
            sums[row["PartitionKey"], row["RowKey"]] = json.loads(row["amounts"])
            continue
        for name in json.loads(row["sums"]):
            _add(come_to.setdefault((row["PartitionKey"], name), defaultdict(int)), json.loads(row["amounts"]), 1)
    return [
        f"{table_name} {' '.join(key)} says {sums.get(key, {}).get(name, 0)} {name}, and its entries come to {amount}"
        for key, amounts in come_to.items()
        for name, amount in amounts.items()
        if sums.get(key, {}).get(name, 0) != amount
    ]


def forget(table_name: str, partition: str, keys: Iterable[str]) -> None:
    """Remove entries or sums as they are, a hundred at once; no other sum changes. Those that are gone stay gone."""
    gone = [{"PartitionKey": partition, "RowKey": key} for key in keys]
    for first in range(0, len(gone), MOST_OPERATIONS):
        some = gone[first : first + MOST_OPERATIONS]
        try:
            table(table_name).submit_transaction([("delete", row) for row in some])
        except TableTransactionError as fault:
            if fault.status_code != 404:
                raise
            for row in some:  # somebody else is at it, and one that is not there keeps all of them from going
                table(table_name).delete_entity(row)


# -- parts --------------------------------------------------------------------------------------------------------


def _operations(table_name: str, partition: str, wanted: list[Entry], judge: Judge | None) -> list[Any]:
    """The transaction by which the entries come to say what they are to say; empty where they do."""
    operations: list[Any] = []
    added: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for entry in wanted:
        before, etag, sums = _read(table_name, partition, entry.key)
        if (etag and entry.once) or (before == entry.amounts and (not entry.amounts or sums == entry.sums)):
            continue
        for name in sums:
            _add(added[name], before, -1)
        for name in entry.sums if entry.amounts else ():
            _add(added[name], entry.amounts, 1)
        row = _row(partition, entry.key, entry.amounts) | {"sums": json.dumps(entry.sums)}
        operations.append(("delete", row, _if(etag)) if not entry.amounts else _written(row, etag))
    if not operations:
        return []
    known = {name: _read(table_name, partition, name) for name in added}
    if judge is not None:
        more = judge({name: dict(read[0]) for name, read in known.items()}, {n: dict(a) for n, a in added.items()})
        for name, amounts in (more or {}).items():
            _add(added[name], amounts, 1)
            known.setdefault(name, _read(table_name, partition, name))
    for name, amounts in added.items():
        total, etag, _ = known[name]
        changed: dict[str, int] = defaultdict(int, total)
        _add(changed, amounts, 1)
        new = {one: value for one, value in changed.items() if value}
        if new != total or not etag:
            operations.append(_written(_row(partition, name, new), etag))
    return operations


def _written_at(row: Any) -> datetime:
    return row.metadata["timestamp"]


def _add(to: dict[str, int], amounts: Amounts, sign: int) -> None:
    for name, value in amounts.items():
        to[name] += sign * value


def _row(partition: str, key: str, amounts: Amounts) -> dict[str, Any]:
    return {"PartitionKey": partition, "RowKey": key, "amounts": json.dumps(amounts, sort_keys=True)}


def _written(row: dict[str, Any], etag: str | None) -> Any:
    return ("update", row, {"mode": UpdateMode.REPLACE, **_if(etag)}) if etag else ("create", row)


def _if(etag: str | None) -> dict[str, Any]:
    return {"etag": etag, "match_condition": MatchConditions.IfNotModified}


def _read(table_name: str, partition: str, key: str) -> tuple[Amounts, str | None, tuple[str, ...]]:
    """The amounts of an entry or sum, its ETag (None where there is none), and the sums that it is part of."""
    try:
        row = table(table_name).get_entity(partition, key)
    except ResourceNotFoundError:
        return {}, None, ()
    except HttpResponseError as fault:
        if fault.status_code == 404:
            return {}, None, ()
        raise
    return json.loads(row["amounts"]), str(row.metadata["etag"]), tuple(json.loads(row.get("sums") or "[]"))
