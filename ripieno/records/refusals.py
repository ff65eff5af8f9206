"""Refusals at rest: a document for each text of an owner that a rule refused, however often it came.

    Refusals   {owner}      id|{refusal id}            what was refused
                            by-date|{newest first}|{id}
                            by-status|{status}|{newest first}|{id}
    Appeals    |operators   id|{refusal id}            whose it is: in a partition that no owner can have
                            open|{appealed at}|{id}    what waits for an operator, the oldest first

An appeal is noted for operators before the refusal says so, and leaves them after it is decided: whatever dies then,
none is forgotten, and one that is there too long is passed over.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import datetime

from ripieno.contracts import names
from ripieno.contracts.moderation import MOST_REFUSALS, Appealed, Refusal
from ripieno.records import cursor as cursors
from ripieno.records.store import IndexRows, Missing, Store

_OPERATORS = "|operators"
_OPEN = "open|"


class RefusalMissing(Missing):
    """Nothing of this owner, or nothing that is appealed, has this id."""


def id_of(owner: str, rule: str, text: str) -> str:
    """The same text that the same rule refuses is one refusal."""
    return hashlib.sha256(f"{owner}\n{rule}\n{text}".encode("utf-8", "replace")).hexdigest()[:32]


def note(refusal: Refusal) -> Refusal:
    """Keep a refusal, once however often, with how often it came and when last; beyond `MOST_REFUSALS` the oldest that
    nobody appealed goes."""
    if _store.create(refusal.owner, refusal):
        _make_room(refusal.owner)
        return refusal

    def again(known: Refusal) -> Refusal:
        return known.model_copy(update={"times": known.times + 1, "refused_at": refusal.refused_at})

    try:
        return _store.change(refusal.owner, refusal.refusal_id, again)
    except Missing:  # it has just been the oldest
        _store.create(refusal.owner, refusal)
        return refusal


def find(owner: str, refusal_id: str) -> Refusal | None:
    return _store.get(owner, refusal_id) if refusal_id.isalnum() and len(refusal_id) < 100 else None


def get(owner: str, refusal_id: str) -> Refusal:
    """Raises `RefusalMissing`."""
    found = find(owner, refusal_id)
    if found is None:
        raise RefusalMissing(f"there is no refusal {refusal_id[:100]}")
    return found


def change(owner: str, refusal_id: str, to: Callable[[Refusal], Refusal | None]) -> Refusal:
    """See `Store.change`. Raises `RefusalMissing`."""
    try:
        return _store.change(owner, refusal_id, to)
    except Missing:
        raise RefusalMissing(f"there is no refusal {refusal_id[:100]}") from None


def listed(
    owner: str, *, status: str | None = None, limit: int, cursor: str | None = None
) -> tuple[list[Refusal], str | None]:
    """What was refused of somebody, newest first. Raises `cursor.BadCursor`."""
    prefix = f"by-status|{status}|" if status is not None else "by-date|"
    page = _store.page(owner, prefix, after=cursors.read(cursor, prefix), limit=limit)
    keys = [row["RowKey"].rpartition("|")[2] for row in page.rows]
    known = [one for key in keys if (one := _store.get(owner, key)) is not None]
    return known, cursors.write(prefix, page.last_key) if page.last_key else None


# -- for operators ------------------------------------------------------------------------------------------------


def tell_operators(refusal: Refusal, now: datetime) -> None:
    """Note that somebody appeals; it waits from then on."""
    one = Appealed(refusal_id=refusal.refusal_id, owner=refusal.owner, appealed_at=now.isoformat())
    if not _appeals.create(_OPERATORS, one):
        _appeals.change(_OPERATORS, one.refusal_id, lambda known: None if known.is_open else one)


def appealed(refusal_id: str) -> Refusal:
    """What somebody has appealed, whoever it was. Raises `RefusalMissing`."""
    known = _appeals.get(_OPERATORS, refusal_id) if refusal_id.isalnum() and len(refusal_id) < 100 else None
    if known is None:
        raise RefusalMissing(f"nobody has appealed a refusal {refusal_id[:100]}")
    return get(known.owner, refusal_id)


def decided(refusal_id: str) -> None:
    """It no longer waits for operators; they find it by its id."""
    try:
        _appeals.change(_OPERATORS, refusal_id, lambda known: known.model_copy(update={"is_open": False}))
    except Missing:
        pass


def waiting(*, limit: int, cursor: str | None = None) -> tuple[list[Refusal], str | None]:
    """What waits for an operator, the oldest first. Raises `cursor.BadCursor`."""
    page = _appeals.page(_OPERATORS, _OPEN, after=cursors.read(cursor, _OPEN), limit=limit)
    found = [find(row["owner"], row["RowKey"].rpartition("|")[2]) for row in page.rows]
    open_ = [one for one in found if one is not None and one.status == "appealed"]
    return open_, cursors.write(_OPEN, page.last_key) if page.last_key else None


def delete_all(owner: str) -> int:
    """Forget all that was refused of somebody; returns how much that was."""
    gone = 0
    while found := _store.documents(owner, limit=200)[0]:
        for one in found:
            _store.delete(owner, one.refusal_id)
        gone += len(found)
    return gone


def delete_appeals(owner: str) -> int:
    """Forget what somebody appealed, also where the refusal is gone: a scan of all that was ever appealed; returns how
    much that was."""
    found = [one for _, one in _appeals.everything() if one.owner == owner]
    for one in found:
        _appeals.delete(_OPERATORS, one.refusal_id, only=lambda appealed: appealed.owner == owner)
    return len(found)


# -- rows ---------------------------------------------------------------------------------------------------------


def _make_room(owner: str) -> None:
    kept = _store.page(owner, "by-status|refused|", limit=2 * MOST_REFUSALS).rows
    for row in kept[MOST_REFUSALS:]:
        _store.delete(owner, row["RowKey"].rpartition("|")[2], only=lambda one: one.status == "refused")


def _index(one: Refusal) -> IndexRows:
    newest_first = f"{names.newest_first(datetime.fromisoformat(one.refused_at))}|{one.refusal_id}"
    keys = (f"by-date|{newest_first}", f"by-status|{one.status}|{newest_first}")
    return {key: {"status": one.status, "rule": one.rule} for key in keys}


def _waiting_row(one: Appealed) -> IndexRows:
    return {f"{_OPEN}{one.appealed_at}|{one.refusal_id}": {"owner": one.owner}} if one.is_open else {}


_store = Store(names.REFUSALS, Refusal, key=lambda one: one.refusal_id, index=_index)
_appeals = Store(names.APPEALS, Appealed, key=lambda one: one.refusal_id, index=_waiting_row)
damage, repair, everything = _store.damage, _store.repair, _store.everything
sweep, documents = _store.sweep, _store.documents
