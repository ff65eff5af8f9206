"""What failed for good, at rest: a document each, in a partition that no owner can have, for operators to list.

    id|{failure id}
    by-date|{newest first}|{id}
    by-kind|{kind}|{newest first}|{id}
    by-owner|{owner}|{newest first}|{id}
    by-subject|{owner}|{subject}|{id}

The id follows from what failed: kept twice, it is one failure, and what fails again is open again. It goes with its
subject.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

from ripieno.contracts import names
from ripieno.contracts.operations import Failure, FailureKind, FailureStatus
from ripieno.records import cursor as cursors
from ripieno.records.mirror import Condition
from ripieno.records.rows import LAST
from ripieno.records.store import IndexRows, Missing, Store

_OPERATORS = "|operators"
_MOST_REASON = 1000


class FailureMissing(Missing):
    """No failure has this id, or its subject is gone."""


def id_of(kind: FailureKind | str, owner: str, what: str) -> str:
    """Of one thing, `what`: a life of a song, a take, a message; it fails again under the same id."""
    return hashlib.sha256(f"{owner}\n{kind}\n{what}".encode("utf-8", "replace")).hexdigest()[:32]


def keep(
    kind: FailureKind | str,
    what: str,
    owner: str,
    reason: str,
    *,
    subject: str | None = None,
    code: str = "failed",
    instance_id: str | None = None,
    element: str | None = None,
    number: int | None = None,
    order: dict[str, Any] | None = None,
    failure_id: str | None = None,
) -> Failure:
    """Keep a failure. The same again counts, and says its newest reason; one that was re-driven is open again.

    Parameters
    ----------
    what : by which it is the same one: `song-{id}-{born}`, `take-{work}-{element}-1`, the message's id
    subject : the id of the song, work or voice that it is of and goes with; else `what`
    order : what is needed to do it again (small JSON)
    failure_id : the failure that it is, where `what` has another name than when it failed first
    """
    now = datetime.now(UTC).isoformat()
    failure = Failure(
        failure_id=failure_id or id_of(kind, owner, what),
        kind=FailureKind(kind),
        owner=owner,
        subject=subject or what,
        element=element,
        number=number,
        instance_id=instance_id,
        code=code[:100],
        reason=reason[:_MOST_REASON] or "no reason was given",
        failed_at=now,
        order=order or {},
    )
    if _store.create(_OPERATORS, failure):
        return failure

    def again(known: Failure) -> Failure | None:
        if known.status == "open" and (known.reason, known.instance_id) == (failure.reason, failure.instance_id):
            return None  # told twice of one end
        return failure.model_copy(update={"times": known.times + 1})

    try:
        return _store.change(_OPERATORS, failure.failure_id, again)
    except Missing:  # its subject was removed at this moment
        return failure


def find(failure_id: str) -> Failure | None:
    return _store.get(_OPERATORS, failure_id) if failure_id.isalnum() and len(failure_id) < 100 else None


def get(failure_id: str) -> Failure:
    """Raises `FailureMissing`."""
    found = find(failure_id)
    if found is None:
        raise FailureMissing(f"there is no failure {failure_id[:100]}")
    return found


def change(failure_id: str, to: Callable[[Failure], Failure | None]) -> Failure:
    """See `Store.change`. Raises `FailureMissing`."""
    try:
        return _store.change(_OPERATORS, failure_id, to)
    except Missing:
        raise FailureMissing(f"there is no failure {failure_id[:100]}") from None


def listed(
    *,
    kind: FailureKind | str | None = None,
    owner: str | None = None,
    status: FailureStatus | None = None,
    after: datetime | None = None,
    before: datetime | None = None,
    limit: int,
    cursor: str | None = None,
) -> tuple[list[Failure], str | None]:
    """Failures of everybody, newest first, that failed at or after and before moments. Raises `cursor.BadCursor`."""
    conditions = [Condition("status", "eq", status)] if status is not None else []
    if owner is not None:
        prefix = f"by-owner|{owner}|"
        conditions += [Condition("kind", "eq", str(kind))] if kind is not None else []
    else:
        prefix = "by-date|" if kind is None else f"by-kind|{kind}|"
    page = _store.page(
        _OPERATORS,
        prefix,
        after=cursors.read(cursor, prefix),
        start=names.newest_first(before) + LAST if before is not None else "",
        end=names.newest_first(after) + LAST if after is not None else LAST,
        conditions=conditions,
        limit=limit,
    )
    keys = [row["RowKey"].rpartition("|")[2] for row in page.rows]
    known = [one for key in keys if (one := _store.get(_OPERATORS, key)) is not None]
    return known, cursors.write(prefix, page.last_key) if page.last_key else None


def counted(*, most: int = 2000) -> dict[str, int]:
    """How many are open, by kind; of each kind at most so many."""
    found = {}
    for kind in FailureKind:
        open_ = _store.page(
            _OPERATORS, f"by-kind|{kind}|", conditions=[Condition("status", "eq", "open")], limit=most
        ).rows
        if open_:
            found[kind.value] = len(open_)
    return found


def belongs_to(failure_id: str, subject: str) -> None:
    """From now on it goes with another subject, which came of what had failed; nothing happens where it is gone."""
    try:
        change(failure_id, lambda known: known.model_copy(update={"subject": subject}))
    except FailureMissing:
        pass


def delete_of(owner: str, subject: str) -> None:
    """Forget what failed of something that is removed."""
    _delete_all(f"by-subject|{owner}|{_plain(subject)}|")


def of_owner(owner: str) -> Iterator[Failure]:
    """Every failure of somebody."""
    for key in _keys(f"by-owner|{owner}|"):
        found = _store.get(_OPERATORS, key)
        if found is not None:
            yield found


def delete_all(owner: str) -> int:
    """Forget all that failed of somebody; returns how much that was."""
    return _delete_all(f"by-owner|{owner}|")


def delete(failure_id: str) -> None:
    _store.delete(_OPERATORS, failure_id)


def expire(before: datetime, *, most: int = 1000) -> int:
    """Forget what failed before a moment, some of it; returns how many."""
    page = _store.page(_OPERATORS, "by-date|", start=names.newest_first(before), limit=most)
    for row in page.rows:
        _store.delete(_OPERATORS, row["RowKey"].rpartition("|")[2])
    return len(page.rows)


def _delete_all(prefix: str) -> int:
    keys = list(_keys(prefix))
    for key in keys:
        _store.delete(_OPERATORS, key)
    return len(keys)


def _keys(prefix: str) -> Iterator[str]:
    after: str | None = None
    while True:
        page = _store.page(_OPERATORS, prefix, after=after, limit=500)
        yield from [row["RowKey"].rpartition("|")[2] for row in page.rows]
        if page.last_key is None:
            return
        after = page.last_key


def _index(one: Failure) -> IndexRows:
    when = f"{names.newest_first(datetime.fromisoformat(one.failed_at))}|{one.failure_id}"
    shown = {"status": str(one.status), "kind": str(one.kind)}
    keys = (f"by-date|{when}", f"by-kind|{one.kind}|{when}", f"by-owner|{one.owner}|{when}")
    subject = _plain(one.subject)
    return dict.fromkeys((*keys, f"by-subject|{one.owner}|{subject}|{one.failure_id}"), shown)


def _plain(subject: str) -> str:
    """A subject as a part of keys: ids as they are, the names that people gave by their hash."""
    if subject.isascii() and all(char.isalnum() or char in "-_" for char in subject) and len(subject) <= 200:
        return subject
    return hashlib.sha256(subject.encode("utf-8", "replace")).hexdigest()[:32]


_store = Store(names.FAILURES, Failure, key=lambda one: one.failure_id, index=_index)
damage, repair, everything, sweep = _store.damage, _store.repair, _store.everything, _store.sweep
