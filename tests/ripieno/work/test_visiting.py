"""When a visitor's day is over, nothing of theirs is left in any table or container, and nobody else's is touched."""

from __future__ import annotations

import asyncio
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ripieno.contracts import names
from ripieno.contracts.audio import AudioFile
from ripieno.contracts.enums import AudioFileStatus
from ripieno.contracts.workflow import RemovalOrder, Upload
from ripieno.records import failures, idempotency, runs, songs, uploads, usage, visits, webhooks
from ripieno.records.visits import TooManyVisits
from ripieno.services import blobs
from ripieno.services.storage import container, table
from ripieno.work import accounts, asking, removal, visiting

pytestmark = pytest.mark.usefixtures("storage")
NOBODY: Any = None  # the tests begin what it would
CANARY = "canary-of-a-visitor"


@pytest.fixture(autouse=True)
def let_in(monkeypatch):
    monkeypatch.setenv("RIPIENO_VISITORS", "generator")
    monkeypatch.setenv("RIPIENO_VISITOR_SECRET", "s" * 40)
    monkeypatch.setenv("RIPIENO_VISITS_AN_HOUR", "100000")


@pytest.fixture
def begun(monkeypatch) -> list[str]:
    """The removals that were begun; each is carried out at once, as its workflow does."""
    orders: list[str] = []

    async def start(client, run) -> bool:
        order = RemovalOrder.model_validate(run.order)
        orders.append(order.instance_id)
        await carry_out(client, order)
        return True

    monkeypatch.setattr(asking, "start", start)
    return orders


async def carry_out(client, order: RemovalOrder) -> None:
    """As `RemovalOrchestrator` does."""
    steps: Any = accounts if order.everything else removal
    steps.hide(order)
    if order.everything:
        await steps.stop(client, order)
    steps.delete(order)
    removal.forget(order)


def keep_something(owner: str) -> None:
    song_id, born = str(uuid.uuid4()), uuid.uuid4().hex[:10]
    song = AudioFile(
        audio_file_id=song_id, owner=owner, born=born, original_file_name=f"{CANARY}.wav", run=1, sha256="0" * 64,
        status=AudioFileStatus.ANALYZED, uploaded_at=datetime.now(UTC).isoformat(), file_size_bytes=4,
        blob_name=names.song_blob(song_id, born, "wav"), instance_id=names.song_instance(song_id, born, 1),
    )  # fmt: skip
    blobs.upload(names.SONGS, song.blob_name, b"RIFF")
    blobs.upload(names.STEMS, f"{names.song_folder(song_id, born)}/bass.flac", b"fLaC")
    songs.create(song)
    upload_id = uuid.uuid4().hex
    uploads.create(Upload(upload_id=upload_id, owner=owner, file_name=CANARY, created_at=datetime.now(UTC).isoformat()))
    blobs.upload(names.RAW_AUDIO, names.uploaded_blob(upload_id), b"bytes")
    blobs.upload(names.RAW_AUDIO, f"owners/{owner}/{CANARY}.wav", b"bytes")
    claimed = idempotency.claim(owner, uuid.uuid4().hex, b"request")
    assert isinstance(claimed, idempotency.Claim)
    idempotency.answer(claimed, 200, {}, CANARY * 5000)
    usage.stored(owner, f"song|{song_id}|{born}", 8)
    failures.keep("drop", CANARY, owner, f"{CANARY} is no song")
    webhooks.rotate(owner, "seed", "2099-01-01T00:00:00+00:00", datetime.now(UTC))


def left_of(owner: str) -> list[str]:
    found = [
        f"{name} {row['PartitionKey']} {row['RowKey']}"
        for name in names.TABLES
        for row in table(name).list_entities()
        if owner in str(dict(row))
    ]
    return found + [f"{place} {name}" for place in names.CONTAINERS for name in _names(place, owner)]


def _names(place: str, owner: str) -> list[str]:
    return [blob.name for blob in container(place).list_blobs() if owner in blob.name]


def test_when_the_day_is_over_nothing_is_left_of_a_visitor(begun):
    visitor, _ = visiting.begin()
    other, _ = visiting.begin()
    keep_something(visitor.owner)
    keep_something(other.owner)
    mine = set(blobs.list_names(names.STEMS))
    assert len(left_of(visitor.owner)) > 5
    over = other.ends_at + timedelta(seconds=1)
    before = left_of(other.owner)
    visits.forget(next(one for one in visits.ended(over) if one.owner == other.owner))  # this one's goes on

    assert asyncio.run(visiting.end(NOBODY, visitor.ends_at - timedelta(seconds=1))) == 0
    assert left_of(visitor.owner), "not a second before"
    for _ in range(4):
        asyncio.run(visiting.end(NOBODY, over))
    assert [names.account_removal_instance("") in one for one in begun] == [True, False], "the song's is a part of it"
    assert [row for row in left_of(visitor.owner) if not row.startswith("Visits rate")] == []
    assert len(mine - set(blobs.list_names(names.STEMS))) == 1, "the stems of the one song"
    others = [row for row in before if not row.startswith("Visits ")]
    assert [row for row in left_of(other.owner) if not row.startswith("Visits ")] == others, "nobody else's"
    asyncio.run(visiting.end(NOBODY, over + timedelta(hours=3)))
    assert left_of(visitor.owner) == [], "nor that they were here"


def test_what_is_written_while_it_is_deleted_goes_too(begun, monkeypatch):
    visitor, _ = visiting.begin()
    over = visitor.ends_at + timedelta(seconds=1)
    keep_something(visitor.owner)
    asyncio.run(visiting.end(NOBODY, over))
    keep_something(visitor.owner)  # by a workflow that was under way
    for _ in range(5):
        asyncio.run(visiting.end(NOBODY, over + timedelta(hours=3)))
    assert left_of(visitor.owner) == []


def test_a_visit_waits_for_the_workflows_that_remove(monkeypatch):
    async def start(client, run) -> bool:
        return True

    monkeypatch.setattr(asking, "start", start)
    visitor, _ = visiting.begin()
    keep_something(visitor.owner)
    over = visitor.ends_at + timedelta(seconds=1)
    for _ in range(3):
        asyncio.run(visiting.end(NOBODY, over))
    assert any(visit.owner == visitor.owner for visit in visits.ended(over))
    (run,) = runs.beginning_with(visitor.owner, "")
    accounts.hide(RemovalOrder.model_validate(run.order))
    for one in (*accounts.left(RemovalOrder.model_validate(run.order)), run):
        asyncio.run(carry_out(NOBODY, RemovalOrder.model_validate(one.order)))
    for _ in range(3):
        asyncio.run(visiting.end(NOBODY, over))
    assert not any(visit.owner == visitor.owner for visit in visits.ended(over))


def test_so_many_visits_begin_in_an_hour(monkeypatch):
    monkeypatch.setenv("RIPIENO_VISITS_AN_HOUR", "3")
    at = datetime(2031, 1, 1, 12, 59, 30, tzinfo=UTC)
    for number in range(3):
        visits.begin(f"visitor-{number}", at + timedelta(days=1), now=at)
    with pytest.raises(TooManyVisits) as refused:
        visits.begin("visitor-4", at + timedelta(days=1), now=at)
    assert 30 <= refused.value.retry_after <= 31
    visits.begin("visitor-4", at + timedelta(days=1), now=at + timedelta(seconds=31))
