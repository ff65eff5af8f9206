"""What became of a direct upload is said once, and always."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime

import pytest

from ripieno.contracts import names
from ripieno.contracts.workflow import DropOrder, Upload
from ripieno.records import uploads
from ripieno.services import blobs
from ripieno.work import ingest


@pytest.fixture
def order(storage: str, owner: str) -> DropOrder:
    """A direct upload whose bytes have arrived, and which is to be taken in."""
    now, upload_id = datetime.now(UTC).isoformat(), uuid.uuid4().hex
    uploads.create(Upload(upload_id=upload_id, owner=owner, file_name="a.wav", created_at=now, instance_id="drop-1"))
    name = names.uploaded_blob(upload_id)
    blobs.upload(names.RAW_AUDIO, name, b"no song")
    etag = str(blobs.properties(names.RAW_AUDIO, name).etag)
    return DropOrder(
        owner=owner,
        blob_name=name,
        etag=etag,
        original_file_name="a.wav",
        arrived_at=now,
        instance_id="drop-1",
        upload_id=upload_id,
    )


def outcome(order: DropOrder) -> str | None:
    known = uploads.find(order.upload_id or "")
    assert known is not None
    return known.outcome


def test_an_upload_whose_bytes_were_deleted_is_said_to_be_missing(order):
    blobs.delete(names.RAW_AUDIO, order.blob_name)
    told, run = ingest.take_in_drop(order)
    assert (told["outcome"], run, outcome(order)) == ("missing", None, "missing")


def test_an_upload_whose_bytes_were_put_once_more_is_not_missing(order):
    """As after a connection that broke: another run takes in what is there now."""
    blobs.upload(names.RAW_AUDIO, order.blob_name, b"no song, again")
    assert ingest.take_in_drop(order)[0]["outcome"] == "missing" and outcome(order) is None
    again = order.model_copy(update={"etag": str(blobs.properties(names.RAW_AUDIO, order.blob_name).etag)})
    assert ingest.take_in_drop(again)[0]["outcome"] == outcome(order) == "rejected"


def test_a_step_that_is_repeated_after_the_inbox_was_left_changes_nothing_of_what_was_said(order):
    assert ingest.take_in_drop(order)[0]["outcome"] == "rejected"
    ingest.leave_inbox(order)
    assert ingest.take_in_drop(order)[0]["outcome"] == "missing"
    assert outcome(order) == "rejected"
