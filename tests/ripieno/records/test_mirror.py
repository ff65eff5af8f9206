"""Rows in memory say what storage says, whatever changes, and who changes it."""

from __future__ import annotations

import random
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Event, Lock, Semaphore

import makers
import pytest

from ripieno.contracts import names
from ripieno.contracts.base import Contract
from ripieno.records import mirror
from ripieno.records.mirror import Condition
from ripieno.records.store import Store
from ripieno.services.storage import table, table_service

TABLE = "Tunes"
KINDS = ("jig", "reel", "polka")


class Tune(Contract):
    name: str
    kind: str = "jig"
    bpm: float | None = None


def new_store(*, mirrored: bool) -> Store[Tune]:
    def index(tune: Tune) -> dict:
        shown = {"kind": tune.kind, **({"bpm": tune.bpm} if tune.bpm is not None else {})}
        return {f"by-kind|{tune.kind}|{tune.name}": shown, f"by-name|{tune.name}": shown}

    def marks(shown: dict) -> list[str]:
        return [one for one in (shown.get("kind"), shown.get("bpm") and "played") if one]

    return Store(TABLE, Tune, key=lambda tune: tune.name, index=index, mirrored=mirrored, marks=marks)


@pytest.fixture
def by_storage(storage: str) -> Store[Tune]:
    table_service().create_table_if_not_exists(TABLE)
    return new_store(mirrored=False)


@pytest.fixture
def tunes(by_storage: Store[Tune]) -> Store[Tune]:
    """One that writes the stamps, and remembers nothing yet."""
    return new_store(mirrored=True)


def queried(monkeypatch) -> list[str]:
    """The prefixes that storage was asked for from now on."""
    asked: list[str] = []
    real = mirror.Mirror.page

    def page(self, owner, prefix, *given, **more):
        found = real(self, owner, prefix, *given, **more)
        if found is None:
            asked.append(prefix)
        return found

    monkeypatch.setattr(mirror.Mirror, "page", page)
    return asked


def warm(store: Store[Tune], owner: str) -> None:
    makers.mirrored(lambda: store.page(owner, "by-name|", limit=1))


def test_rows_in_memory_are_those_of_storage_through_any_changes(tunes, by_storage, owner, monkeypatch):
    rng = random.Random(5)
    written = [f"{rng.randrange(16**6):06x}" for _ in range(60)]
    for name in written[:40]:
        tunes.create(owner, Tune(name=name))
    warm(tunes, owner)
    asked = queried(monkeypatch)
    for step in range(120):
        name = rng.choice(written)
        match rng.randrange(3):
            case 0:
                tunes.create(owner, Tune(name=name, kind=rng.choice(KINDS)))
            case 1:
                tunes.delete(owner, name)
            case _ if tunes.get(owner, name):
                new = {"kind": rng.choice(KINDS), "bpm": rng.choice((None, 90.0, 120.0))}
                tunes.change(owner, name, lambda tune, new=new: tune.model_copy(update=new))
        prefix = rng.choice(("by-name|", *(f"by-kind|{kind}|" for kind in KINDS)))
        conditions = rng.choice(([], [Condition("bpm", "ge", 100.0)], [Condition("kind", "eq", "reel")]))
        bounds = {} if step % 3 else {"start": rng.choice("0369"), "end": rng.choice("9cf")}
        after = None if step % 4 else prefix + rng.choice(written)
        query = {"conditions": conditions, "after": after, "limit": rng.randrange(1, 30), **bounds}
        assert tunes.page(owner, prefix, **query) == by_storage.page(owner, prefix, **query), (step, prefix, query)
        query |= {"conditions": [Condition("kind", "eq", rng.choice(KINDS)), Condition("bpm", "ge", 100.0)]}
        query = {name: value for name, value in query.items() if name not in ("start", "end")}
        marked = tunes.remembered(owner, prefix, marks={query["conditions"][0].value, "played"}, **query)
        there = by_storage.page(owner, prefix, **query)
        assert marked.rows == [{k: v for k, v in row.items() if k != "RowKey"} for row in there.rows], (step, query)
        assert marked.last_key == there.last_key
    assert asked == [], "every page came from memory"


@pytest.mark.parametrize("op", ["eq", "ge", "gt", "le", "lt"])
def test_conditions_mean_in_memory_what_they_mean_in_storage(tunes, by_storage, owner, op):
    for number, bpm in enumerate((None, 89.999, 90.0, 90.001)):
        tunes.create(owner, Tune(name=f"{number:02d}", bpm=bpm))
    warm(tunes, owner)
    query = {"conditions": [Condition("bpm", op, 90.0)], "limit": 9}
    assert tunes.page(owner, "by-name|", **query) == by_storage.page(owner, "by-name|", **query)


def test_what_another_process_writes_is_seen_by_the_next_listing(tunes, by_storage, owner, monkeypatch):
    elsewhere = new_store(mirrored=True)
    tunes.create(owner, Tune(name="a1"))
    warm(tunes, owner)
    elsewhere.create(owner, Tune(name="b2"))
    elsewhere.change(owner, "a1", lambda tune: tune.model_copy(update={"kind": "reel"}))
    asked = queried(monkeypatch)
    assert [row["kind"] for row in tunes.page(owner, "by-name|", limit=9).rows] == ["reel", "jig"]
    elsewhere.delete(owner, "a1")
    assert [row["kind"] for row in tunes.page(owner, "by-name|", limit=9).rows] == ["jig"]
    assert asked == []


def test_when_much_changed_storage_answers_until_it_was_read(tunes, owner, monkeypatch):
    for number in range(4):
        tunes.create(owner, Tune(name=f"{number:02d}"))
    warm(tunes, owner)
    for number in range(4, 40):
        tunes.create(owner, Tune(name=f"{number:02d}"))
    asked = queried(monkeypatch)
    assert len(tunes.page(owner, "by-name|", limit=99).rows) == 40 and asked == ["by-name|"]
    warm(tunes, owner)
    asked.clear()
    assert len(tunes.page(owner, "by-name|", limit=99).rows) == 40 and asked == []


def test_nobody_waits_for_what_is_being_read(tunes, owner, monkeypatch):
    for number in range(8):
        tunes.create(owner, Tune(name=f"{number:02d}"))
    reading, go_on = Event(), Event()
    real = tunes._mirror._source.documents

    def slowly(owner: str, bucket: str):
        reading.set()
        go_on.wait(30)
        return real(owner, bucket)

    monkeypatch.setattr(tunes._mirror._source, "documents", slowly)
    for _ in range(4):
        assert len(tunes.page(owner, "by-name|", limit=9).rows) == 8
    assert reading.wait(30)
    assert len(tunes.page(owner, "by-name|", limit=9).rows) == 8
    go_on.set()


def test_who_writes_and_lists_at_once_always_sees_their_own(tunes, owner):
    warm(tunes, owner)

    def write(number: int) -> bool:
        name = f"{number:02x}"
        tunes.create(owner, Tune(name=name))
        made = any(row["RowKey"].endswith(name) for row in tunes.page(owner, "by-name|", limit=999).rows)
        tunes.delete(owner, name)
        left = any(row["RowKey"].endswith(name) for row in tunes.page(owner, "by-name|", limit=999).rows)
        return made and not left

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(write, range(64)))
    warm(tunes, owner)
    assert tunes.page(owner, "by-name|", limit=9).rows == []


def test_owners_who_are_many_or_large_leave_memory(tunes, storage, owner, monkeypatch):
    monkeypatch.setattr(mirror, "MOST_DOCUMENTS", 8)
    owners = [f"{owner}-{number}" for number in range(3)]
    for one in owners:
        for number in range(4):
            tunes.create(one, Tune(name=f"{number:02d}"))
        warm(tunes, one)
    assert set(tunes._mirror._shelves) == set(owners[1:]), "eight documents are room for two owners of four"
    tunes.create(owners[2], Tune(name="99"))
    asked = queried(monkeypatch)
    assert len(tunes.page(owners[2], "by-name|", limit=9).rows) == 5
    assert asked == ["by-name|"], "an owner of more than half of it is asked of storage"
    assert len(tunes.page(owners[1], "by-name|", limit=9).rows) == 4 and len(asked) == 1


def test_owners_who_have_nothing_take_no_room_for_ever(tunes, storage, owner, monkeypatch):
    monkeypatch.setattr(mirror, "MOST_OWNERS", 3)
    owners = [f"{owner}-{number}" for number in range(6)]
    for one in owners:
        warm(tunes, one)
        assert len(tunes._mirror._shelves) <= 3
    assert set(tunes._mirror._shelves) == set(owners[3:])


def test_what_requests_read_one_bucket_after_another_is_counted_too(tunes, storage, owner, monkeypatch):
    """No reading in the background happens, and the room is the same."""
    monkeypatch.setattr(mirror, "MOST_DOCUMENTS", 20)
    other = f"{owner}-other"
    for one in (other, owner):
        tunes.create(one, Tune(name="00"))
        warm(tunes, one)
    for number in range(1, 10):
        for one in (owner, other):
            tunes.create(one, Tune(name=f"{number:02d}"))
            tunes.page(one, "by-name|", limit=99)
    assert set(tunes._mirror._shelves) == {owner, other}
    monkeypatch.setattr(mirror, "MOST_DOCUMENTS", 19)
    tunes.create(other, Tune(name="99"))
    assert len(tunes.page(other, "by-name|", limit=99).rows) == 11
    assert sum(len(one.of_document) for one in tunes._mirror._shelves.values()) <= 19


def test_a_song_that_is_gone_leaves_nothing_of_itself_in_the_stamps(storage, owner):
    from ripieno.records import songs

    song = makers.song(owner)
    songs.create(song)
    songs.delete(owner, song.audio_file_id, song.born)
    rows = table(names.SONGS_TABLE).query_entities("PartitionKey eq @owner", parameters={"owner": owner})
    assert {row["RowKey"] for row in rows} == {"stamp", f"stamp|{song.audio_file_id[:2]}"}


def test_listings_at_once_share_a_stamp_that_is_younger_than_all_of_them(tunes, owner, monkeypatch):
    tunes.create(owner, Tune(name="a1"))
    warm(tunes, owner)
    first, go_on, readings = Event(), Event(), []
    real = tunes._mirror._source.stamp

    def slowly(owner: str) -> str | None:
        found = real(owner)
        readings.append(found)
        first.set()
        go_on.wait(30)
        return found

    class Queue:
        """A lock that tells of each who comes to it."""

        def __init__(self):
            self.lock, self.came = Lock(), Semaphore(0)

        def acquire(self, timeout: float) -> bool:
            self.came.release()
            return self.lock.acquire(timeout=30)

        def release(self) -> None:
            self.lock.release()

    queue = tunes._mirror._shelves[owner].stamping = Queue()
    monkeypatch.setattr(tunes._mirror._source, "stamp", slowly)
    with ThreadPoolExecutor(9) as pool:
        early = pool.submit(tunes.page, owner, "by-name|", limit=9)
        assert first.wait(30)
        tunes.create(owner, Tune(name="b2"))  # after the first one's reading
        late = [pool.submit(tunes.page, owner, "by-name|", limit=9) for _ in range(8)]
        assert all(queue.came.acquire(timeout=30) for _ in range(9))
        go_on.set()
        assert len(early.result().rows) == 1
        assert [len(one.result().rows) for one in late] == [2] * 8
    assert len(readings) == 2, "the early one's, and one for the eight"


def test_while_another_table_vouches_nobody_looks_whether_anything_changed(tunes, owner, monkeypatch):
    tunes.create(owner, Tune(name="a1"))
    warm(tunes, owner)
    looked: list[str] = []
    real = tunes._mirror._source.stamp
    monkeypatch.setattr(
        tunes._mirror, "_source", replace(tunes._mirror._source, stamp=lambda of: looked.append(of) or real(of))
    )

    def names_there(voucher: str | None) -> int:
        page = tunes.remembered(owner, "by-name|", after=None, conditions=[], limit=9, voucher=voucher)
        assert page is not None
        return len(page.rows)

    assert names_there("first") == 1 and len(looked) == 1
    new_store(mirrored=True).create(owner, Tune(name="b2"))
    assert names_there("first") == 1 and len(looked) == 1, "the first still vouches"
    assert names_there("second") == names_there("second") == 2 and len(looked) == 2
    assert names_there(None) == 2 and len(looked) == 3
