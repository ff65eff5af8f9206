"""What is kept of somebody beside their songs, works and voices goes, wherever it lies, and nothing of anybody else."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta

import pytest

from ripieno.contracts import names
from ripieno.contracts.enums import Role
from ripieno.contracts.feedback import Feedback
from ripieno.contracts.identity import MOST_DEVICES, Device, PairingCode
from ripieno.contracts.moderation import Refusal
from ripieno.contracts.preferences import Lesson
from ripieno.contracts.shares import Share
from ripieno.contracts.workflow import DropOrder, Upload
from ripieno.records import (
    devices,
    failures,
    feedback,
    idempotency,
    preferences,
    refusals,
    shares,
    uploads,
    usage,
    webhooks,
)
from ripieno.services import blobs
from ripieno.services.storage import container, table
from ripieno.work import ingest, leaving

pytestmark = pytest.mark.usefixtures("storage")
NOW = datetime.now(UTC)
AT = NOW.isoformat()


def test_every_table_and_container_has_its_place():
    """Whoever adds one says here what deletes it of somebody, or why nothing does."""
    places = [
        set(leaving.DELETED),
        set(leaving.WITH_ANOTHER),
        leaving.BY_REMOVALS,
        set(leaving.KEPT),
        set(leaving.OF_NOBODY),
    ]
    assert set().union(*places) == {*names.TABLES, *names.CONTAINERS}
    assert sum(map(len, places)) == len(names.TABLES) + len(names.CONTAINERS), "one place each"


def keep_everything(owner: str, *, others: str) -> None:
    """A row or blob in whatever this deletes; `others` are whom something is shared with and by."""
    upload(owner)
    for where in (f"owners/{owner}/a song.wav", f"{uuid.uuid4().hex}.wav"):
        blobs.upload(names.RAW_AUDIO, where, b"bytes", metadata={"owner": owner})
    failures.keep("take", uuid.uuid4().hex, owner, "it is none")
    feedback.add(owner, Feedback(feedback_id=names.seed(NOW), target="w1", kind="stems", comment="no", created_at=AT))
    preferences.learn(owner, [Lesson(lesson_id="one", told_at=AT, liked=1)])
    refuse(owner)
    for giver, receiver in ((owner, others), (others, owner)):
        its = uuid.uuid4().hex
        shares.put(Share(share_id=shares.id_of(giver, "works", its, receiver), kind="works", id=its, owner=giver,
                         with_=receiver, created_at=AT))  # fmt: skip
    webhooks.note(webhooks.Waiting(owner, "s", uuid.uuid4().hex, "https://a.example/x", {}, 1, "deaf", AT, AT))
    device(owner)
    devices.keep_code(PairingCode(code_sha256=uuid.uuid4().hex, owner=owner, role=Role.VIEWER, expires_at=AT))
    half_answered(owner)


def upload(owner: str) -> str:
    upload_id = uuid.uuid4().hex
    uploads.create(Upload(upload_id=upload_id, owner=owner, file_name="a song.wav", created_at=AT))
    blobs.upload(names.RAW_AUDIO, names.uploaded_blob(upload_id), b"bytes")
    return upload_id


def refuse(owner: str) -> Refusal:
    refusal = Refusal(refusal_id=uuid.uuid4().hex, owner=owner, door="d", field="brief", kind="imitation", rule="r",
                      text="like her", words="her", message="m", refused_at=AT)  # fmt: skip
    refusals.note(refusal)
    refusals.tell_operators(refusal, NOW)
    return refusal


def device(owner: str) -> None:
    one = Device(device_id=names.seed(NOW), owner=owner, name="radio", role=Role.VIEWER, created_at=AT, expires_at=AT,
                 token_sha256="0" * 64)  # fmt: skip
    devices.create(one)


def half_answered(owner: str) -> None:
    """As by whoever was killed between an answer and the row that points at it."""
    claim = idempotency.claim(owner, uuid.uuid4().hex, b"request")
    assert isinstance(claim, idempotency.Claim)
    blobs.upload(names.RECORDS, f"idempotency/{owner}/{claim.row_key}.json", b"words of a song")


def left_of(owner: str) -> set[str]:
    rows = {
        f"{name} {row['PartitionKey']} {row['RowKey']}"
        for name in names.TABLES
        for row in table(name).list_entities()
        if owner in str(dict(row))
    }
    return rows | {
        f"{place}/{blob.name}"
        for place in names.CONTAINERS
        for blob in container(place).list_blobs(include=["metadata"])
        if owner in blob.name + str(blob.metadata)
    }


def test_all_of_it_goes_and_nothing_of_anybody_else(owner):
    other, third = f"other-{owner}"[::-1], f"third-{owner}"[::-1]
    keep_everything(owner, others=third)
    keep_everything(other, others=third)
    before = left_of(other)
    kinds = {one.partition(" ")[0].partition("/")[0] for one in left_of(owner)}
    assert kinds >= set(leaving.DELETED) - {names.RAW_AUDIO} | {names.RECORDS}
    assert leaving.forget(owner) >= len(leaving.DELETED)
    assert left_of(owner) == set()
    assert left_of(other) == before
    assert leaving.forget(owner) == 0, "it says when nothing was left"


def test_what_was_rejected_goes_also_when_nothing_else_tells_of_it_any_more(owner):
    names_of = [names.uploaded_blob(upload(owner)), f"owners/{owner}/no song.wav", f"{uuid.uuid4().hex}.wav"]
    for name in names_of:
        blobs.upload(names.RAW_AUDIO, name, b"no song")
        order = DropOrder(owner=owner, blob_name=name, etag=str(blobs.properties(names.RAW_AUDIO, name).etag),
                          original_file_name="no song.wav", arrived_at=AT, instance_id="drop-1")  # fmt: skip
        ingest.reject(order, "not_audio", "it is no song")
    assert set(names_of) <= set(blobs.list_names(names.REJECTED))
    failures.delete_all(owner)  # as after a month
    uploads.delete_all(owner)
    leaving.forget(owner)
    assert not set(names_of) & set(blobs.list_names(names.REJECTED))


def test_an_appeal_whose_refusal_is_gone_goes_too(owner):
    refusal = refuse(owner)
    refusals.delete_all(owner)
    assert any(refusal.refusal_id in row["RowKey"] for row in table(names.APPEALS).list_entities())
    leaving.forget(owner)
    assert not any(refusal.refusal_id in row["RowKey"] for row in table(names.APPEALS).list_entities())


def test_every_device_goes_however_many_there_are(owner):
    for _ in range(MOST_DEVICES + 3):
        device(owner)
    assert len(devices.of(owner)) == MOST_DEVICES + 3
    leaving.forget(owner)
    assert devices.of(owner) == []


def test_no_device_joins_by_a_code_that_was_shown_before(owner):
    code = "ABCD2345"
    devices.keep_code(PairingCode(code_sha256=devices.hashed(code), owner=owner, role=Role.VIEWER, expires_at=AT))
    leaving.forget(owner)
    assert devices.find_code(code) is None


def test_a_secret_that_was_rotated_away_from_does_not_come_back(owner):
    until = (NOW + timedelta(hours=1)).isoformat()
    webhooks.rotate(owner, "seed", until, NOW)
    leaving.forget(owner)
    assert webhooks.key_of(owner).number == 2
    assert webhooks.rotate(owner, "another", until, NOW).number == 3


def test_of_a_visitor_figures_go_too(owner):
    webhooks.rotate(owner, "seed", AT, NOW)
    usage.stored(owner, "song|one|b", 8)
    keep_everything(owner, others=f"{owner}-too"[::-1])
    assert leaving.forget(owner) and left_of(owner) != set(), "the figures of an account stay"
    assert leaving.forget_visitor(owner)
    assert left_of(owner) == set() and leaving.forget_visitor(owner) == 0
