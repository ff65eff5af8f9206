"""A direct upload is let in once: the room that it was promised is held for it, and what is put there is held to it."""

from __future__ import annotations

import asyncio
import json
import uuid
from datetime import UTC, datetime, timedelta

import azure.functions as func
import makers
import pytest

from ripieno.contracts import names
from ripieno.contracts.audio import UploadRequest
from ripieno.contracts.enums import Role
from ripieno.contracts.workflow import DropOrder, Upload
from ripieno.records import failures, quotas, songs, uploads
from ripieno.records.quotas import OverQuota
from ripieno.services import access, blobs
from ripieno.services import quotas as limits
from ripieno.services.identity import Caller
from ripieno.work import ingest
from tests.durable_client import DurableClient
from triggers.routing import Call
from triggers.uploads import complete_upload, create_upload

pytestmark = pytest.mark.usefixtures("storage")
UNLIMITED = dict.fromkeys(limits.Quotas.model_fields, "unlimited")
GENERATOR = access.MAY[Role.GENERATOR]


@pytest.fixture
def let(monkeypatch):
    def let(roles: dict | None = None, **of_everyone) -> None:
        table = {"roles": {"*": UNLIMITED | of_everyone, **(roles or {})}, "visitors": UNLIMITED}
        monkeypatch.setenv("RIPIENO_QUOTAS", json.dumps(table))
        monkeypatch.setattr(quotas, "_SWEEP_SECONDS", 0.0)

    return let


def begin(owner: str, size: int, roles: frozenset[Role] = GENERATOR, seed: str | None = None) -> str:
    """The id of an upload that a caller has begun."""
    order = UploadRequest(file_name="a.wav", file_size_bytes=size)
    request = func.HttpRequest(method="POST", url="/api/uploads", body=b"")
    return create_upload(Call(request, Caller(owner, roles), {}, order, None, seed or uuid.uuid4().hex)).body.upload_id


def put(upload_id: str, data: bytes) -> DropOrder:
    name = names.uploaded_blob(upload_id)
    blobs.upload(names.RAW_AUDIO, name, data)
    return DropOrder.model_validate(ingest.dropped(name).order)


def used(owner: str, quota: str) -> int:
    return next(one.used for one in quotas.states(owner) if one.quota == quota)


def left_in_the_inbox(order: DropOrder) -> list[str]:
    return blobs.list_names(names.RAW_AUDIO, order.blob_name)


def test_ten_uploads_are_not_promised_the_same_room(owner, let):
    let(storage_bytes=100)
    seed = uuid.uuid4().hex
    begin(owner, 60, seed=seed)
    with pytest.raises(OverQuota, match="bytes in storage"):
        begin(owner, 60)
    assert begin(owner, 60, seed=seed) == seed, "the same request again is the same upload"
    begin(owner, 40)
    assert used(owner, "storage_bytes") == 100


def test_as_many_uploads_are_open_as_songs_are_left_of_the_day(owner, let):
    let(songs_a_day=2)
    begin(owner, 10)
    begin(owner, 10)
    with pytest.raises(OverQuota, match="songs a day"):
        begin(owner, 10)


def test_what_was_promised_is_enough_and_its_song_takes_it_over(owner, let):
    data = makers.tone()
    let(storage_bytes=len(data), songs_a_day=1, concurrent_jobs=1)
    order = put(begin(owner, len(data)), data)
    told, run = ingest.take_in_drop(order)
    assert told["outcome"] == "ingested" and run is not None
    assert (used(owner, "storage_bytes"), used(owner, "songs_a_day")) == (len(data), 1)


def test_what_came_to_nothing_holds_nothing(owner, let):
    let(storage_bytes=1000, songs_a_day=1)
    upload_id = begin(owner, 900)
    ingest.take_in_drop(put(upload_id, b"no song"))
    assert used(owner, "storage_bytes") == len(b"no song"), "which is kept, as rejected"
    begin(owner, 900)


def test_an_address_that_has_ended_holds_nothing_and_what_waits_does(owner, let):
    let(storage_bytes=10**6, concurrent_jobs=1)
    ended = (datetime.now(UTC) - timedelta(minutes=1)).isoformat()
    abandoned, waits, _ = begin(owner, 1000), begin(owner, 2000), begin(owner, 4000)
    for upload_id in (abandoned, waits):
        uploads.note(upload_id, ends_at=ended)
    put(waits, b"x" * 2000)
    assert used(owner, "storage_bytes") == 6000
    uploads.delete_all(owner)
    assert quotas.sweep(owner) == 0, "just begun, perhaps"
    assert quotas.sweep(owner, now=datetime.now(UTC) + timedelta(minutes=2)) == 2
    assert used(owner, "storage_bytes") == 0


@pytest.mark.parametrize("is_more", [True, False])
def test_more_bytes_than_were_declared_are_refused_and_no_byte_is_kept(owner, let, is_more):
    let(storage_bytes=10**6)
    data = makers.tone()
    order = put(begin(owner, len(data) - is_more), data)
    told, _ = ingest.take_in_drop(order)
    ingest.leave_inbox(order)
    assert told["outcome"] == ("rejected" if is_more else "ingested") and left_in_the_inbox(order) == []
    if is_more:
        left = blobs.properties(names.REJECTED, order.blob_name)
        assert (left.metadata["code"], left.size) == ("larger_than_declared", 0)
        assert [failure.code for failure in failures.of_owner(owner)] == ["larger_than_declared"]
        assert used(owner, "storage_bytes") == 0


def test_where_storage_is_full_the_reason_is_kept_and_no_byte(owner, let):
    data = makers.tone()
    let()
    order = put(begin(owner, len(data)), data)
    let(storage_bytes=10)  # by now
    told, _ = ingest.take_in_drop(order)
    assert told["outcome"] == "rejected" and left_in_the_inbox(order) == []
    left = blobs.properties(names.REJECTED, order.blob_name)
    assert (left.metadata["code"], left.size) == ("quota_exceeded", 0)
    (failure,) = failures.of_owner(owner)
    assert (failure.kind, failure.code, failure.status) == ("drop", "quota_exceeded", "open")


def test_who_asked_says_what_they_may_have_and_not_the_least_of_all(owner, let):
    let(roles={"Generator": UNLIMITED | {"songs_a_day": 5}}, songs_a_day=0)
    order = put(begin(owner, 10**6), makers.tone())
    told, run = ingest.take_in_drop(order)
    assert told["outcome"] == "ingested" and run is not None
    assert songs.get(owner, told["audio_file_id"]).owner == owner

    now = datetime.now(UTC).isoformat()
    of_before = Upload(upload_id=uuid.uuid4().hex, owner=owner, file_name="b.wav", created_at=now)
    uploads.create(of_before)
    assert ingest.take_in_drop(put(of_before.upload_id, makers.tone()))[0]["outcome"] == "waiting", "nobody knows whose"


def test_what_waits_is_counted_though_its_room_had_been_given_back(owner, let):
    """Put once more just before the first was rejected."""
    let(roles={"Generator": UNLIMITED | {"songs_a_day": 1}}, songs_a_day=1)
    upload_id = begin(owner, 1000)
    first = put(upload_id, b"no song")
    second = put(upload_id, b"x" * 1000)
    uploads.note(upload_id, outcome="rejected")
    quotas.give_back(owner, names.upload_hold(upload_id))
    other = begin(owner, 10)
    assert ingest.take_in_drop(second)[0]["outcome"] == "waiting"
    assert used(owner, "storage_bytes") == 1010 and first.upload_id == upload_id
    assert quotas.sweep(owner, now=datetime.now(UTC) + timedelta(days=1)) == 0 and uploads.find(other) is not None


def test_a_row_keeps_more_bytes_than_a_table_has_bits_for(owner):
    its = Upload(
        upload_id=uuid.uuid4().hex, owner=owner, file_name="a.wav", created_at=datetime.now(UTC).isoformat(),
        size_bytes=2**31, roles=sorted(GENERATOR), ends_at=datetime.now(UTC).isoformat(),
    )  # fmt: skip
    uploads.create(its)
    assert uploads.find(its.upload_id) == its


def test_an_upload_that_is_completed_twice_is_one(owner, let):
    let(songs_a_day=1)
    data = makers.tone()
    upload_id = begin(owner, len(data))
    blobs.upload(names.RAW_AUDIO, names.uploaded_blob(upload_id), data)
    client = DurableClient()
    request = func.HttpRequest(method="POST", url="/api/uploads", body=b"")
    call = Call(request, Caller(owner, GENERATOR), {"id": upload_id}, None, None, "seed", client)  # type: ignore[arg-type]
    for _ in range(2):
        assert asyncio.run(complete_upload(call)).status == 202
    ((orchestrator, _, order),) = client.started
    assert orchestrator == "IngestOrchestrator"
    told, _ = ingest.take_in_drop(DropOrder.model_validate(order))
    ingest.leave_inbox(DropOrder.model_validate(order))
    answer = asyncio.run(complete_upload(call))
    assert (answer.status, answer.body.audio_file_id) == (200, told["audio_file_id"])
