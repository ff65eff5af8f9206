"""Feedback at rest: a document each, found by time and by what it is about.

id|{feedback id}                    what was said; ids begin with the time, counted down: the newest comes first
by-target|{target}|{feedback id}    of one thing
"""

from __future__ import annotations

from ripieno.contracts import names
from ripieno.contracts.feedback import MOST_OF_ONE_TARGET, Feedback
from ripieno.records import cursor as cursors
from ripieno.records.store import IndexRows, Store

_ALL = "feedback"


def add(owner: str, said: Feedback) -> None:
    """Keep it, once however often; beyond `MOST_OF_ONE_TARGET` of one thing the oldest goes."""
    _store.create(owner, said)
    after = None
    for key in _keys(owner, said.target, after=after)[MOST_OF_ONE_TARGET:]:
        _store.delete(owner, key)


def listed(
    owner: str, *, target: str | None = None, limit: int, cursor: str | None = None
) -> tuple[list[Feedback], str | None]:
    """What somebody said, newest first, and a cursor to go on with. Raises `cursor.BadCursor`."""
    if target is None:
        found, last = _store.documents(owner, after=cursors.read(cursor, _ALL), limit=limit)
        return found, cursors.write(_ALL, last) if last else None
    prefix = f"by-target|{target}|"
    page = _store.page(owner, prefix, after=cursors.read(cursor, prefix), limit=limit)
    keys = [row["RowKey"].rpartition("|")[2] for row in page.rows]
    known = [one for key in keys if (one := _store.get(owner, key)) is not None]  # less what is deleted at this moment
    return known, cursors.write(prefix, page.last_key) if page.last_key else None


def delete_of(owner: str, target: str) -> None:
    """Remove what was said of something."""
    while keys := _keys(owner, target):
        for key in keys:
            _store.delete(owner, key)


def delete_all(owner: str) -> int:
    """Remove all that somebody said; returns how much that was."""
    gone = 0
    while found := _store.documents(owner, limit=200)[0]:
        for one in found:
            _store.delete(owner, one.feedback_id)
        gone += len(found)
    return gone


def _keys(owner: str, target: str, *, after: str | None = None) -> list[str]:
    page = _store.page(owner, f"by-target|{target}|", after=after, limit=2 * MOST_OF_ONE_TARGET)
    return [row["RowKey"].rpartition("|")[2] for row in page.rows]


def _index(said: Feedback) -> IndexRows:
    return {f"by-target|{said.target}|{said.feedback_id}": {"kind": said.kind}}


_store = Store(names.FEEDBACK, Feedback, key=lambda said: said.feedback_id, index=_index)
damage, repair, everything = _store.damage, _store.repair, _store.everything
sweep, documents = _store.sweep, _store.documents
