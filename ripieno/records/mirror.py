"""Index rows of owners who list often, in memory: a page then costs one small read of storage, not a query.

Every transaction of an owner writes two stamps anew: the owner's, and that of the bucket that the document's key falls
in (its first characters). While the owner's is the same, so is everything; else the buckets whose stamps changed are
read again. Where many have, the query goes to storage until they have been read in the background.
"""

from __future__ import annotations

import logging
import operator
import threading
import time
from bisect import bisect_left, bisect_right, insort
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from ripieno.records.rows import LAST

BUCKET_CHARACTERS = 2
STAMP = "stamp"
MOST_DOCUMENTS = 40_000  # of all owners together; one with more than half of it is not mirrored
MOST_OWNERS = 2_000  # also of those who have nothing
_LISTED_BEFORE = 3  # listings before it is worth while
_MOST_COUNTED = 10_000  # owners
_MOST_READ_AT_ONCE = 3  # buckets that a request reads itself
_FEWEST_LOOKED_AT, _MOST_LOOKED_AT = 50, 4000  # rows at once: about as many as will be enough
_PATIENCE_SECONDS = 0.05
_STAMP_SECONDS = 2.0  # for a stamp that another is reading

log = logging.getLogger(__name__)

_COMPARES = {"ge": operator.ge, "gt": operator.gt, "le": operator.le, "lt": operator.lt}

Rows = dict[str, dict[str, Any]]
"""Index rows by their keys."""
Row = tuple[str, dict[str, Any]]


@dataclass(frozen=True)
class Condition:
    """What a row has to show: `name` compared with `value`; `op` is eq, ge, gt, le or lt, as in OData; or, in memory
    alone, `has` for a text that contains another."""

    name: str
    op: str
    value: Any

    def among(self, rows: list[Row]) -> list[Row]:
        """Those that show it; a comprehension for each kind of comparison, since thousands are looked at."""
        name, value = self.name, self.value
        if self.op == "has":
            return [one for one in rows if (known := one[1].get(name)) is not None and value in known]
        if self.op == "eq":
            return [one for one in rows if one[1].get(name) == value]
        compares = _COMPARES[self.op]
        return [one for one in rows if (known := one[1].get(name)) is not None and compares(known, value)]


@dataclass
class Source:
    """How an owner's stamps and rows are read from storage."""

    stamp: Callable[[str], str | None]
    bucket_stamps: Callable[[str], dict[str, str]]
    documents: Callable[[str, str], Iterable[tuple[str, Rows]]]
    """(owner, bucket; "" for all) -> the key of each document, and its index rows."""
    marks: Callable[[dict[str, Any]], Iterable[str]] = lambda shown: ()
    """What a row bears, each once."""


@dataclass
class _Shelf:
    """One owner's rows. `lock` is held while they are looked at or changed, `reading` while storage is read for them,
    `stamping` while it is asked for the stamp. `marked` are the keys of the rows that bear a mark, in order."""

    marks: Callable[[dict[str, Any]], Iterable[str]]
    lock: threading.Lock = field(default_factory=threading.Lock)
    reading: threading.Lock = field(default_factory=threading.Lock)
    stamping: threading.Lock = field(default_factory=threading.Lock)
    stamp_seen: str | None = None
    stamp_asked: float = -1.0
    stamp: str | None = None
    as_of: float = -1.0
    voucher: str | None = None
    buckets: dict[str, str] = field(default_factory=dict)
    keys: list[str] = field(default_factory=list)
    rows: Rows = field(default_factory=dict)
    of_document: dict[str, Rows] = field(default_factory=dict)
    marked: dict[str, list[str]] = field(default_factory=dict)
    is_too_large: bool = False

    def put(self, document: str, rows: Rows) -> None:
        before = self.of_document.get(document, {})
        if before == rows:
            return
        for key in before.keys() - rows.keys():
            del self.rows[key]
            del self.keys[bisect_left(self.keys, key)]
        for key in rows.keys() - before.keys():
            insort(self.keys, key)
        for key in before.keys() | rows.keys():
            self._mark(key, set(self.marks(before.get(key, {}))), set(self.marks(rows.get(key, {}))))
        self.rows.update(rows)
        self.of_document[document] = rows
        if not rows:
            del self.of_document[document]

    def bearing(self, marks: Iterable[str]) -> list[str]:
        """The keys of all rows that can bear all these marks: those of the rarest one, every row's where there is
        none."""
        return min((self.marked.get(mark, []) for mark in marks), key=len, default=self.keys)

    def empty(self) -> None:
        self.keys, self.rows, self.of_document, self.marked = [], {}, {}, {}

    def _mark(self, key: str, before: set[str], after: set[str]) -> None:
        for mark in before - after:
            keys = self.marked[mark]
            del keys[bisect_left(keys, key)]
            if not keys:
                del self.marked[mark]
        for mark in after - before:
            insort(self.marked.setdefault(mark, []), key)


class Mirror:
    def __init__(self, source: Source):
        self._source = source
        self._shelves: OrderedDict[str, _Shelf] = OrderedDict()
        self._listings: Counter[str] = Counter()
        self._lock = threading.Lock()

    def page(
        self,
        owner: str,
        prefix: str,
        start: str,
        end: str,
        after: str | None,
        conditions: list[Condition],
        limit: int,
        *,
        marks: Iterable[str] = (),
        among: set[str] | None = None,
        since: float | None = None,
        voucher: str | None = None,
    ) -> list[Row] | None:
        """At most `limit` + 1 rows, as `rows.beginning_with` gives them; None where storage has to be asked.

        `marks` are those that every row which meets the conditions bears, `among` what the first part of its key has to
        be, up to `|`. The rows are as storage was now, or at any time after `since` (of `time.monotonic`): one request
        asks several times. A `voucher` is the stamp of a table that is written after each change of this one: while it
        is the same, nobody has to look.
        """
        found: list[Row] = []
        with self._looked_at(owner, since, voucher) as shelf:
            if shelf is None:
                return None
            rows, keys = shelf.rows, shelf.bearing(marks)
            first, last = bisect_left(keys, prefix + start), bisect_left(keys, prefix + end)
            if after is not None and after >= prefix + start:
                first = bisect_right(keys, after)
            several, looked = limit + 1, 0
            while first < last and len(found) <= limit:
                these = keys[first : min(last, first + several)]
                first, looked = first + len(these), looked + len(these)
                if among is not None:
                    these = [key for key in these if key.partition("|")[0] in among]
                some = [(key, rows[key]) for key in these]
                for one in conditions:
                    some = one.among(some)
                found += some
                enough = (limit + 1 - len(found)) * looked // len(found) + 1 if found else 4 * several
                several = min(max(enough, _FEWEST_LOOKED_AT), _MOST_LOOKED_AT)
        return found[: limit + 1]

    def keys(self, owner: str, prefix: str, *, since: float | None = None) -> list[str] | None:
        """The keys of all rows that begin with a prefix, in order; None and `since` are as in `page`."""
        with self._looked_at(owner, since) as shelf:
            if shelf is None:
                return None
            return shelf.keys[bisect_left(shelf.keys, prefix) : bisect_left(shelf.keys, prefix + LAST)]

    def shown(
        self, owner: str, documents: Iterable[str], *, since: float | None = None
    ) -> dict[str, dict[str, Any]] | None:
        """What the rows of some documents show, where each document's all show the same; of those that are gone
        nothing. None where storage has to be asked; `since` is as in `page`."""
        with self._looked_at(owner, since) as shelf:
            if shelf is None:
                return None
            known = shelf.of_document
            return {key: next(iter(known[key].values())) for key in documents if key in known}

    def stamp(self, owner: str, since: float) -> str | None:
        """The owner's stamp, as it was at any time after `since`; None for an owner who has no shelf."""
        shelf = self._shelf(owner)
        return None if shelf is None else self._stamp(owner, shelf, since)

    # -- parts ----------------------------------------------------------------------------------------------------

    @contextmanager
    def _looked_at(self, owner: str, since: float | None, voucher: str | None = None) -> Iterator[_Shelf | None]:
        """The owner's shelf, fresh, and held for as long as it is looked at; None where storage has to be asked."""
        shelf = self._shelf(owner)
        if shelf is None or not self._is_fresh(owner, shelf, since, voucher):
            yield None
            return
        with shelf.lock:
            yield None if shelf.is_too_large else shelf

    def _shelf(self, owner: str) -> _Shelf | None:
        """The owner's, begun once they have listed a few times."""
        with self._lock:
            if owner in self._shelves:
                self._shelves.move_to_end(owner)
                return self._shelves[owner]
            self._listings[owner] += 1
            if self._listings[owner] <= _LISTED_BEFORE:
                if len(self._listings) > _MOST_COUNTED:
                    self._listings.clear()
                return None
            del self._listings[owner]
            shelf = self._shelves[owner] = _Shelf(self._source.marks)
        self._make_room()
        return shelf

    def _make_room(self) -> None:
        """What was not used for longest goes."""
        with self._lock:
            held = sum(len(one.of_document) for one in self._shelves.values())
            while (held > MOST_DOCUMENTS and len(self._shelves) > 1) or len(self._shelves) > MOST_OWNERS:
                _, gone = self._shelves.popitem(last=False)
                held -= len(gone.of_document)

    def _is_fresh(self, owner: str, shelf: _Shelf, since: float | None, voucher: str | None = None) -> bool:
        if voucher is not None and shelf.voucher == voucher:
            return not shelf.is_too_large
        if not self._is_made_fresh(owner, shelf, since):
            return False
        shelf.voucher = voucher
        return True

    def _is_made_fresh(self, owner: str, shelf: _Shelf, since: float | None) -> bool:
        """Whether the shelf is as storage was when this was asked, or later than `since`, or has been made so."""
        asked = time.monotonic() if since is None else since
        if shelf.is_too_large:
            return False
        if shelf.as_of < 0:
            self._read_in_background(owner, shelf)
            return False
        stamp = self._stamp(owner, shelf, asked)
        if shelf.stamp == stamp:
            return True
        if not shelf.reading.acquire(timeout=_PATIENCE_SECONDS):
            return False
        try:
            if shelf.as_of >= asked:
                return True
            stamps = self._source.bucket_stamps(owner)
            changed = _changed(shelf, stamps)
            if len(changed) <= _MOST_READ_AT_ONCE:
                self._read(owner, shelf, changed)
                shelf.buckets, shelf.stamp, shelf.as_of = stamps, stamp, asked
                return True
        finally:
            shelf.reading.release()
        self._read_in_background(owner, shelf)
        return False

    def _stamp(self, owner: str, shelf: _Shelf, asked: float) -> str | None:
        """The owner's stamp, read no earlier than `asked`: those who wait for a reading share the next one."""
        if not shelf.stamping.acquire(timeout=_STAMP_SECONDS):
            return self._source.stamp(owner)
        try:
            if shelf.stamp_asked < asked:
                began = time.monotonic()
                shelf.stamp_seen, shelf.stamp_asked = self._source.stamp(owner), began
            return shelf.stamp_seen
        finally:
            shelf.stamping.release()

    def _read_in_background(self, owner: str, shelf: _Shelf) -> None:
        if shelf.reading.acquire(blocking=False):
            threading.Thread(target=self._read_all, args=(owner, shelf), name="mirror", daemon=True).start()

    def _read_all(self, owner: str, shelf: _Shelf) -> None:
        """Whatever changed, under the lock that the asker took."""
        try:
            asked = time.monotonic()
            stamp, stamps = self._source.stamp(owner), self._source.bucket_stamps(owner)
            changed = _changed(shelf, stamps)
            self._read(owner, shelf, [""] if len(changed) > len(stamps) // 4 else changed)
            shelf.buckets, shelf.stamp, shelf.as_of = stamps, stamp, asked
        except (
            Exception
        ) as fault:  # of a thread nobody waits for: storage answers meanwhile, the next listing tries again
            log.warning("the rows of %s are not mirrored this time: %s: %s", owner, type(fault).__name__, fault)
        finally:
            shelf.reading.release()

    def _read(self, owner: str, shelf: _Shelf, buckets: list[str]) -> None:
        for bucket in buckets:
            known = dict(self._source.documents(owner, bucket))
            with shelf.lock:
                for key in [key for key in shelf.of_document if key.startswith(bucket) and key not in known]:
                    shelf.put(key, {})
                for key, rows in known.items():
                    shelf.put(key, rows)
                if len(shelf.of_document) > MOST_DOCUMENTS // 2:
                    shelf.is_too_large = True
                    shelf.empty()
                    break
        self._make_room()


def _changed(shelf: _Shelf, stamps: dict[str, str]) -> list[str]:
    return [bucket for bucket, known in stamps.items() if shelf.buckets.get(bucket) != known]


def stamp_of(key: str) -> str:
    """The row key of the stamp of a document's bucket."""
    return f"{STAMP}|{key[:BUCKET_CHARACTERS]}"
