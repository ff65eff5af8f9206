"""What was answered about something that is deleted is forgotten; its key stays, and makes nothing again."""

from __future__ import annotations

import json
import uuid

import pytest

from ripieno.contracts import names
from ripieno.contracts.workflow import Upload
from ripieno.records import idempotency, uploads
from ripieno.services import blobs
from ripieno.services.storage import table


@pytest.fixture
def answered(storage, owner):
    def answer(key: str, body: dict, headers: dict | None = None) -> None:
        claim = idempotency.claim(owner, key, b"a request")
        assert isinstance(claim, idempotency.Claim)
        idempotency.answer(claim, 202, headers or {}, json.dumps(body))

    return answer


@pytest.mark.parametrize("length", [10, 40_000])
def test_the_answer_goes_and_the_key_says_so(answered, owner, length):
    work = uuid.uuid4().hex
    answered("one", {"id": work, "brief": "la" * length})
    answered("other", {"id": "another", "brief": "lo"})
    assert idempotency.forget_about(owner, work) == 1
    again = idempotency.claim(owner, "one", b"a request")
    assert isinstance(again, idempotency.Answered) and again.status == 404 and "deleted since" in again.body
    assert json.loads(idempotency.claim(owner, "other", b"a request").body)["brief"] == "lo"
    assert blobs.list_names(names.RECORDS, f"idempotency/{owner}/") == []
    assert "la" * 5 not in str(list(table(names.IDEMPOTENCY_KEYS).list_entities()))


def test_what_stands_in_a_header_alone_is_found_too(answered, owner):
    answered("one", {}, {"Location": "/api/generations/82173489"})
    assert idempotency.forget_about(owner, "82173489") == 1
    assert idempotency.claim(owner, "one", b"a request").headers == {}


def test_one_that_is_still_at_work_keeps_its_claim(storage, owner):
    claim = idempotency.claim(owner, "one", b"a request")
    assert idempotency.forget_about(owner, "") == 0
    idempotency.answer(claim, 200, {}, "{}")
    idempotency.delete_all(owner)
    assert isinstance(idempotency.claim(owner, "one", b"a request"), idempotency.Claim)


def test_uploads_go_with_the_song_that_they_became(storage, owner):
    for number, song in enumerate(["song-a", "song-b"]):
        made = Upload(upload_id=f"{owner[6:]}{number}", owner=owner,
                      file_name="a.wav", created_at="2026-11-27T20:00:00+00:00", audio_file_id=song)  # fmt: skip
        uploads.create(made)
    uploads.delete_of(owner, "song-a")
    assert [uploads.find(f"{owner[6:]}{number}") is None for number in (0, 1)] == [True, False]
    assert uploads.delete_all(owner) == [f"{owner[6:]}1"]
