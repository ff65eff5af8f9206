"""What each owner used, by month and day (UTC): each thing counted once, by its id.

    {owner}        month|2026-11               sums: what bills are written from
    {owner}        day|2026-11-27              sums: what daily quotas are held against
    {owner}        stored                      sums: the bytes that lie there now, and up to when their time is counted
    {owner}        of|2026-11|{what}|{hash}    entries, each part of its month and day; of ids hashes alone are kept
    {owner}        stored|{thing}              entries: the bytes of a song, work or voice
    owners|{month} {owner}                     who used anything in a month
    owners|stored  {owner}                     who had anything lying there
    owners|held    {owner}                     who asked for a place of late (`quotas`)
    expired|       at                          where in the table what is old was last looked for

A month's name is that of the thing's own time, which is the same whenever it is said again. A name within a sum is a
unit, and what it is of: `gpu_ms|generation|musicgen`. Amounts are whole: milliseconds, bytes, byte-seconds, tokens.
"""

from __future__ import annotations

import hashlib
import json
import math
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import groupby
from typing import Any

from azure.core.exceptions import ResourceNotFoundError
from azure.data.tables import UpdateMode

from ripieno.contracts import names
from ripieno.records import rows, tally
from ripieno.records.tally import Amounts, Entry, Sums
from ripieno.services.storage import table

STORED, HELD = "stored", "held"
_READERS = 8
_KEEP_ENTRIES_MONTHS = 3
_EXPIRED = ("expired|", "at")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def month_of(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m}"


def day_of(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d}"


def month_sum(moment: datetime) -> str:
    return f"month|{month_of(moment)}"


def day_sum(moment: datetime) -> str:
    return f"day|{day_of(moment)}"


# -- what is counted ----------------------------------------------------------------------------------------------


def song(owner: str, song_id: str, born: str, seconds: float, at: datetime) -> Entry:
    """One life of a song, taken in."""
    return used(owner, "song", f"{song_id}-{born}", {"songs": 1, "song_ms": _ms(seconds)}, at)


def job(
    owner: str, job_id: str, *, endpoint: str, engine: str, device: str | None, seconds: float, made_seconds: float,
    at: datetime,
) -> None:  # fmt: skip
    """A job at an endpoint that has ended, well or not; of a further attempt the id is another.

    `device` is that of its engine's signature: what is not a processor counts as a GPU. `made_seconds` are those of new
    audio, of each stem.
    """
    machine = "endpoint_ms" if device in (None, "cpu") else "gpu_ms"
    what = f"{endpoint}|{engine}" if machine == "endpoint_ms" else f"{endpoint}|{engine}|{device}"
    amounts = {f"{machine}|{what}": _ms(seconds), "generated_ms": _ms(made_seconds), "jobs": 1}
    count(owner, [used(owner, "job", job_id, amounts, at)])


def tokens(owner: str, answer_id: str, model: str, tokens_in: int, tokens_out: int, at: datetime) -> None:
    """What a language model read and wrote for one question."""
    amounts = {f"tokens_in|{model}": tokens_in, f"tokens_out|{model}": tokens_out}
    count(owner, [used(owner, "answer", answer_id, amounts, at)])


def stored(owner: str, thing: str, size_bytes: int, *, now: datetime | None = None) -> bool:
    """Have a song, work or voice (`song|{id}|{born}`) be of so many bytes, 0 when it is gone; whether that is new."""
    entry = stored_entry(thing, size_bytes)
    if entry.amounts:
        _note_owner(owner, month_of(now or datetime.now(UTC)))
    return tally.put(names.USAGE, owner, [entry], judge=lambda before, added: carried(owner, before, added, now))


def stored_entry(thing: str, size_bytes: int) -> Entry:
    return Entry(f"{STORED}|{thing}", {"bytes": size_bytes} if size_bytes > 0 else {}, (STORED,))


def used(owner: str, what: str, its_id: str, amounts: Amounts, at: datetime) -> Entry:
    """An entry of the month and day of `at`, once."""
    _note_owner(owner, month_of(at))
    kept = {name: value for name, value in amounts.items() if value > 0}
    return Entry(f"of|{month_of(at)}|{what}|{_key(its_id)}", kept, (month_sum(at), day_sum(at)), once=True)


def count(owner: str, entries: Iterable[Entry]) -> bool:
    return tally.put(names.USAGE, owner, [entry for entry in entries if entry.amounts])


def carried(owner: str, before: Sums, added: Sums, now: datetime | None = None) -> Sums:
    """The time that what lies there has lain since it was last counted, for the months that it was; a judge of `tally`
    adds it whenever bytes change."""
    if STORED not in added:
        return {}
    moment = now or datetime.now(UTC)
    known, until = before.get(STORED, {}), int((moment - _EPOCH).total_seconds())
    lain = _byte_seconds(known, until)
    for month in lain:
        _note_owner(owner, month)
    sums: Sums = {f"month|{month}": {"byte_seconds": value} for month, value in lain.items()}
    return sums | {STORED: {"counted_to": max(0, until - known.get("counted_to", 0))}}


def _byte_seconds(known: Amounts, until: int) -> dict[str, int]:
    """By month, what was not counted yet of the bytes that lie there."""
    since, size = known.get("counted_to", until), known.get("bytes", 0)
    found: dict[str, int] = {}
    while size and since < until:
        moment = _EPOCH + timedelta(seconds=since)
        end = min(until, int((next_month(moment) - _EPOCH).total_seconds()))
        found[month_of(moment)] = found.get(month_of(moment), 0) + size * (end - since)
        since = end
    return found


# -- what was used ------------------------------------------------------------------------------------------------


def of_month(owner: str, month: str, *, now: datetime | None = None) -> Amounts:
    """All that an owner used in a month (`2026-11`), what lies there up to this moment."""
    found = tally.sum_of(names.USAGE, owner, f"month|{month}")
    moment = now or datetime.now(UTC)
    waiting = _byte_seconds(tally.sum_of(names.USAGE, owner, STORED), int((moment - _EPOCH).total_seconds()))
    more = waiting.get(month, 0)
    return found | {"byte_seconds": found.get("byte_seconds", 0) + more} if more else found


def of_all(month: str) -> Iterator[tuple[str, Amounts]]:
    """The same of every owner who used anything in a month, or has something lying there, in the order of their
    names."""
    owners = sorted({*_owners(month), *_owners(STORED)})
    with ThreadPoolExecutor(_READERS) as pool:
        for owner, found in zip(owners, pool.map(lambda one: of_month(one, month), owners), strict=True):
            if found:
                yield owner, found


def bytes_stored(owner: str) -> int:
    return tally.sum_of(names.USAGE, owner, STORED).get("bytes", 0)


def things_stored(owner: str) -> dict[str, int]:
    """The bytes of each song, work and voice (`song|{id}|{born}`) of an owner."""
    found = tally.counted(names.USAGE, owner, f"{STORED}|")
    return {one.key.removeprefix(f"{STORED}|"): one.amounts["bytes"] for one in found}


def owners_with_something_stored() -> list[str]:
    return _owners(STORED)


# -- what expires, and what goes ----------------------------------------------------------------------------------


def is_kept(moment: datetime, *, now: datetime | None = None) -> bool:
    """Whether what the sums of its month are made of is still there: of what is older nobody knows what was counted."""
    return month_of(moment) >= _first_kept(now or datetime.now(UTC))


def expire(now: datetime, *, seconds: float = math.inf) -> int:
    """Forget what the sums of more than three months ago are made of, and their days; the months stay. What there is no
    time for is gone on with the next time. Returns how many rows."""
    until, gone, first = time.monotonic() + seconds, 0, _first_kept(now)
    old = [f"RowKey ge '{kind}' and RowKey lt '{kind}{first}'" for kind in ("of|", "day|")]
    found = table(names.USAGE).query_entities(
        " or ".join(f"({one})" for one in old), select=["PartitionKey", "RowKey"], results_per_page=1000
    )
    pages = found.by_page(_expired_up_to())
    for page in pages:
        for owner, its in groupby(page, key=lambda row: row["PartitionKey"]):
            keys = [row["RowKey"] for row in its]
            tally.forget(names.USAGE, owner, keys)
            gone += len(keys)
        if time.monotonic() >= until:
            break
    _expire_from(pages.continuation_token)  # pyright: ignore[reportAttributeAccessIssue]
    return gone


def _first_kept(now: datetime) -> str:
    month = now.astimezone(UTC).replace(day=1)
    for _ in range(_KEEP_ENTRIES_MONTHS):
        month = (month - timedelta(days=1)).replace(day=1)
    return month_of(month)


def _expired_up_to() -> Any:
    """Where the last search was broken off, None where it came to its end."""
    try:
        return json.loads(table(names.USAGE).get_entity(*_EXPIRED)["at"])
    except ResourceNotFoundError:
        return None


def _expire_from(token: Any) -> None:
    row = {"PartitionKey": _EXPIRED[0], "RowKey": _EXPIRED[1], "at": json.dumps(token or None)}
    table(names.USAGE).upsert_entity(row, mode=UpdateMode.REPLACE)


def delete_of(owner: str) -> int:
    """Forget all that was counted of an owner, who has been here for less than three months: of a visitor nothing
    survives, not even this. Returns how many rows."""
    gone, month = 0, datetime.now(UTC).replace(day=1)
    for row in rows.beginning_with(names.USAGE, "", owner=owner, select=["PartitionKey", "RowKey"]):
        kind, _, its = row["RowKey"].partition("|")
        if kind == "month":
            table(names.USAGE).delete_entity(f"owners|{its}", owner)
        table(names.USAGE).delete_entity(owner, row["RowKey"])
        gone += 1
    for _ in range(3):
        table(names.USAGE).delete_entity(f"owners|{month_of(month)}", owner)
        month = (month - timedelta(days=1)).replace(day=1)
    for of in (STORED, HELD):
        table(names.USAGE).delete_entity(f"owners|{of}", owner)
    return gone


# -- parts --------------------------------------------------------------------------------------------------------


def list_owner(of: str, owner: str) -> None:
    table(names.USAGE).upsert_entity({"PartitionKey": f"owners|{of}", "RowKey": owner}, mode=UpdateMode.REPLACE)


def next_month(moment: datetime) -> datetime:
    first = moment.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    return (first + timedelta(days=32)).replace(day=1)


def _owners(of: str) -> list[str]:
    found = rows.beginning_with(names.USAGE, "", owner=f"owners|{of}", select=["RowKey"], results_per_page=1000)
    return [row["RowKey"] for row in found]


@lru_cache(maxsize=20_000)
def _noted(owner: str, month: str, account: str) -> None:
    for of in (month, STORED):
        list_owner(of, owner)


def _note_owner(owner: str, month: str) -> None:
    """Before anything is counted: who is not in the month's list is on no bill. Once a process."""
    _noted(owner, month, table(names.USAGE).url)


def _ms(seconds: float) -> int:
    return max(0, round(seconds * 1000))


def _key(its_id: str) -> str:
    """What tells a thing from all others, and nobody which it was: songs and works are deleted, and bills stay."""
    return hashlib.sha256(its_id.encode()).hexdigest()[:40]
