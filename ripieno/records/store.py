"""Documents as rows of a table, changed under their ETag, with the index rows that follow from them.

Conventions
    partition   everything of one owner lies in one partition, so that a document and its index rows change in one
                transaction: nothing that dies on the way can leave them apart
    document    a pydantic model as JSON, in properties of at most 30,000 ASCII characters; beyond some hundred thousand
                in a blob that the row points at
    index row   derived from the document and nothing else; it repeats what a listing shows, so that a page is one
                range query whose cost grows with the answer
    stamp       of a table that is mirrored: a row that every transaction of an owner writes anew (see `mirror`)
    write       an id of each writing, in the document's row: storage's answer may be lost, and the client then sends
                the same again and is refused; what is there nevertheless was ours

(Entity group transactions: 100 operations of one partition, 4 MiB; a property 64 KiB, an entity 1 MiB.)
"""

from __future__ import annotations

import json
import math
import random
import time
import uuid
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any, Generic, TypeVar

from azure.core import MatchConditions
from azure.core.exceptions import HttpResponseError, ResourceExistsError, ResourceNotFoundError
from azure.data.tables import TableTransactionError, UpdateMode

from ripieno.contracts import names
from ripieno.contracts.base import Contract
from ripieno.records import rows
from ripieno.records.mirror import STAMP, Condition, Mirror, Source, stamp_of
from ripieno.services import blobs
from ripieno.services.storage import container, table

Document = TypeVar("Document", bound=Contract)
IndexRows = dict[str, dict[str, Any]]
"""Row keys, and what each row shows."""

MOST_OPERATIONS = 100
_PROPERTY_CHARACTERS = 30_000
_INLINE_CHARACTERS = 300_000
_MOST_RACES = 40
_READERS = 8  # of documents that are wanted together
_PAUSE_SECONDS = 0.01
_MAIN = "id|"


class Missing(LookupError):
    """No such document, or no longer."""


@dataclass(frozen=True)
class Damage:
    """An index row that is not as it should be: `repair(owner, key)` mends it."""

    owner: str
    key: str
    what: str


@dataclass(frozen=True)
class Page:
    """Index rows in order, and the key to go on after; None at the end."""

    rows: list[dict[str, Any]]
    last_key: str | None


class Store(Generic[Document]):
    """One table of documents of one kind. `index` says which index rows follow from a document, `key` what names it.

    What is listed often and whose keys begin evenly distributed can be `mirrored`: its index rows, or what `remembers`
    makes of a document instead, are then held in memory, and found by their `marks`.
    """

    def __init__(
        self,
        table_name: str,
        model: type[Document],
        *,
        key: Callable[[Document], str],
        index: Callable[[Document], IndexRows],
        mirrored: bool = False,
        remembers: Callable[[Document], IndexRows] | None = None,
        marks: Callable[[dict[str, Any]], Iterable[str]] = lambda shown: (),
    ):
        self._table_name, self._model, self._key, self._index = table_name, model, key, index
        self._remembers = remembers or index
        source = Source(self.stamp, self._bucket_stamps, self._index_of_documents, marks)
        self._mirror = Mirror(source) if mirrored else None

    def key_of(self, document: Document) -> str:
        return self._key(document)

    # -- one document ---------------------------------------------------------------------------------------------

    def get(self, owner: str, key: str) -> Document | None:
        found = self._read(owner, key)
        return found[0] if found else None

    def create(self, owner: str, document: Document) -> bool:
        """Add a document; False when there is one of this key (which is then left as it is)."""
        main, blob_name = self._row(owner, document)
        operations: list[Any] = [("create", main), *self._upserts(owner, self._key(document), self._index(document))]
        try:
            self._submit(owner, self._key(document), operations)
        except ResourceExistsError:
            if self._is_there(main):
                return True
            _forget(blob_name)
            return False
        return True

    def change(self, owner: str, key: str, to: Callable[[Document], Document | None]) -> Document:
        """Apply `to` under the document's ETag, again when somebody else was faster; None from it changes nothing.

        Raises
        ------
        Missing
        """
        for race in range(_MOST_RACES):
            found = self._read(owner, key)
            if found is None:
                raise Missing(key)
            old, etag, old_blob = found
            new = to(old.model_copy(deep=True))
            if new is None:
                return old
            main, blob_name = self._row(owner, new)
            before, after = self._index(old), self._index(new)
            operations: list[Any] = [
                ("update", main, {"mode": UpdateMode.REPLACE, **_unchanged(etag)}),
                *self._upserts(owner, key, {name: row for name, row in after.items() if before.get(name) != row}),
                *self._deletes(owner, set(before) - set(after)),
            ]
            try:
                self._submit(owner, key, operations)
            except _Raced:
                if not self._is_there(main):
                    _forget(blob_name)
                    time.sleep(_PAUSE_SECONDS * race)
                    continue
            except _IndexDamaged:
                _forget(blob_name)
                self.repair(owner, key)
                continue
            if old_blob != blob_name:
                _forget(old_blob)
            return new
        raise TimeoutError(f"{self._table_name} {key} was changed by others {_MOST_RACES} times in a row")

    def delete(self, owner: str, key: str, *, only: Callable[[Document], bool] = lambda document: True) -> None:
        """Remove a document and its index rows; nothing happens when there is none, or it is not the one meant."""
        blob_name = None
        for race in range(_MOST_RACES):
            found = self._read(owner, key)
            if found is None:
                _forget(blob_name)
                return
            old, etag, its_blob = found
            if not only(old):
                return
            blob_name = its_blob
            operations: list[Any] = [
                ("delete", {"PartitionKey": owner, "RowKey": _MAIN + key}, _unchanged(etag)),
                *self._deletes(owner, set(self._index(old))),
            ]
            try:
                self._submit(owner, key, operations)
                _forget(blob_name)
                return
            except _Raced:
                time.sleep(_PAUSE_SECONDS * race)
            except _IndexDamaged:
                self.repair(owner, key)
        raise TimeoutError(f"{self._table_name} {key} was changed by others {_MOST_RACES} times in a row")

    # -- many -----------------------------------------------------------------------------------------------------

    def stamp(self, owner: str) -> str | None:
        """Of a mirrored table: something that is another after every change to anything of this owner's."""
        try:
            return str(table(self._table_name).get_entity(owner, STAMP)["value"])
        except ResourceNotFoundError:
            return None

    def stamp_since(self, owner: str, since: float) -> str | None:
        """The stamp as it was at any time after `since`; None where nothing is mirrored."""
        return self._mirror.stamp(owner, since) if self._mirror is not None else None

    def page(
        self,
        owner: str,
        prefix: str,
        *,
        after: str | None = None,
        start: str = "",
        end: str = rows.LAST,
        conditions: list[Condition] | None = None,
        limit: int,
    ) -> Page:
        """At most `limit` index rows whose keys begin with `prefix` and lie from `start` up to `end`, in their order.

        `conditions` are further ones, on what the rows show.
        """
        wanted = conditions or []
        mirror = self._mirror
        found = mirror.page(owner, prefix, start, end, after, wanted, limit) if mirror is not None else None
        if found is None:
            asked = rows.beginning_with(
                self._table_name,
                prefix,
                owner=owner,
                start=start,
                end=end,
                after=after,
                where=" and ".join(f"{one.name} {one.op} @p{number}" for number, one in enumerate(wanted)),
                values={f"p{number}": one.value for number, one in enumerate(wanted)},
                results_per_page=min(limit + 1, 1000),
                select=["RowKey", "summary"],
            )
            found = [(row["RowKey"], json.loads(row["summary"])) for row in islice(asked, limit + 1)]
        shown = [{"RowKey": key, **row} for key, row in found[:limit]]
        return Page(shown, shown[-1]["RowKey"] if len(found) > limit else None)

    def remembered(
        self,
        owner: str,
        prefix: str,
        *,
        after: str | None,
        conditions: list[Condition],
        limit: int,
        marks: Iterable[str] = (),
        among: set[str] | None = None,
        since: float | None = None,
        voucher: str | None = None,
    ) -> Page | None:
        """As `page`, from memory alone; None where it is not there. The rest is as in `Mirror.page`."""
        if self._mirror is None:
            return None
        found = self._mirror.page(
            owner,
            prefix,
            "",
            rows.LAST,
            after,
            conditions,
            limit,
            marks=marks,
            among=among,
            since=since,
            voucher=voucher,
        )
        if found is None:
            return None
        return Page([row for _, row in found[:limit]], found[limit - 1][0] if len(found) > limit else None)

    def remembered_keys(self, owner: str, prefix: str, *, since: float | None = None) -> list[str] | None:
        """The keys of all index rows that begin with a prefix, from memory alone; None where it is not there."""
        return self._mirror.keys(owner, prefix, since=since) if self._mirror is not None else None

    def shown(self, owner: str, keys: list[str], *, since: float | None = None) -> dict[str, dict[str, Any]]:
        """What the rows of some documents show, where each document's all show the same; of what is gone nothing."""
        known = self._mirror.shown(owner, keys, since=since) if self._mirror is not None else None
        if known is not None:
            return known
        with ThreadPoolExecutor(_READERS) as pool:
            documents = pool.map(lambda key: self.get(owner, key), keys)
            of_each = {self._key(one): self._remembers(one) for one in documents if one is not None}
        return {key: next(iter(shown.values())) for key, shown in of_each.items() if shown}

    def documents(self, owner: str, *, after: str | None = None, limit: int) -> tuple[list[Document], str | None]:
        """The documents themselves, in the order of their keys, and the key to go on after; None at the end."""
        found = rows.beginning_with(
            self._table_name,
            _MAIN,
            owner=owner,
            after=_MAIN + after if after else None,
            results_per_page=min(limit + 1, 1000),
        )
        first = list(islice(found, limit + 1))
        documents = [document for row in first[:limit] if (document := self._listed(row)) is not None]
        return documents, first[limit - 1]["RowKey"].removeprefix(_MAIN) if len(first) > limit else None

    def everything(self, after: tuple[str, str] | None = None) -> Iterator[tuple[str, Document]]:
        """(owner, document) of the whole table, or of what comes after an (owner, key): for invariants and repairs, not
        for requests."""
        where, values = "", {}
        if after is not None:
            # The SDK finds parameters between blanks alone.
            where = "( PartitionKey gt @after or ( PartitionKey eq @after and RowKey gt @key ) )"
            values = {"after": after[0], "key": _MAIN + after[1]}
        for row in rows.beginning_with(self._table_name, _MAIN, where=where, values=values):
            document = self._listed(row)
            if document is not None:
                yield row["PartitionKey"], document

    def index_rows(self, prefix: str) -> Iterator[dict[str, Any]]:
        """The index rows of every owner whose keys begin with `prefix`: a scan, for housekeeping."""
        yield from rows.beginning_with(self._table_name, prefix, select=["PartitionKey", "RowKey", "of"])

    def _bucket_stamps(self, owner: str) -> dict[str, str]:
        found = rows.beginning_with(self._table_name, f"{STAMP}|", owner=owner, select=["RowKey", "value"])
        return {row["RowKey"].removeprefix(f"{STAMP}|"): row["value"] for row in found}

    def _index_of_documents(self, owner: str, bucket: str) -> Iterator[tuple[str, IndexRows]]:
        for row in rows.beginning_with(self._table_name, _MAIN + bucket, owner=owner, results_per_page=1000):
            document = self._listed(row)
            if document is not None:
                yield self._key(document), self._remembers(document)

    # -- what somebody else broke ---------------------------------------------------------------------------------

    def damage(self) -> list[Damage]:
        """Index rows that follow from no document, that say something old, or that are missing."""
        wanted = {
            (owner, name): (self._key(document), _summary(row))
            for owner, document in self.everything()
            for name, row in self._index(document).items()
        }
        wrong: list[Damage] = []
        for row in table(self._table_name).query_entities(
            "of ge ''", select=["PartitionKey", "RowKey", "of", "summary"]
        ):
            owner, name = row["PartitionKey"], row["RowKey"]
            _, expected = wanted.pop((owner, name), ("", None))
            if expected != row["summary"]:
                what = "belongs to nothing" if expected is None else "says something old"
                wrong.append(Damage(owner, row["of"], f"{self._table_name} {owner} {name} {what}"))
        return wrong + [
            Damage(owner, key, f"{self._table_name} {owner} {name} is missing")
            for (owner, name), (key, _) in wanted.items()
        ]

    def repair(self, owner: str, key: str) -> None:
        """Write the index rows of a document as they should be, and remove any others that say they are its."""
        for race in range(_MOST_RACES):
            found = self._read(owner, key)
            wanted = self._index(found[0]) if found else {}
            known = table(self._table_name).query_entities(
                "PartitionKey eq @owner and of eq @key", parameters={"owner": owner, "key": key}, select=["RowKey"]
            )
            operations = [
                *([self._touch(owner, key, found[1])] if found else []),
                *self._upserts(owner, key, wanted),
                *(
                    ("delete", {"PartitionKey": owner, "RowKey": row["RowKey"]}, _unchanged(str(row.metadata["etag"])))
                    for row in known
                    if row["RowKey"] not in wanted
                ),
            ]
            try:
                self._submit(owner, key, operations)
                return
            except (_Raced, _IndexDamaged):  # it is not what it was when it was looked at
                time.sleep(_PAUSE_SECONDS * race)
        raise TimeoutError(f"{self._table_name} {key} was changed by others {_MOST_RACES} times in a row")

    def index_anew(self, owner: str, key: str) -> None:
        """Write every index row of a document, without looking for rows that are too many: see `completing`."""
        for race in range(_MOST_RACES):
            found = self._read(owner, key)
            if found is None:
                return
            try:
                self._submit(
                    owner, key, [self._touch(owner, key, found[1]), *self._upserts(owner, key, self._index(found[0]))]
                )
                return
            except _Raced:
                time.sleep(_PAUSE_SECONDS * race)
        raise TimeoutError(f"{self._table_name} {key} was changed by others {_MOST_RACES} times in a row")

    def orphans(self, before: datetime, seconds: float = math.inf) -> Iterator[str]:
        """The blobs, written before a moment, that no row points at: of writers that died on the way. In no order, so
        that whoever looks for so many seconds finds others the next time."""
        until = time.monotonic() + seconds
        listed = container(names.RECORDS).list_blobs(name_starts_with=f"{self._table_name}/")
        old = [blob.name for blob in listed if blob.last_modified < before]
        for name in random.sample(old, len(old)):
            if time.monotonic() > until:
                return
            owner, _, key = name.removeprefix(f"{self._table_name}/").rpartition("/")[0].partition("/")
            if key and not self._points_at(owner, key, name):
                yield name

    def sweep(self, before: datetime, seconds: float = math.inf) -> int:
        """Delete the orphans from before a moment, as far as there is time; returns how many."""
        gone = 0
        for name in self.orphans(before, seconds):
            blobs.delete(names.RECORDS, name)
            gone += 1
        return gone

    # -- rows -----------------------------------------------------------------------------------------------------

    def _read(self, owner: str, key: str) -> tuple[Document, str, str | None] | None:
        for _ in range(_MOST_RACES):
            try:
                return self._document(table(self._table_name).get_entity(owner, _MAIN + key))
            except ResourceNotFoundError:
                return None
            except blobs.BlobMissing:
                continue  # it was changed between our reading the row and the blob
        raise TimeoutError(f"{self._table_name} {key} points at a blob that is gone")

    def _listed(self, row: Any) -> Document | None:
        """The document of a row of a listing; as it is now where it was changed since, None where it is gone."""
        try:
            return self._document(row)[0]
        except blobs.BlobMissing:
            return self.get(row["PartitionKey"], row["RowKey"].removeprefix(_MAIN))

    def _is_there(self, main: dict[str, Any]) -> bool:
        """Whether what was refused was carried out before, and storage's answer to that was lost."""
        try:
            known = table(self._table_name).get_entity(main["PartitionKey"], main["RowKey"], select=["write"])
        except ResourceNotFoundError:
            return False
        return known.get("write") == main["write"]

    def _points_at(self, owner: str, key: str, blob_name: str) -> bool:
        try:
            return table(self._table_name).get_entity(owner, _MAIN + key, select=["blob"]).get("blob") == blob_name
        except ResourceNotFoundError:
            return False

    def _touch(self, owner: str, key: str, etag: str) -> Any:
        """Nothing, done to a document: it fails when that is another by now, and makes who changes it look again."""
        return "update", {"PartitionKey": owner, "RowKey": _MAIN + key}, {"mode": UpdateMode.MERGE, **_unchanged(etag)}

    def _document(self, entity: Any) -> tuple[Document, str, str | None]:
        blob_name = entity.get("blob")
        if blob_name:
            text = blobs.read(names.RECORDS, blob_name).decode()
        else:
            text = "".join(entity[f"document{part}"] for part in range(entity["parts"]))
        return self._model.model_validate_json(text), str(entity.metadata["etag"]), blob_name

    def _row(self, owner: str, document: Document) -> tuple[dict[str, Any], str | None]:
        """The entity of a document, and the blob that holds it where it is too large for a row."""
        text = json.dumps(document.model_dump(mode="json"), separators=(",", ":"))  # ASCII: a character is a character
        write = uuid.uuid4().hex
        row: dict[str, Any] = {"PartitionKey": owner, "RowKey": _MAIN + self._key(document), "write": write}
        if len(text) > _INLINE_CHARACTERS:
            blob_name = f"{self._table_name}/{owner}/{self._key(document)}/{write}.json"
            blobs.upload(names.RECORDS, blob_name, text.encode())
            return row | {"blob": blob_name, "parts": 0}, blob_name
        parts = [text[at : at + _PROPERTY_CHARACTERS] for at in range(0, len(text), _PROPERTY_CHARACTERS)]
        return row | {f"document{number}": part for number, part in enumerate(parts)} | {"parts": len(parts)}, None

    def _upserts(self, owner: str, key: str, shown: IndexRows) -> list[Any]:
        keys = {"PartitionKey": owner, "of": key}
        return [
            (
                "upsert",
                {**keys, "RowKey": name, "summary": _summary(row), **_filterable(row)},
                {"mode": UpdateMode.REPLACE},
            )
            for name, row in shown.items()
        ]

    def _deletes(self, owner: str, names_: set[str]) -> list[Any]:
        return [("delete", {"PartitionKey": owner, "RowKey": name}) for name in sorted(names_)]

    def _submit(self, owner: str, key: str, operations: list[Any]) -> None:
        """One transaction, with the stamps of a mirrored table; a document may have some ninety index rows at most."""
        if not operations:
            return
        stamps = [
            ("upsert", {"PartitionKey": owner, "RowKey": name, "value": uuid.uuid4().hex}, {"mode": UpdateMode.REPLACE})
            for name in ((STAMP, stamp_of(key)) if self._mirror is not None else ())
        ]
        try:
            table(self._table_name).submit_transaction([*operations, *stamps])
        except TableTransactionError as fault:
            raise _told_apart(fault, operations) from fault


def _unchanged(etag: str) -> dict[str, Any]:
    return {"etag": etag, "match_condition": MatchConditions.IfNotModified}


class _Raced(Exception):
    """The document was changed or deleted since it was read."""


class _IndexDamaged(Exception):
    """An index row that should be there is not."""


def _told_apart(fault: TableTransactionError, operations: list[Any]) -> Exception:
    if isinstance(fault, ResourceExistsError) or fault.status_code == 409:
        return ResourceExistsError(message=str(fault))
    if fault.status_code == 412:
        return _Raced()
    if fault.status_code == 404:
        first_failed = getattr(fault, "index", 0) or 0
        is_main = first_failed == 0 and operations[0][1]["RowKey"].startswith(_MAIN)
        return _Raced() if is_main else _IndexDamaged()
    return fault


def _summary(row: dict[str, Any]) -> str:
    return json.dumps(row, separators=(",", ":"), sort_keys=True)


def _filterable(row: dict[str, Any]) -> dict[str, Any]:
    """What a query may ask of an index row: its figures and short words."""
    return {name: value for name, value in row.items() if isinstance(value, (int, float)) or name in _WORDS}


_WORDS = ("status", "mode", "uploaded_at", "kind")


def _forget(blob_name: str | None) -> None:
    if blob_name:
        try:
            blobs.delete(names.RECORDS, blob_name)
        except HttpResponseError:
            pass  # `sweep` finds it
