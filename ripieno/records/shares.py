"""Shares at rest: a document with its giver, and one with its receiver, which alone decides.

    Shares       {giver}      id|{share id}                      what was given
                              by-date|{newest first}|{share id}
                              by-kind|{kind}|{newest first}|{share id}
                              by-item|{item id}|{share id}
    SharedWith   {receiver}   id|{kind}.{item id}                what may be looked at: one row, read by every look
                              by-date|{newest first}|{kind}.{item id}
                              by-kind|{kind}|{newest first}|{kind}.{item id}

The giver's is written first and removed last: whatever dies between the two, nobody may look at something that its
giver does not see as shared, and asking again completes it.
"""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime

from ripieno.contracts import names
from ripieno.contracts.enums import ItemKind
from ripieno.contracts.shares import Share, ShareKind
from ripieno.records import cursor as cursors
from ripieno.records.store import IndexRows, Missing, Store

_AT_ONCE = 200


class ShareMissing(Missing):
    """Nothing of this owner's is shared under this id."""


def id_of(owner: str, kind: str, item_id: str, receiver: str) -> str:
    """The same thing shared with the same person is one share."""
    return hashlib.sha256(f"{owner}\n{kind}\n{item_id}\n{receiver}".encode()).hexdigest()[:32]


def put(share: Share) -> None:
    """Give it, or change until when."""
    _written(_given, share.owner, share)
    _written(_received, share.with_, share)


def get(owner: str, share_id: str) -> Share:
    """What an owner gave. Raises `ShareMissing`."""
    found = _given.get(owner, share_id) if share_id.isascii() and share_id.isalnum() and len(share_id) < 100 else None
    if found is None:
        raise ShareMissing(f"there is no share {share_id[:100]}")
    return found


def take_back(share: Share) -> None:
    """It stops now."""
    _received.delete(share.with_, _key(share), only=lambda known: known.share_id == share.share_id)
    _given.delete(share.owner, share.share_id)


def giver(receiver: str, kind: ItemKind, item_id: str, now: datetime | None = None) -> str | None:
    """Whose it is that somebody was given to look at, while they may; None where they were not."""
    if not (item_id.isascii() and item_id.replace("-", "").isalnum() and len(item_id) <= 100):
        return None
    found = _received.get(receiver, f"{kind}.{item_id}")
    return found.owner if found is not None and not has_ended(found, now) else None


def has_ended(share: Share, now: datetime | None = None) -> bool:
    return share.until is not None and datetime.fromisoformat(share.until) <= (now or datetime.now(UTC))


def given(
    owner: str, *, kind: ShareKind | None = None, limit: int, cursor: str | None = None
) -> tuple[list[Share], str | None]:
    """What an owner gave, newest first, and a cursor to go on with. Raises `cursor.BadCursor`."""
    return _listed(_given, owner, f"by-kind|{kind}|" if kind else "by-date|", limit, cursor)


def received(
    receiver: str, *, kind: ShareKind | None = None, limit: int, cursor: str | None = None
) -> tuple[list[Share], str | None]:
    """What somebody was given and may look at now, newest first, and a cursor. Raises `cursor.BadCursor`."""
    found, after = _listed(_received, receiver, f"by-kind|{kind}|" if kind else "by-date|", limit, cursor)
    return [one for one in found if not has_ended(one)], after


def of_item(owner: str, item_id: str) -> list[Share]:
    """Every share of one thing of an owner's."""
    prefix = f"by-item|{item_id}|"
    keys: list[str] = []
    after: str | None = None
    while True:
        page = _given.page(owner, prefix, after=after, limit=_AT_ONCE)
        keys += [row["RowKey"].rpartition("|")[2] for row in page.rows]
        if (after := page.last_key) is None:
            return [one for key in keys if (one := _given.get(owner, key)) is not None]


def delete_given(owner: str) -> int:
    """Nobody may look at anything of an owner's any more; returns how many shares that were."""
    return _taken_back(_given, owner)


def delete_received(receiver: str) -> int:
    """Somebody may look at nothing of others' any more, and its givers see so; returns how many shares that were."""
    return _taken_back(_received, receiver)


def expire(now: datetime, *, most: int = 1000) -> int:
    """Forget shares whose time is over, some of them; returns how many."""
    gone = 0
    for _, share in _given.everything():
        if has_ended(share, now):
            take_back(share)
            gone += 1
            if gone == most:
                break
    return gone


def _taken_back(store: Store[Share], partition: str) -> int:
    gone = 0
    while found := store.documents(partition, limit=_AT_ONCE)[0]:
        for share in found:
            take_back(share)
        gone += len(found)
    return gone


# -- rows ---------------------------------------------------------------------------------------------------------


def _written(store: Store[Share], partition: str, share: Share) -> None:
    while not store.create(partition, share):
        try:
            store.change(partition, store.key_of(share), lambda known: share if known != share else None)
            return
        except Missing:
            continue  # it was taken back at this moment


def _listed(
    store: Store[Share], partition: str, prefix: str, limit: int, cursor: str | None
) -> tuple[list[Share], str | None]:
    page = store.page(partition, prefix, after=cursors.read(cursor, prefix), limit=limit)
    keys = [row["RowKey"].rpartition("|")[2] for row in page.rows]
    found = [one for key in keys if (one := store.get(partition, key)) is not None]
    return found, cursors.write(prefix, page.last_key) if page.last_key else None


def _key(share: Share) -> str:
    return f"{share.kind}.{share.id}"


def _newest(share: Share) -> str:
    return names.newest_first(datetime.fromisoformat(share.created_at))


def _rows_given(share: Share) -> IndexRows:
    newest = f"{_newest(share)}|{share.share_id}"
    keys = (f"by-date|{newest}", f"by-kind|{share.kind}|{newest}", f"by-item|{share.id}|{share.share_id}")
    return {key: {"kind": share.kind} for key in keys}


def _rows_received(share: Share) -> IndexRows:
    newest = f"{_newest(share)}|{_key(share)}"
    return {key: {"owner": share.owner} for key in (f"by-date|{newest}", f"by-kind|{share.kind}|{newest}")}


_given = Store(names.SHARES, Share, key=lambda one: one.share_id, index=_rows_given)
_received = Store(names.SHARED_WITH, Share, key=_key, index=_rows_received)
everything, everything_received = _given.everything, _received.everything
