"""A drop is an act of whoever may write to the container; for whom it is done, a setting says. Both are in the log."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime

import makers
import pytest

from ripieno.contracts import names
from ripieno.contracts.workflow import DropOrder, Upload
from ripieno.records import audit, failures, songs, uploads
from ripieno.services import blobs
from ripieno.work import inbox, ingest


def dropped(owner: str, data: bytes) -> DropOrder:
    name = f"owners/{owner}/{uuid.uuid4().hex}.wav"
    blobs.upload(names.RAW_AUDIO, name, data)
    return DropOrder.model_validate(ingest.dropped(name).order)


def test_the_path_says_whose_it_is_and_the_log_that_storage_did_it(storage, owner):
    order = dropped(owner, makers.tone())
    told, _ = ingest.take_in_drop(order)
    ingest.take_in_drop(order)  # a step that is repeated
    assert songs.get(owner, told["audio_file_id"]).owner == owner
    (entry,) = audit.listed(item=told["audio_file_id"], limit=5).items
    assert (entry.actor, entry.owner, entry.what, entry.status) == ("storage", owner, "drop", 202)


@pytest.mark.parametrize(("named", "is_taken_in"), [("", True), ("{owner}, ann", True), ("ann", False)])
def test_drops_are_taken_in_for_those_who_are_named(storage, owner, monkeypatch, named, is_taken_in):
    monkeypatch.setenv("RIPIENO_DROP_OWNERS", named.format(owner=owner))
    order = dropped(owner, makers.tone())
    told, run = ingest.take_in_drop(order)
    assert (told["outcome"] == "ingested", run is not None) == (is_taken_in, is_taken_in)
    if not is_taken_in:
        assert blobs.properties(names.REJECTED, order.blob_name).metadata["code"] == "not_allowed"
        assert order.blob_name not in blobs.list_names(names.RAW_AUDIO, f"owners/{owner}/")
        (entry,) = audit.listed(owner=owner, limit=5).items
        assert (entry.what, entry.status, entry.item) == ("drop", 403, None)


def test_who_was_given_an_address_needs_not_be_named(storage, owner, monkeypatch):
    monkeypatch.setenv("RIPIENO_DROP_OWNERS", "ann")
    order = dropped(owner, makers.tone()).model_copy(update={"upload_id": uuid.uuid4().hex})
    told, _ = ingest.take_in_drop(order)
    assert told["outcome"] == "ingested"
    (entry,) = audit.listed(item=told["audio_file_id"], limit=5).items
    assert (entry.actor, entry.what) == (owner, "upload")


def test_nothing_is_left_of_whoever_is_forgotten_and_everything_of_others(storage, owner):
    """In the inbox and in the container `rejected`, however it says whose it is; also of one whose name is no key."""
    strange = f"{owner}?"
    hashed, other = inbox.identity.owner_named(strange), f"{owner}-too"
    now = datetime.now(UTC).isoformat()
    kept: dict[str, set[tuple[str, str]]] = {owner: set(), hashed: set(), other: set()}
    for whose, said in ((owner, owner), (hashed, strange), (other, other)):
        upload_id = uuid.uuid4().hex
        uploads.create(Upload(upload_id=upload_id, owner=whose, file_name="a.wav", created_at=now))
        rejected = f"{uuid.uuid4().hex}.wav"
        failures.keep("drop", rejected, whose, "it is none", order={"blob_name": rejected, "file_name": ""})
        kept[whose] = {
            *((place, names.uploaded_blob(upload_id)) for place in (names.RAW_AUDIO, names.REJECTED)),
            *((place, f"owners/{said}/a/b.wav") for place in (names.RAW_AUDIO, names.REJECTED)),
            (names.RAW_AUDIO, f"folder/{uuid.uuid4().hex}.wav"),
            (names.RAW_AUDIO, f"{uuid.uuid4().hex}.wav"),
            (names.REJECTED, rejected),
        }
        for place, name in kept[whose]:
            blobs.upload(place, name, b"x", metadata={"owner": said})

    def left() -> set[tuple[str, str]]:
        return {(place, name) for place in (names.RAW_AUDIO, names.REJECTED) for name in blobs.list_names(place)}

    assert inbox.forget_owner(owner) == len(kept[owner]) and inbox.forget_owner(owner) == 0
    assert not kept[owner] & left() and kept[hashed] | kept[other] <= left()
    assert inbox.forget_owner(hashed) == len(kept[hashed])
    assert not kept[hashed] & left() and kept[other] <= left()
    assert inbox.forget_owner(other) == len(kept[other])
