"""Documents and their index rows, under racing changers, sizes beyond a row, lost answers and deaths in between."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier

import pytest
from azure.core.exceptions import HttpResponseError
from azure.data.tables import TableClient, UpdateMode

from ripieno.contracts import names
from ripieno.contracts.base import Contract
from ripieno.records.mirror import Condition
from ripieno.records.store import Missing, Store
from ripieno.services import blobs
from ripieno.services.storage import table, table_service

CHANGERS = 40


class Note(Contract):
    name: str
    kind: str = "draft"
    text: str = ""
    written: list[int] = []


TABLE = "Notes"
NOTES = Store(
    TABLE,
    Note,
    key=lambda note: note.name,
    index=lambda note: {f"by-kind|{note.kind}|{note.name}": {"kind": note.kind, "times": len(note.written)}},
)


@pytest.fixture
def notes(storage: str):
    table_service().create_table_if_not_exists(TABLE)
    return NOTES


def listed(owner: str, kind: str) -> list[str]:
    return [row["RowKey"] for row in NOTES.page(owner, f"by-kind|{kind}|", limit=1000).rows]


def damaged(owner: str) -> list[str]:
    """What is wrong with the rows of one owner; other tests have theirs in the same table."""
    return [one.what for one in NOTES.damage() if one.owner == owner]


def written_blobs(owner: str) -> list[str]:
    return blobs.list_names(names.RECORDS, f"{TABLE}/{owner}/")


def test_forty_who_change_one_document_at_once_lose_nothing(notes, owner):
    notes.create(owner, Note(name="one"))
    together = Barrier(CHANGERS)

    def add(number: int) -> None:
        together.wait()
        notes.change(owner, "one", lambda note: note.model_copy(update={"written": [*note.written, number]}))

    with ThreadPoolExecutor(CHANGERS) as pool:
        list(pool.map(add, range(CHANGERS)))
    assert sorted(notes.get(owner, "one").written) == list(range(CHANGERS))
    assert notes.page(owner, "by-kind|draft|", limit=9).rows[0]["times"] == CHANGERS
    assert damaged(owner) == []


def test_of_equal_creations_one_is_made_and_left_as_it_is(notes, owner):
    together = Barrier(8)

    def make(number: int) -> bool:
        together.wait()
        return notes.create(owner, Note(name="one", written=[number]))

    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(make, range(8)))
    assert made.count(True) == 1
    assert notes.get(owner, "one").written == [made.index(True)]


def test_a_change_that_is_none_changes_nothing_and_who_is_gone_is_missing(notes, owner):
    notes.create(owner, Note(name="one", text="as it was"))
    assert notes.change(owner, "one", lambda note: None).text == "as it was"
    with pytest.raises(Missing):
        notes.change(owner, "nobody", lambda note: note)
    notes.delete(owner, "nobody")


@pytest.mark.parametrize(
    ("text", "in_a_blob"),
    [
        ("", False),
        ("a" * 70_000, False),  # over 64 KiB: several properties
        ("五" * 5000, False),
        ("\U0001f3b7" * 5000, False),  # 4 bytes in UTF-8, twelve characters in JSON
        ("\U0001f3b7" * 24_990, False),  # as much as a row takes
        ("\U0001f3b7" * 100_000, True),
        ("a" * 400_000, True),
        ('"\\\n\x00' * 90_000, True),
    ],
    ids=["nothing", "70 kB", "Chinese", "emoji", "full row", "many emoji", "400 kB", "escapes"],
)
def test_any_text_comes_back_as_it_was(notes, owner, text, in_a_blob):
    name = f"{owner}-text"
    assert notes.create(owner, Note(name=name, text=text))
    assert notes.get(owner, name).text == text
    assert bool(written_blobs(owner)) == in_a_blob
    assert [note.text for note in notes.documents(owner, limit=5)[0]] == [text]


def test_a_document_outgrows_its_row_and_shrinks_again_and_leaves_no_blob(notes, owner):
    name = f"{owner}-grows"
    notes.create(owner, Note(name=name))
    seen = set()
    for _ in range(2):
        notes.change(owner, name, lambda note: note.model_copy(update={"text": "b" * 310_000}))
        (blob,) = written_blobs(owner)
        seen.add(blob)
    assert len(seen) == 2, "each version has a blob of its own, so that nobody reads half of one"
    notes.change(owner, name, lambda note: note.model_copy(update={"text": ""}))
    assert written_blobs(owner) == []
    notes.change(owner, name, lambda note: note.model_copy(update={"text": "b" * 310_000}))
    notes.delete(owner, name)
    assert written_blobs(owner) == [] and notes.get(owner, name) is None


def test_a_creation_that_comes_second_leaves_no_blob(notes, owner):
    name = f"{owner}-second"
    assert notes.create(owner, Note(name=name))
    assert not notes.create(owner, Note(name=name, text="c" * 310_000))
    assert written_blobs(owner) == []


def test_what_is_listed_while_it_is_changed_is_read_again(notes, owner, monkeypatch):
    """The row was read, then the document was changed and its blob deleted: the listing shows the new one."""
    name = f"{owner}-moves"
    notes.create(owner, Note(name=name, text="d" * 310_000))
    real, changed = blobs.read, []

    def read(container: str, blob: str) -> bytes:
        if not changed:
            changed.append(True)
            notes.change(owner, name, lambda note: note.model_copy(update={"text": "e" * 310_000}))
        return real(container, blob)

    monkeypatch.setattr(blobs, "read", read)
    assert [note.text[:1] for note in notes.documents(owner, limit=5)[0]] == ["e"]
    changed.clear()
    assert [note.text[:1] for _, note in notes.everything() if note.name == name] == ["e"]
    changed.clear()
    monkeypatch.setattr(notes, "change", lambda owner, name, to: notes.delete(owner, name))
    assert notes.documents(owner, limit=5) == ([], None)


# -- index rows ---------------------------------------------------------------------------------------------------


def test_index_rows_follow_the_document(notes, owner):
    notes.create(owner, Note(name="one"))
    notes.change(owner, "one", lambda note: note.model_copy(update={"kind": "final"}))
    assert (listed(owner, "draft"), listed(owner, "final")) == ([], ["by-kind|final|one"])
    notes.delete(owner, "one")
    assert listed(owner, "final") == [] and damaged(owner) == []


def test_a_listing_goes_on_where_its_page_ended(notes, owner):
    for number in range(7):
        notes.create(owner, Note(name=f"n{number}"))
    keys, after = [], None
    for _ in range(4):
        page = notes.page(owner, "by-kind|draft|", after=after, limit=2)
        keys += [row["RowKey"] for row in page.rows]
        after = page.last_key
    assert keys == [f"by-kind|draft|n{number}" for number in range(7)] and after is None
    part = notes.page(owner, "by-kind|draft|", start="n2", end="n5", limit=9)
    assert [row["RowKey"][-2:] for row in part.rows] == ["n2", "n3", "n4"]
    assert notes.page(owner, "by-kind|draft|", conditions=[Condition("times", "gt", 0)], limit=9).rows == []


def break_rows(owner: str) -> None:
    """One row lost, one that says something old, one of nothing."""
    rows = table(TABLE)
    rows.delete_entity(owner, "by-kind|draft|lost")
    rows.update_entity(
        {"PartitionKey": owner, "RowKey": "by-kind|draft|old", "summary": '{"kind": "draft", "times": 99}'},
        mode=UpdateMode.MERGE,
    )
    rows.create_entity({"PartitionKey": owner, "RowKey": "by-kind|final|old", "of": "old", "summary": "{}"})
    rows.create_entity({"PartitionKey": owner, "RowKey": "by-kind|final|ghost", "of": "ghost", "summary": "{}"})


def test_index_rows_that_somebody_broke_are_found_and_mended(notes, owner):
    for name in ("lost", "old", "whole"):
        notes.create(owner, Note(name=name))
    assert damaged(owner) == []
    break_rows(owner)
    wrong = [one for one in notes.damage() if one.owner == owner]
    assert sorted(one.key for one in wrong) == ["ghost", "lost", "old", "old"]
    for one in wrong:
        notes.repair(owner, one.key)
    assert damaged(owner) == []
    assert listed(owner, "draft") == [f"by-kind|draft|{name}" for name in ("lost", "old", "whole")]
    assert listed(owner, "final") == []


@pytest.mark.parametrize("deed", ["change", "delete"])
def test_a_document_whose_index_row_is_lost_can_be_changed_and_deleted(notes, owner, deed):
    notes.create(owner, Note(name="one"))
    table(TABLE).delete_entity(owner, "by-kind|draft|one")
    if deed == "change":
        notes.change(owner, "one", lambda note: note.model_copy(update={"kind": "final"}))
        assert listed(owner, "final") == ["by-kind|final|one"]
    else:
        notes.delete(owner, "one")
        assert notes.get(owner, "one") is None
    assert damaged(owner) == []


def test_a_repair_beside_a_change_breaks_nothing(notes, owner, monkeypatch):
    """The document is changed after the repair has read it: rows of what it was would be new damage."""
    notes.create(owner, Note(name="one"))
    table(TABLE).delete_entity(owner, "by-kind|draft|one")
    real, changed = TableClient.query_entities, []

    def query(self, *arguments, **options):
        if not changed:
            changed.append(True)
            table(TABLE).upsert_entity(
                {"PartitionKey": owner, "RowKey": "by-kind|draft|one", "of": "one", "summary": "{}"}
            )
            notes.change(owner, "one", lambda note: note.model_copy(update={"kind": "final"}))
        return real(self, *arguments, **options)

    with monkeypatch.context() as patch:
        patch.setattr(TableClient, "query_entities", query)
        notes.repair(owner, "one")
    assert listed(owner, "draft") == [] and listed(owner, "final") == ["by-kind|final|one"]


# -- deaths and lost answers --------------------------------------------------------------------------------------


class Killed(BaseException):
    """No `except Exception` sees it, as none sees a SIGKILL."""


def test_who_dies_before_the_rows_are_written_leaves_the_document_as_it_was(notes, owner, monkeypatch):
    name = f"{owner}-dies"
    notes.create(owner, Note(name=name, text="f" * 310_000))

    def die(self, *arguments, **options):
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(TableClient, "submit_transaction", die)
        with pytest.raises(Killed):
            notes.change(owner, name, lambda note: note.model_copy(update={"kind": "final", "text": "g" * 310_000}))
        with pytest.raises(Killed):
            notes.delete(owner, name)
        with pytest.raises(Killed):
            notes.create(owner, Note(name=f"{name}-2"))
    assert notes.get(owner, name).text[:1] == "f" and notes.get(owner, f"{name}-2") is None
    assert listed(owner, "draft") == [f"by-kind|draft|{name}"] and damaged(owner) == []


def test_who_dies_before_the_old_blob_is_deleted_leaves_a_whole_document(notes, owner, monkeypatch):
    name = f"{owner}-later"
    notes.create(owner, Note(name=name, text="h" * 310_000))

    def die(*arguments, **options):
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(blobs, "delete", die)
        with pytest.raises(Killed):
            notes.change(owner, name, lambda note: note.model_copy(update={"text": "i" * 310_000}))
    assert notes.get(owner, name).text[:1] == "i"
    assert len(written_blobs(owner)) == 2
    notes.sweep(datetime.now(UTC) - timedelta(hours=1))
    assert len(written_blobs(owner)) == 2, "who wrote it may be about to write the row"
    notes.sweep(datetime.now(UTC) + timedelta(hours=1))
    assert len(written_blobs(owner)) == 1 and notes.get(owner, name).text[:1] == "i"
    notes.delete(owner, name)
    assert written_blobs(owner) == []


@pytest.fixture
def lost_answer(monkeypatch):
    """Storage carries the next transaction out, and says that it is busy; the client sends it again."""
    real, lost = TableClient.submit_transaction, []

    def submit(self, operations, **options):
        operations = list(operations)
        if not lost:
            lost.append(real(self, operations, **options))
        return real(self, operations, **options)

    monkeypatch.setattr(TableClient, "submit_transaction", submit)
    return lost


def test_a_change_whose_answer_was_lost_is_made_once(notes, owner, request):
    name = f"{owner}-once"
    notes.create(owner, Note(name=name))
    request.getfixturevalue("lost_answer")
    told = notes.change(
        owner, name, lambda note: note.model_copy(update={"written": [*note.written, 1], "text": "j" * 310_000})
    )
    assert told.written == [1]
    assert notes.get(owner, name).written == [1], "its blob is there, and the change was not made again"


def test_a_creation_whose_answer_was_lost_is_known_as_made(notes, owner, lost_answer):
    name = f"{owner}-made"
    assert notes.create(owner, Note(name=name, text="k" * 310_000))
    assert notes.get(owner, name).text[:1] == "k"


def test_what_storage_refuses_for_good_is_raised(notes, owner):
    with pytest.raises(HttpResponseError):
        notes.create(owner, Note(name="a/b#c?"))
